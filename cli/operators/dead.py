"""`docwatch dead`: messages without effect (dead, parked, conflict, refused), and what to do about them."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Literal
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.operators.session import AsJson, actor, on_tracker
from contracts.messages.outcome import Effect
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.tracker.operators.dead_letters import DeadLetters, OpenLetter

MOST = 10_000
Kind = Annotated[
    Literal["dead", "parked", "conflict", "refused"] | None,
    typer.Option(help="Only these; all where none is given."),
]
Ids = Annotated[list[UUID] | None, typer.Argument(help="Which, as `dead list` shows them.")]
Every = Annotated[
    Literal["dead", "parked", "conflict", "refused"] | None,
    typer.Option("--all", help="All open ones of this kind in place of ids."),
]

dead = typer.Typer(help="Messages that took no effect: list, show, replay, drop.", no_args_is_help=True)


@dead.command("list")
def list_(
    *,
    kind: Kind = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List messages about which nothing was done yet, oldest first."""
    letters = on_tracker(lambda pool: _dead(pool).open(Effect(kind) if kind else None, limit))
    if as_json:
        typer.echo(json.dumps([_plain(letter) for letter in letters], ensure_ascii=False))
        return
    table = Table("id", "kind", "stream", "publisher", "event", "reason", "when")
    for letter in letters:
        names = (
            letter.publisher or "-",
            letter.event_id or "-",
            letter.reason,
            f"{letter.at:%Y-%m-%d %H:%M}",
        )
        table.add_row(str(letter.id), letter.effect.value, letter.stream, *map(Text, names))
    Console().print(table)


@dead.command("show")
def show(message: Annotated[UUID, typer.Argument(help="Which.")], *, as_json: AsJson = False) -> None:
    """Show one message with its payload."""
    letter = on_tracker(lambda pool: _dead(pool).show(message))
    if letter is None:
        raise CommandError(f"there is no message {message}")
    payload = None if letter.payload is None else letter.payload.decode(errors="backslashreplace")
    shown = {**_plain(letter.message), "settled_by": letter.settled_by, "payload": payload}
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False))
        return
    for name, value in shown.items():
        Console().print(Text(f"{name}: {'-' if value is None else value}"), soft_wrap=True)


@dead.command("replay")
def replay(messages: Ids = None, *, every: Every = None, as_json: AsJson = False) -> None:
    """Send messages again under fresh ids; what they come to then is a new matter."""
    _settle(messages or [], every, DeadLetters.replay, "replayed", as_json=as_json)


@dead.command("drop")
def drop(messages: Ids = None, *, every: Every = None, as_json: AsJson = False) -> None:
    """Give messages up for good: they stay counted, their payload goes."""
    _settle(messages or [], every, DeadLetters.drop, "dropped", as_json=as_json)


def _settle(
    messages: Sequence[UUID],
    every: str | None,
    action: Callable[[DeadLetters, Sequence[UUID]], Awaitable[list[UUID]]],
    word: str,
    *,
    as_json: bool,
) -> None:
    if bool(messages) == (every is not None):
        raise CommandError("name messages, or give --all KIND, not both")

    async def work(pool: Pool) -> list[UUID]:
        desk = _dead(pool)
        chosen = messages if every is None else [letter.id for letter in await desk.open(Effect(every), MOST)]
        return await action(desk, chosen)

    done = on_tracker(work)
    missing = set(messages) - set(done)
    if as_json:
        typer.echo(json.dumps({word: [str(settled) for settled in done]}))
    else:
        typer.echo(f"{word}: {len(done)}")
    if missing:
        raise CommandError(f"not open: {', '.join(sorted(map(str, missing)))}")


def _dead(pool: Pool) -> DeadLetters:
    return DeadLetters(pool, SystemClock(), actor())


def _plain(letter: OpenLetter) -> dict[str, object]:
    return {
        "id": str(letter.id),
        "kind": letter.effect.value,
        "stream": letter.stream,
        "stream_sequence": letter.sequence,
        "publisher": letter.publisher,
        "event_id": letter.event_id,
        "reason": letter.reason,
        "at": letter.at.isoformat(),
    }
