"""`docwatch audit`: who did what in the tracker, to the notifier's accounts, to the knowledge base."""

import json
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.operators.session import AsJson, on_database
from runtime.database.audit import entries

MOST = 10_000


class Audited(StrEnum):
    """The services that keep an audit."""

    TRACKER = "tracker"
    NOTIFIER = "notifier"
    DESK = "desk"


def audit(
    *,
    service: Annotated[Audited, typer.Option(help="Whose.")] = Audited.TRACKER,
    action: Annotated[str | None, typer.Option(help="Only this, such as hold, withdraw or pause.")] = None,
    before: Annotated[int | None, typer.Option(help="Only entries with lower numbers, to go on.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List what operators, the brake and the service itself did, the latest first."""
    entered = on_database(
        service.value, lambda pool: entries(pool, before=before, action=action, limit=limit)
    )
    if as_json:
        rows = [
            {
                "number": entry.number,
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "action": entry.action,
                "detail": entry.detail,
            }
            for entry in entered
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("number", "when", "who", "what", "detail")
    for entry in entered:
        row = (str(entry.number), f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor, entry.action, entry.detail)
        table.add_row(*map(Text, row))
    Console().print(table)
