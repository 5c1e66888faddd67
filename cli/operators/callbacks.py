"""`docwatch callbacks`: where a publisher's outcomes are posted. A secret is shown once, when it is made."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from cli.errors import CommandError
from cli.installation.local import ensure_secrets
from cli.operators.session import AsJson, on_database
from cli.settings import local_settings
from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from runtime.errors import SettingsError
from runtime.settings import key_bytes
from services.ingest.callbacks.post import (
    new_salt,
    open_poster,
    secret_of,
    signed,
)
from services.ingest.callbacks.store import (
    Backlog,
    Callback,
    CallbackAdmin,
    CallbackStore,
)
from services.ingest.domain import cursors
from services.ingest.domain.callbacks import AttemptResult, Delivered, result_name, url_fault
from services.ingest.domain.cursors import BEGINNING, Place
from services.ingest.feed.store import FeedStore
from services.ingest.keys.api_keys import is_publisher

Whose = Annotated[
    str, typer.Option("--publisher", help="Whose outcomes: the publisher, as its keys name it.")
]
Start = Annotated[
    str,
    typer.Option(
        "--from", metavar="CURSOR", help="Where to begin: a cursor of the feed, `beginning` or `now`."
    ),
]

callbacks = typer.Typer(help="Outcomes posted to back offices, signed.", no_args_is_help=True)


@callbacks.command("set")
def set_(
    publisher: Whose,
    *,
    url: Annotated[str, typer.Option(help="Where to post: https://...")],
    start: Start = "now",
    as_json: AsJson = False,
) -> None:
    """Post a publisher's outcomes to a URL; the secret of a new callback is printed once."""
    name = _publisher(publisher)
    if (fault := url_fault(url, private=local_settings().private_callbacks)) is not None:
        raise CommandError(f"the URL {fault}")
    key, salt, now = _receipt_key(), new_salt(), SystemClock().now()

    async def work(pool: Pool) -> bool:
        admin = CallbackAdmin(pool)
        if await admin.change_url(name, url, now):
            return False
        return await admin.add(name, url, salt, await _place(pool, name, start), now)

    if on_database("ingest", work):
        _print_secret(name, secret_of(key, name, salt), as_json=as_json)
    else:
        _say(f"{name} has another URL and the same secret", {"publisher": name}, as_json=as_json)


