"""`docwatch withdraw`: what a publisher sent since a time is taken back, as if it had never been said."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

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
from services.tracker.operators.withdrawal import Concerned, Withdrawals, Withdrawn


def withdraw(
    *,
    publisher: Annotated[str, typer.Option(help="Whose events: the publisher, as its keys name it.")],
    since: Annotated[
        str | None,
        typer.Option(
            help="From when on, ISO 8601 with the offset; unset: from when the hold has its doubts."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be taken back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold a publisher and take back what it sent: not sent notices end, whoever was told hears what stands.

    May be stopped and run again. The publisher stays held until `docwatch release`.
    """
    given, name = moment(since), Publisher(publisher)
    if dry_run:
        start, concerned = on_tracker(lambda pool: _look(pool, name, given))
        _say(name, start, concerned, as_json=as_json)
    else:
        start, done = on_tracker(lambda pool: _withdraw(pool, name, given))
        _say(name, start, done, as_json=as_json)


async def _look(pool: Pool, publisher: Publisher, given: datetime | None) -> tuple[datetime, Concerned]:
    start = await _start(pool, publisher, given)
    return start, await Withdrawals(pool, SystemClock(), actor()).look(publisher, start)


async def _withdraw(pool: Pool, publisher: Publisher, given: datetime | None) -> tuple[datetime, Withdrawn]:
    start, total = await _start(pool, publisher, given), Withdrawn()
    async for part in Withdrawals(pool, SystemClock(), actor()).withdraw(publisher, start):
        total += part
    return start, total


async def _start(pool: Pool, publisher: Publisher, given: datetime | None) -> datetime:
    if given is not None:
        return given
    for hold in await Holds(pool, SystemClock(), actor()).holds():
        if hold.publisher == publisher and hold.suspected_from is not None:
            return hold.suspected_from
    raise CommandError(f"no hold says from when on {publisher} is in doubt; give --since")


def _say(publisher: str, start: datetime, result: Concerned | Withdrawn, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"publisher": publisher, "since": start.isoformat(), **asdict(result)}))
        return
    what = f"{result.events} events of {result.applications} applications"
    if isinstance(result, Concerned):
        waiting = f"{result.waiting} notices wait and would end, {result.told} were told"
        typer.echo(f"{what} since {start.isoformat()} would be taken back; {waiting}")
        return
    typer.echo(
        f"{what} since {start.isoformat()} are taken back; {result.notices} notices end, "
        f"{result.corrections} people hear where their document stands. {publisher} is held: docwatch release"
    )
