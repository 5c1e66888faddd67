"""An installation moves from the servers that it brought along to others, in the middle of a month."""

import asyncio
import json
import os
import secrets
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import nats
import nats.errors
import nats.js.errors
import pytest

from runtime.embedded import EmbeddedPostgres
from tests.faults.cluster import cluster
from tests.faults.evidence import collect, findings
from tests.faults.harness import Harness, harness, prepared
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
HALF = 60
TAKEN = "SELECT count(*) FROM tracker.event"
FEED = "SELECT epoch, sequence FROM ingest.feed"
OUTCOMES = "SELECT message_id, epoch, sequence FROM ingest.outcome ORDER BY epoch, sequence"


async def docwatch(*arguments: str, **more: str) -> tuple[int, str]:
    """Run the command as an operator does; return its exit status and all that it said."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *arguments),
        env={**os.environ, **more},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    return running.returncode or 0, said.decode()


async def _play_half(stack: Harness) -> None:
    """Play until half of the month is taken in, and leave the rest in the middle of everything."""
    assert stack.running.player is not None
    playing = asyncio.create_task(stack.running.player.play(0.0))
    await stack.until(TAKEN, HALF)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


async def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def _leads(url: str) -> bool:
    """Tell whether the nodes of a cluster have found each other."""
    client = await nats.connect(url.split(","))
    try:
        await client.jetstream(timeout=1).add_stream(name="TRY", subjects=["try"], num_replicas=3)
        return await client.jetstream().delete_stream("TRY")
    except (TimeoutError, nats.errors.Error, nats.js.errors.Error):
        return False
    finally:
        await client.close()


async def test_nothing_is_lost_on_the_way_to_other_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was saved in the middle of a month goes on elsewhere: the books balance and nobody hears twice."""
    with prepared(monkeypatch) as home:
        saved = home / "saved"
        async with harness(applications=30, citizens=20) as stack:
            await _play_half(stack)
            refused = await docwatch("save", str(saved))
        status, said = await docwatch("save", str(saved))
        assert (0, "") == (status, "" if status == 0 else said)
        assert refused[0] == 2
        assert "stop the services first" in refused[1]

        async with AsyncExitStack() as elsewhere:
            password = secrets.token_hex(8)
            database = EmbeddedPostgres(home / "elsewhere", password=password)
            await elsewhere.enter_async_context(database)
            nodes = await elsewhere.enter_async_context(cluster(home / "cluster"))
            monkeypatch.setenv("DOCWATCH_NATS_URL", nodes.url)
            monkeypatch.setenv("DOCWATCH_DATABASE_URL", database.url())
            await until(lambda: _leads(nodes.url), within=60, every=0.5)
            status, said = await docwatch("load", str(saved), "--replicas", "3")
            assert (0, "") == (status, "" if status == 0 else said)
            epoch = await _rows(database.url(), "SELECT epoch FROM ingest.feed")
            before = await _rows(database.url(), OUTCOMES)
            again = await docwatch("load", str(saved))
            async with harness(applications=30, citizens=20) as stack:
                await stack.play()
                books = await stack.books()
                evidence = await collect(stack)
            assert books.problems() == []
            assert findings(evidence) == []
            assert await nodes.leader("STAGES") in range(3)
            # Cursors of back offices go on: outcomes that were there stand where they stood, once.
            assert epoch == await _rows(database.url(), "SELECT epoch FROM ingest.feed")
            assert before == (await _rows(database.url(), OUTCOMES))[: len(before)]
        assert again[0] == 2
        assert "in use" in again[1]
        contents = json.loads((saved / "contents.json").read_text())
        assert not contents["running"]
