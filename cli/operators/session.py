"""What operators' commands share: a service's database and who is at the keyboard."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import typer

from cli.errors import CommandError
from cli.installation.local import database_url
from runtime.database.postgres import UNUSABLE, Pool, open_pool

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def actor() -> str:
    """Return under which name the audit knows who runs a command."""
    return f"operator {getpass.getuser()}"


def moment(text: str | None) -> datetime | None:
    """Return the instant that an option names; CommandError where it is none, or has no offset."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no time such as 2026-03-02T12:00:00+02:00") from None
    if instant.tzinfo is None:
        raise CommandError(f"{text!r} does not say its offset; write {text}Z or {text}+02:00")
    return instant


def on_tracker(work: Callable[[Pool], Awaitable[T]]) -> T:
    """Do something with the tracker's database."""
    return on_database("tracker", work)


def on_database(service: str, work: Callable[[Pool], Awaitable[T]]) -> T:
    """Do something with a service's database: the environment's, else that of the running installation."""
    url = database_url(service)

    async def opened() -> T:
        async with open_pool(url, service, size=2, command_timeout=60) as pool:
            return await work(pool)

    try:
        return asyncio.run(opened())
    except UNUSABLE as error:
        raise CommandError(
            f"cannot use the database of {service}: {str(error) or type(error).__name__}"
        ) from None
