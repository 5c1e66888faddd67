"""`docwatch save` and `docwatch load`: an installation's data into a folder, and out of it."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.errors import CommandError
from cli.moving import work
from cli.moving.contents import Contents
from cli.settings import local_settings
from runtime.database.postgres import UNUSABLE
from runtime.embedded import EmbeddedError
from runtime.messaging.snapshots import SnapshotError

_FAILURES: tuple[type[BaseException], ...] = (*UNUSABLE, SnapshotError, EmbeddedError)
Folder = Annotated[Path, typer.Argument(help="Where it lies.", show_default=False)]
Only = Annotated[work.Part | None, typer.Option(help="One part alone.")]


def save(
    folder: Folder,
    *,
    while_running: Annotated[
        bool, typer.Option("--while-running", help="Although services are at work; see operations.")
    ] = False,
    only: Only = None,
) -> None:
    """Save database and streams into a new folder; the secrets are not in it, and belong beside it."""
    settings = local_settings()
    found = _done(work.save(settings, folder.absolute(), only, while_running=while_running))
    typer.echo(f"saved into {folder}: {_told(found)}")


def load(
    folder: Folder,
    *,
    replicas: Annotated[int, typer.Option(min=1, max=5, help="Copies of each stream in a cluster.")] = 1,
    only: Only = None,
) -> None:
    """Load what was saved into servers that hold nothing of ours; start the services afterwards."""
    found = _done(work.load(local_settings(), folder.absolute(), only, replicas=replicas))
    typer.echo(f"loaded from {folder}: {_told(found)}")
    if found.running or only is not None:
        typer.echo(f"before any service starts: docwatch restore --since {found.at.isoformat()}")


def _done(working: Coroutine[Any, Any, Contents]) -> Contents:
    try:
        return asyncio.run(working)
    except _FAILURES as error:
        raise CommandError(str(error) or type(error).__name__) from None


def _told(found: Contents) -> str:
    messages = sum(one.snapshot.extent[0] for one in found.streams)
    parts = ["the database"] if found.database else []
    parts += [f"{len(found.streams)} streams with {messages:,} messages"] if found.streams else []
    return f"{' and '.join(parts)}, as of {found.at:%Y-%m-%d %H:%M:%S} UTC, by version {found.version}"
