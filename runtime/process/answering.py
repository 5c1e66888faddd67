"""Answering a call of another service: it is always answered, whatever happens here."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from runtime.database.postgres import TRANSIENT, refused_data
from runtime.logs import logger

LOG = logger(__name__)
R = TypeVar("R")
A = TypeVar("A")
F = TypeVar("F")


async def answer(
    body: bytes,
    request: TypeAdapter[R],
    usecase: Callable[[R], Awaitable[A]],
    *,
    invalid: F,
    unavailable: F,
) -> A | F:
    """Return what a call is answered; a caller never waits in vain because of what happened here.

    Args:
        body: what the caller sent.
        request: reads the body.
        usecase: answers what was read.
        invalid: the answer where the body cannot be read, or the database cannot take its data.
        unavailable: the answer to every other failure; the caller may try again.
    """
    try:
        asked = request.validate_json(body)
    except ValidationError as error:
        LOG.warning("unreadable call", errors=error.error_count())
        return invalid
    try:
        return await usecase(asked)
    except Exception as error:
        if refused_data(error):
            LOG.warning("a call's data was refused by the database", error=type(error).__name__)
            return invalid
        if not isinstance(error, TRANSIENT):
            LOG.exception("a call failed")
        return unavailable
