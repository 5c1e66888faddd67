"""What the sandbox's own JSON APIs share: a body read into a model, an answer, errors as `{"error"}`."""

import json
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, TypeAdapter, ValidationError

from runtime.process.hosts import MISDIRECTED, SENTENCE, names_us
from sandbox.deeds import WorldError

T = TypeVar("T", bound=BaseModel)
V = TypeVar("V")


class BadBodyError(Exception):
    """The body of a request is not what it should be; the message says where."""


def answer(body: Any, status: int = 200) -> web.Response:  # noqa: ANN401  # any JSON value
    """Return a JSON answer that no cache keeps."""
    return web.Response(
        text=json.dumps(body, ensure_ascii=False),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


async def read(request: web.Request, model: type[T]) -> T:
    """Read a body into a model; raise BadBodyError."""
    try:
        return model.model_validate_json(await request.read() or b"{}")
    except ValidationError as error:
        raise BadBodyError(_first_problem(error)) from None


async def read_as(request: web.Request, adapter: TypeAdapter[V]) -> V:
    """Read a body by a type adapter, for bodies that are not one model; raise BadBodyError."""
    try:
        return adapter.validate_json(await request.read())
    except ValidationError as error:
        raise BadBodyError(_first_problem(error)) from None


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a citizen cannot do, and malformed bodies, into `{"error": ...}` with a 4xx."""
    try:
        return await handler(request)
    except WorldError as error:
        return answer({"error": str(error)}, status=error.status)
    except BadBodyError as error:
        return answer({"error": str(error)}, status=400)


@web.middleware
async def own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a page of another site makes a browser send: the desk behind this API acts by a key."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return answer({"error": "this page may not do that"}, status=403)
    return await handler(request)


def own_names_only(host: str) -> Middleware:
    """Return what refuses requests to another name than this machine's, for the pages answer whoever asks.

    Behind such a name stands a page of another site, to which its browser would show all that we answer.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = request.headers.getall("Host", [])
        if len(asked) != 1:
            return answer({"error": "exactly one Host is needed"}, status=400)
        if not names_us(asked[0], host):
            return answer({"error": SENTENCE}, status=MISDIRECTED)
        return await handler(request)

    return guard


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {problem['msg']}" if where else problem["msg"]
