"""What must not be found in what an installation leaves behind, and where each kind of it must not be."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from cli.installation.local import ensure_secrets
from sandbox.clients.follower import follow
from sandbox.clients.telegram import sandbox_client
from sandbox.settings import VIBER_TOKEN, SandboxSettings
from tests.faults.harness import Harness

SHORTEST = 3
MARKED_KEY = "dw_markedkey000_MARKED-key-that-nobody-has"
MARKED_NUMBER = "XY-555444333"
MARKED_CODE = "7K3M9Q2X5T8WB"
MARKED_CLAIM = "MARKEDclaim00000000abc"
MARKED_COOKIE = "MARKEDcookie-of-a-browser-that-nobody-has00"
TABLES = """
SELECT format('SELECT t::text AS row FROM %I.%I t', schemaname, tablename) AS query,
       schemaname || '.' || tablename AS name
FROM pg_tables WHERE schemaname IN ('ingest', 'tracker', 'notifier')
"""


async def feed(stack: Harness) -> None:
    """Hand marked secrets in at every door: in good, broken and refused requests, in what citizens write."""
    base = stack.running.addresses.ingest
    key = ensure_secrets(stack.settings.folder)["LOCAL_SAMPLE_KEY"]
    marked = event("marked", MARKED_NUMBER, document_type="id_card", stage="nowhere")
    receipt = {"receipt_id": "marked", "application_number": MARKED_NUMBER, "document_type": "nothing"}
    headers = {"Content-Type": "application/cloudevents+json"}
    async with aiohttp.ClientSession(base) as client:
        for bearer in (key, MARKED_KEY):
            client.headers.update({"Authorization": f"Bearer {bearer}"})
            for path, body in (
                ("/v1/events", marked),
                ("/v1/events", {**marked, "id": f"about {MARKED_NUMBER}"}),
                ("/v1/events", event("office", MARKED_NUMBER, office=MARKED_NUMBER)),
                ("/v1/receipts", receipt),
                ("/v1/receipts", {**receipt, "receipt_id": MARKED_NUMBER}),
            ):
                async with client.post(path, json=body, headers=headers) as answer:
                    await answer.read()
            for path in (f"/v1/receipts/{MARKED_NUMBER}/qr.svg", f"/v1/events/{MARKED_NUMBER}"):
                async with client.get(path) as answer:
                    await answer.read()
    await look(stack)
    assert stack.running.addresses.phone is not None
    async with sandbox_client(stack.running.addresses.phone) as phone:
        citizen = await phone.create_citizen("Marked", "en")
        for text in (
            f"/start {MARKED_CLAIM}",
            MARKED_CODE,
            MARKED_NUMBER,
            "lorem ipsum",
            "/status",
            "/forget",
        ):
            await phone.say(citizen, text)


async def look(stack: Harness) -> None:
    """Open the citizens' page and a receipt's with marked secrets, and write on the page."""
    url = stack.settings.edge_url
    assert url is not None
    async with aiohttp.ClientSession(cookies={"docwatch": MARKED_COOKIE}, headers={"Origin": url}) as browser:
        for path in (
            "/p",
            "/p/settings",
            f"/p/open/{MARKED_CODE}",
            f"/r/{MARKED_CLAIM}",
            f"/r/web/{MARKED_CLAIM}",
        ):
            async with browser.get(url + path) as answer:
                await answer.read()
        for path, form in (("/p/say", {"text": MARKED_CODE}), (f"/r/web/{MARKED_CLAIM}", {"lang": "en"})):
            async with browser.post(url + path, data=form) as answer:
                await answer.read()


async def block(stack: Harness) -> None:
    """Before the month is played: have somebody follow what moves last in it and then block the bot."""
    assert stack.running.player is not None
    assert stack.running.stored is not None
    assert stack.running.addresses.phone is not None
    month = stack.running.stored.month
    [link] = [
        stack.running.player.printed[one.receipt_id].links["telegram"]
        for one in month.receipts
        if one.application == month.truth[month.lines[-1].row.event_id]
    ]
    async with sandbox_client(stack.running.addresses.phone) as phone:
        citizen = await phone.create_citizen("Blocker", "en")
        await follow(phone, citizen, link)
        await phone.block(citizen)


def event(event_id: str, number: str, **data: object) -> dict[str, object]:
    """Return an event of the sample's back office."""
    fields = {"application_number": number, "document_type": "id_card", "stage": "accepted", **data}
    return {
        "specversion": "1.0",
        "type": "docwatch.stage.v1",
        "source": "sample",
        "id": event_id,
        "time": "2026-01-31T10:00:00+02:00",
        "data": fields,
    }


