"""`docwatch hold` and `docwatch release`: a publisher whose events tell nobody for now."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.operators.session import (
    AsJson,
    actor,
    moment,
    on_tracker,
)
from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.tracker.operators.hold import Holds

Whose = Annotated[str, typer.Option(help="Whose events: the publisher, as its keys name it.")]

Since = Annotated[
    str | None, typer.Option(help="From when on what it sent is in doubt, ISO 8601 with the offset.")
]


def hold(
    *,
    publisher: Annotated[str | None, typer.Option(help="Whose events; unset: list who is held.")] = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody be told of a publisher's events until it is released, or list who is held."""
    if publisher is None:
        _list(as_json=as_json)
        return
    name = Publisher(publisher)
    from_ = moment(since)
    changed = on_tracker(lambda pool: _holding(pool).hold(name, from_))
    said = f"{publisher} is held" if changed else f"{publisher} was held already"
    typer.echo(json.dumps({"publisher": publisher, "changed": changed}) if as_json else said)


def release(*, publisher: Whose, as_json: AsJson = False) -> None:
    """Tell people what waited and let the publisher's events tell them again."""
    waited = on_tracker(lambda pool: _holding(pool).release(Publisher(publisher)))
    if waited is None:
        raise CommandError(f"{publisher} is not held")
    said = f"{publisher} is released; {waited} notices go out"
    typer.echo(json.dumps({"publisher": publisher, "notices": waited}) if as_json else said)


def _list(*, as_json: bool) -> None:
    holds = on_tracker(lambda pool: _holding(pool).holds())
    if as_json:
        rows = [
            {
                "publisher": held.publisher,
                "since": held.since.isoformat(),
                "by": held.held_by,
                "why": held.why,
                "suspected_from": held.suspected_from and held.suspected_from.isoformat(),
                "notices": held.waiting,
            }
            for held in holds
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("publisher", "since", "by", "why", "in doubt from", "notices that wait")
    for held in holds:
        doubt = f"{held.suspected_from:%Y-%m-%d %H:%M}" if held.suspected_from else "-"
        row = (held.publisher, f"{held.since:%Y-%m-%d %H:%M}", held.held_by, held.why or "-", doubt)
        table.add_row(*map(Text, row), str(held.waiting))
    Console().print(table)


def _holding(pool: Pool) -> Holds:
    return Holds(pool, SystemClock(), actor())
