"""`docwatch publishers`: which publishers may write each other's applications."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.operators.session import AsJson, actor, on_tracker
from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.ingest.keys.api_keys import is_publisher
from services.tracker.domain.ownership import Pair, among
from services.tracker.operators.publishers import Publishers

Names = Annotated[
    list[str], typer.Argument(metavar="PUBLISHER...", help="Publishers, as their keys name them.")
]
On = Annotated[
    str | None,
    typer.Option("--on", metavar="OWNER", help="Only on what this one owns; unset: on each other's."),
]

publishers = typer.Typer(
    help="Who may write whose applications: an application belongs to the publisher that first named it.",
    no_args_is_help=True,
)


@publishers.command("grant")
def grant(names: Names, *, on: On = None, as_json: AsJson = False) -> None:
    """Let publishers share: each may write what any other of them owns, or all what one OWNER owns.

    What was refused before waits: docwatch dead replay --all refused sends it again.
    """
    pairs = _pairs(names, on)
    changed = on_tracker(lambda pool: _publishers(pool).grant(pairs))
    _say(changed, "granted", as_json=as_json)


@publishers.command("revoke")
def revoke(names: Names, *, on: On = None, as_json: AsJson = False) -> None:
    """End what was granted, on single applications too; what was taken in stays."""
    pairs = _pairs(names, on)
    changed = on_tracker(lambda pool: _publishers(pool).revoke(pairs))
    _say(changed, "revoked", as_json=as_json)


@publishers.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List who may write whose applications, besides everybody their own."""
    grants = on_tracker(lambda pool: _publishers(pool).list())
    if as_json:
        rows = [
            {
                "owner": granted.owner,
                "publisher": granted.publisher,
                "applications": granted.applications,
                "by": granted.granted_by,
                "at": granted.granted_at.isoformat(),
            }
            for granted in grants
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("owner", "may be written by", "which", "granted by", "when")
    for granted in grants:
        which = "all" if granted.applications is None else f"{granted.applications} single ones"
        row = (
            granted.owner,
            granted.publisher,
            which,
            granted.granted_by,
            f"{granted.granted_at:%Y-%m-%d %H:%M}",
        )
        table.add_row(*map(Text, row))
    Console().print(table)


def _pairs(names: Sequence[str], on: str | None) -> frozenset[Pair]:
    """Return the pairs that names mean; CommandError where they mean none."""
    for name in (*names, *(() if on is None else (on,))):
        if not is_publisher(name):
            raise CommandError(f"{name!r} is no publisher's name: 1 to 64 of A-Z a-z 0-9 _ . : / -")
    some = [Publisher(name) for name in names]
    pairs = among(some) if on is None else {Pair(Publisher(on), name) for name in some if name != on}
    if not pairs:
        raise CommandError("name at least two publishers, or one and --on OWNER")
    return frozenset(pairs)


def _say(changed: Sequence[Pair], done: str, *, as_json: bool) -> None:
    if as_json:
        rows = [{"owner": pair.owner, "publisher": pair.publisher} for pair in changed]
        typer.echo(json.dumps({done: rows}, ensure_ascii=False))
        return
    for pair in changed:
        typer.echo(f"{done}: {pair.publisher} on what {pair.owner} owns")
    if not changed:
        typer.echo("nothing changed")


def _publishers(pool: Pool) -> Publishers:
    return Publishers(pool, SystemClock(), actor())