async def leaks(stack: Harness) -> list[str]:
    """Return a sentence for each secret that stands where it must not: logs, streams, tables."""
    secrets = _secrets(stack)
    places = {**_files(stack.settings.folder), **await _tables(stack.running.servers.admin)}
    assert {"ingest.log", "tracker.log", "notifier.log", "nats.log", "postgres.log"} <= places.keys()
    assert {"STAGES", "NOTICES", "DELIVERIES", "OUTCOMES"} <= {name.partition("/")[0] for name in places}
    return [
        f"{what} in {place}"
        for place, text in places.items()
        for what, pattern in secrets.items()
        if pattern.search(text)
    ]


def _secrets(stack: Harness) -> Mapping[str, re.Pattern[str]]:
    """Return what to look for, in clear and as PostgreSQL writes bytes; digits only as whole numbers."""
    assert stack.running.player is not None
    assert stack.running.stored is not None
    values = ensure_secrets(stack.settings.folder)
    receipts = stack.running.stored.month.receipts
    kinds: dict[str, list[str]] = {
        "a key, a pepper or a password": [
            part for value in values.values() for part in re.split("[:,]", value)
        ],
        "a password of a server's address": [
            part
            for url in (*stack.running.servers.nats.values(), *stack.running.servers.databases.values())
            if (part := urlsplit(url).password)
        ],
        "a bot's token": [SandboxSettings().bot_token.partition(":")[2], VIBER_TOKEN],
        "an application number": [
            MARKED_NUMBER,
            *(one.application_number for one in receipts),
            *(one.application for one in receipts),
        ],
        "a chat's id": [str(one) for one in stack.running.stored.progress.chats.values()],
        "a claim": [
            MARKED_CLAIM,
            *(one.links["telegram"].rpartition("=")[2] for one in stack.running.player.printed.values()),
        ],
        "a typed code": [
            MARKED_CODE,
            *(one.code for one in stack.running.player.printed.values()),
            *(one.code.replace("-", "") for one in stack.running.player.printed.values()),
        ],
        "an unknown key": [MARKED_KEY],
        "a cookie": [MARKED_COOKIE],
    }
    return {what: _pattern(kinds[what]) for what in kinds}


def _pattern(values: Sequence[str]) -> re.Pattern[str]:
    long = [one for one in values if len(one) > SHORTEST]
    forms = "|".join(re.escape(form) for one in long for form in (one, one.encode().hex()))
    return re.compile(rf"(?<!\d)(?:{forms})(?!\d)" if all(map(str.isdigit, long)) else forms)


def _files(folder: Path) -> dict[str, str]:
    """Return what the services and their servers logged, and the streams as they lie on the disk."""
    logs = {one.name: one for one in folder.rglob("*.log") if one.name != "phone.log"}
    streams = {f"{one.parents[1].name}/{one.name}": one for one in (folder / "nats").rglob("*.blk")}
    return {name: one.read_text(errors="replace") for name, one in {**logs, **streams}.items()}


async def _tables(admin: str) -> dict[str, str]:
    connection = await asyncpg.connect(admin)
    try:
        return {
            table["name"]: "\n".join(row["row"] for row in await connection.fetch(table["query"]))
            for table in await connection.fetch(TABLES)
        }
    finally:
        await connection.close()