@callbacks.command("show")
def show(
    *,
    publisher: Annotated[str | None, typer.Option(help="Whose; unset: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show callbacks: where they stand, what waits, what the receiver answered last."""
    backlogs = on_database("ingest", lambda pool: CallbackStore(pool).waiting())
    shown = [backlog for backlog in backlogs if publisher in (None, backlog.callback.publisher)]
    if publisher is not None and not shown:
        raise CommandError(f"{publisher} has no callback")
    if as_json:
        typer.echo(json.dumps([_plain(backlog) for backlog in shown], ensure_ascii=False))
        return
    url = Column("URL", overflow="fold")
    table = Table("publisher", url, "state", "waiting", "last answer (UTC)", "next attempt (UTC)")
    for backlog in shown:
        callback = backlog.callback
        state = callback.state if callback.reason is None else f"{callback.state}: {callback.reason}"
        last = "-" if callback.last_at is None else f"{_answer(callback)} {callback.last_at:%Y-%m-%d %H:%M}"
        due = f"{callback.due_at:%Y-%m-%d %H:%M}" if callback.attempts and callback.state == "active" else "-"
        table.add_row(*map(Text, (callback.publisher, callback.url, state, str(backlog.count), last, due)))
    Console().print(table)


@callbacks.command("rotate")
def rotate(
    publisher: Whose,
    *,
    overlap: Annotated[
        int, typer.Option(min=0, max=90, metavar="DAYS", help="How long the present secret also signs.")
    ] = 7,
    as_json: AsJson = False,
) -> None:
    """Make another secret and print it once; for some days messages are signed with both."""
    name, key, salt = _publisher(publisher), _receipt_key(), new_salt()
    until = SystemClock().now() + timedelta(days=overlap)
    _change(name, lambda admin: admin.rotate(name, salt, until))
    _print_secret(name, secret_of(key, name, salt), as_json=as_json)


@callbacks.command("disable")
def disable(publisher: Whose, *, as_json: AsJson = False) -> None:
    """Post nothing more; the place in the feed is kept."""
    name, now = _publisher(publisher), SystemClock().now()
    _change(name, lambda admin: admin.disable(name, now))
    _say(f"{name}: nothing is posted any more", {"publisher": name, "state": "disabled"}, as_json=as_json)


@callbacks.command("enable")
def enable(publisher: Whose, *, as_json: AsJson = False) -> None:
    """Post again, from where it stopped; nothing is left out."""
    name, now = _publisher(publisher), SystemClock().now()
    _change(name, lambda admin: admin.enable(name, now))
    _say(f"{name}: posted again", {"publisher": name, "state": "active"}, as_json=as_json)


@callbacks.command("replay")
def replay(publisher: Whose, *, start: Start, as_json: AsJson = False) -> None:
    """Post everything behind a cursor again, in messages with ids of their own."""
    name, now = _publisher(publisher), SystemClock().now()

    async def work(pool: Pool) -> bool:
        return await CallbackAdmin(pool).replay(name, await _place(pool, name, start), now)

    if not on_database("ingest", work):
        raise CommandError(f"{name} has no callback")
    _say(f"{name}: posted again from {start} on", {"publisher": name, "from": start}, as_json=as_json)


@callbacks.command("test")
def try_out(publisher: Whose, *, as_json: AsJson = False) -> None:
    """Post one signed test message from here and say what the receiver answered."""
    name, key, private = _publisher(publisher), _receipt_key(), local_settings().private_callbacks

    async def work(pool: Pool) -> AttemptResult:
        callback = await CallbackAdmin(pool).find(name)
        if callback is None:
            raise CommandError(f"{name} has no callback")
        now = SystemClock().now()
        content = {"type": "docwatch.test.v1", "timestamp": now.isoformat(), "data": {"publisher": name}}
        body, secrets = json.dumps(content), [secret_of(key, name, salt) for salt in callback.salts(now)]
        async with open_poster(SystemClock(), private=private) as poster:
            return await poster.post(callback.url, body, signed(f"test_{uuid4().hex}", body, secrets, now))

    result = on_database("ingest", work)
    word = result_name(result)
    sentence = f"{name}: {word}" if result.status is None else f"{name}: {word}, {result.status}"
    _say(sentence, {"publisher": name, "result": word, "status": result.status}, as_json=as_json)
    raise typer.Exit(0 if isinstance(result, Delivered) else 1)


def _publisher(name: str) -> Publisher:
    if not is_publisher(name):
        raise CommandError(f"{name!r} is no publisher's name")
    return Publisher(name)


def _receipt_key() -> bytes:
    """Return what secrets are derived from: the environment's, else this machine's installation's."""
    settings, name = local_settings(), "RECEIPT_KEY"
    try:
        if settings.receipt_key is not None:
            return key_bytes(name, settings.receipt_key)
    except SettingsError as error:
        raise CommandError(str(error)) from None
    if not (settings.folder / "secrets.env").exists():
        raise CommandError(f"set DOCWATCH_{name} as ingest has it: secrets of callbacks are derived from it")
    return bytes.fromhex(ensure_secrets(settings.folder)[f"DOCWATCH_{name}"])


async def _place(pool: Pool, publisher: Publisher, start: str) -> Place:
    feed = FeedStore(pool)
    if start == "now":
        return (await feed.checkpoint()).place
    purged = await feed.purged(publisher) or BEGINNING
    place = purged if start == "beginning" else cursors.decode(start)
    if place is None:
        raise CommandError(f"{start!r} is no cursor of the feed")
    if place < purged:
        raise CommandError(
            "outcomes behind this cursor are purged; go on with --from beginning, the oldest kept"
        )
    return place


def _change(publisher: Publisher, change: Callable[[CallbackAdmin], Awaitable[bool]]) -> None:
    async def work(pool: Pool) -> bool:
        return await change(CallbackAdmin(pool))

    if not on_database("ingest", work):
        raise CommandError(f"{publisher} has no callback; make one: docwatch callbacks set")


def _print_secret(publisher: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"publisher": publisher, "secret": secret}))
        return
    sentence = f"the secret of {publisher}; keep it now, it is not shown again:"
    Console(stderr=True).print(sentence, markup=False)
    typer.echo(secret)


def _say(sentence: str, facts: dict[str, object], *, as_json: bool) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else sentence)


def _answer(callback: Callback) -> str:
    return str(callback.last_status or callback.last_result)


def _plain(backlog: Backlog) -> dict[str, object]:
    callback = backlog.callback

    def when(moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat()

    return {
        "publisher": callback.publisher,
        "url": callback.url,
        "state": callback.state,
        "reason": callback.reason,
        "since": when(callback.since),
        "place": cursors.encode(callback.place),
        "waiting": backlog.count,
        "oldest_at": when(backlog.oldest_at),
        "attempts": callback.attempts,
        "due_at": when(callback.due_at),
        "last_at": when(callback.last_at),
        "last_result": callback.last_result,
        "last_status": callback.last_status,
        "earlier_secret_until": when(callback.earlier_until),
    }
