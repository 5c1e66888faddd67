"""Somebody has a copy of the database, its log of changes and its backups, and none of the keys."""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from nats.aio.client import Client
from telegram.error import BadRequest

from services.notifier.channels.redaction import Redaction
from services.notifier.channels.telegram.errors import result_of
from services.notifier.domain.incoming import Body, Said, Started, Tapped
from tests.attacks.town import CODE, Town, issue
from tests.conftest import Databases
from tests.integration.notifier.test_inbound import did

TABLES = """
SELECT format('SELECT t::text AS row FROM %I.%I t', schemaname, tablename) AS query,
       schemaname || '.' || tablename AS name
FROM pg_tables WHERE schemaname IN ('ingest', 'tracker', 'notifier')
"""
CHAT = f"7{secrets.randbelow(10**12):012}"
PHRASE, NAME = f"blue door {secrets.token_hex(6)}", f"Mum {secrets.token_hex(6)}"


def forms(mark: str) -> Iterator[bytes]:
    """Yield how a secret may stand somewhere: as it is, in hexadecimal, in base64 from any place."""
    raw = mark.encode()
    yield from (raw, raw.hex().encode())
    yield from (b64encode(raw[start : start + (len(raw) - start) // 3 * 3]) for start in range(3))


def contents(home: Path) -> dict[str, bytes]:
    """Return what the files of the servers hold."""
    files = [one for one in home.rglob("*") if one.is_file() and not one.is_symlink()]
    return {str(one.relative_to(home)): one.read_bytes() for one in files}


async def found(databases: Databases, home: Path, marks: dict[str, str]) -> list[str]:
    """Return which secrets stand in which table, or in which file of the server."""
    connection = await asyncpg.connect(databases.admin)
    try:
        places = {
            table["name"]: "\n".join(row["row"] for row in await connection.fetch(table["query"])).encode()
            for table in await connection.fetch(TABLES)
        }
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    assert {"notifier.delivery", "notifier.attempt", "tracker.subscription", "tracker.typed"} <= places.keys()
    places |= await asyncio.to_thread(contents, home)
    assert any("pg_wal" in place for place in places)
    return [
        f"{what} in {place}"
        for place, content in places.items()
        for what, mark in marks.items()
        if any(form in content for form in forms(mark))
    ]


async def test_nothing_that_is_held_can_be_read(
    town: Town, databases: Databases, nats_client: Client, server_home: Path
) -> None:
    """What people chose and where they are, receipts' secrets and whole exports are never readable."""
    token = await issue(nats_client)
    marks = {"a chat": CHAT, "a receipt": token, "a code": CODE, "a phrase": PHRASE, "a name": NAME}

    await town.updates.take([did(1, Started(token), CHAT), did(2, Tapped(f"y:{token}:en", "1", "q"), CHAT)])
    subscription = await followed(databases)
    doings: tuple[Body, ...] = (
        *(Tapped("pt", "1", "q"), Said(PHRASE), Tapped(f"nm:{subscription}", "1", "q"), Said(NAME)),
        *(Said("/status"), Tapped(f"i:{subscription}", "1", "q"), Tapped(f"sh:{subscription}", "1", "q")),
        *(Tapped("ex", "1", "q"), Tapped("set", "1", "q"), Said(CODE), Tapped(f"yc:{CODE}:en", "1", "q")),
    )
    await town.updates.take([did(number, one, CHAT) for number, one in enumerate(doings, start=3)])
    waiting = await found(databases, server_home, marks)
    refusal = f'can\'t parse entities: unsupported start tag "{NAME}" of {PHRASE!r} in {CHAT}'
    town.world.channel.scripts[CHAT] = [result_of(BadRequest(refusal), Redaction("1:token"))]
    await town.send()
    shown = "\n".join(town.world.channel.texts(CHAT))
    buttons = str([message.buttons for _, message in town.world.channel.sent])
    files = [one.attachment.content for _, one in town.world.channel.sent if one.attachment is not None]
    marks["a share"] = shown.partition("start=")[2][:22]
    sent = await found(databases, server_home, marks)
    await town.say(40, Tapped("f", "1", "q"), CHAT)

    assert [PHRASE in shown, NAME in shown, token in buttons, CODE in buttons] == [True] * 4
    assert CHAT in files[0]
    assert ([], []) == (waiting, sent)
    assert [] == await found(databases, server_home, marks)


async def followed(databases: Databases) -> str:
    """Return the only subscription there is."""
    connection = await asyncpg.connect(databases.admin)
    try:
        return str((await connection.fetchval("SELECT subscription_id FROM tracker.subscription")).hex)
    finally:
        await connection.close()
