"""What the operators' commands about the tracker share: its database and who is at the keyboard."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import asyncpg
import typer

from cli.errors import CommandError
from cli.local import database_url
from runtime.postgres import Pool, open_pool

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def actor() -> str:
    """Return under which name the audit knows who runs a command."""
    return f"operator {getpass.getuser()}"


def on_tracker(work: Callable[[Pool], Awaitable[T]]) -> T:
    """Do something with the tracker's database: the environment's, else that of the running installation."""
    url = database_url("tracker")

    async def opened() -> T:
        async with open_pool(url, "tracker", size=2, command_timeout=60) as pool:
            return await work(pool)

    try:
        return asyncio.run(opened())
    except (OSError, asyncpg.PostgresError) as error:
        raise CommandError(f"cannot use the tracker's database: {error}") from None
