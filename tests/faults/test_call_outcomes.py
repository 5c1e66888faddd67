"""A desk killed with -9 between the outcome of a call and its publication: told once, and entered once."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from nats.aio.client import Client

from contracts.streams import CALL_SUBJECT
from runtime.clock import SystemClock
from runtime.database.postgres import Pool, open_pool
from runtime.embedded import ports
from sandbox.agency import CATALOGUE
from services.desk.door.gate import csrf_of
from services.desk.staff.accounts import Accounts, Administration, Profile
from services.desk.staff.sessions import Sessions
from tests.conftest import Databases
from tests.faults.proxy import address_of, proxied
from tests.integration.desk.calling import in_stream
from tests.integration.desk.people import KEYS
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(600)]
ENTRY = """
INSERT INTO call (call_id, number, publisher, event_id, document_type, stage, language, missed_as,
                  missed_at, actionable, listed_at, looked_at, due_at, held_by, held_number, held_publisher,
                  held_event_id, held_until, lease_id)
VALUES ($1, 1, 'office', 'e-1', 'id_card', 'arrived', 'uk', 'undeliverable', $2,
        true, $2, $2, $2, $3, 1, 'office', 'e-1',
        $4, $5)
"""
WAITS = "SELECT count(*) FROM outbox WHERE subject = $1"


@asynccontextmanager
async def desk(environment: Mapping[str, str], log: Path) -> AsyncIterator[tuple[Process, str]]:
    """Run a whole desk as a process; yield it and the address of its door once that answers."""
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.desk"), env=environment, stdin=DEVNULL, stdout=file, stderr=file
        )
    url = environment["DOCWATCH_DESK_URL"]
    try:
        await until(lambda: _answers(url), within=200, every=0.1)
        yield process, url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{url}/sign-in", timeout=5)).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


async def _caller(pool: Pool) -> tuple[UUID, str]:
    """Hire a caller; return who they are and the cookie of their session."""
    profile = Profile(name="Ira", roles=["caller"])
    await Administration(pool, SystemClock(), "test").add("ira", profile, directory=None, local=True)
    account = await Accounts(pool, SystemClock()).find("ira")
    assert account is not None
    async with pool.acquire() as connection:
        return account.id, await Sessions(pool, SystemClock()).begin(connection, account.id, "open")


async def _enter(url: str, cookie: str, call_id: UUID, lease: UUID) -> int | None:
    """Post that nobody answered; return the status, None where the desk died over it."""
    headers = {"Origin": url, "Cookie": f"docwatch-desk={cookie}"}
    form = {"csrf": csrf_of(cookie), "lease": str(lease), "result": "no_answer"}
    async with httpx.AsyncClient(timeout=60) as client:
        try:
            answer = await client.post(f"{url}/calls/{call_id}/result", data=form, headers=headers)
        except httpx.TransportError:
            return None
    return answer.status_code


@pytest.mark.parametrize("arrives", [False, True], ids=["lost on the way", "its answer lost"])
async def test_an_outcome_outlives_the_desk(
    databases: Databases, nats_url: str, nats_client: Client, tmp_path: Path, *, arrives: bool
) -> None:
    """What was entered is in the stream once, whether the desk died before or after it was put there.

    A caller who saw no answer posts the form once more to the desk that follows: it is one call.
    """
    call_id, lease, now = uuid4(), uuid4(), datetime.now(UTC)
    async with (
        open_pool(databases.url("desk"), "desk") as pool,
        proxied(address_of(nats_url)) as line,
    ):
        who, cookie = await _caller(pool)
        await pool.execute(ENTRY, call_id, now, who, now + timedelta(minutes=9), lease)
        environment, log = _environment(nats_url, databases), tmp_path / "desk.log"
        trap = line.trap(CALL_SUBJECT.encode(), arrives=arrives)
        async with desk(environment | {"DOCWATCH_NATS_URL": line.through(nats_url)}, log) as (process, url):
            posting = asyncio.create_task(_enter(url, cookie, call_id, lease))
            await until(lambda: _is(trap.sprung), within=60)
            line.refuse()
            process.kill()
            await process.wait()
            await posting
        assert 1 == await pool.fetchval(WAITS, CALL_SUBJECT)
        assert (1 if arrives else 0) == len(await in_stream(nats_client))
        async with desk(environment, log) as (_, url):
            assert 303 == await _enter(url, cookie, call_id, lease)
            await until(lambda: _published(pool), within=60)

        told = await in_stream(nats_client)
        tries = await pool.fetch("SELECT try_id, result FROM call_try")

    assert [(lease, "no_answer", 1)] == [(one.made_id, one.result, one.tries) for one in told]
    assert [(lease, "no_answer")] == [(row["try_id"], row["result"]) for row in tries]


def _environment(nats_url: str, databases: Databases) -> dict[str, str]:
    port, ops = ports.pick("127.0.0.1"), ports.pick("127.0.0.1")
    settings = {
        "DESK_URL": f"http://127.0.0.1:{port}",
        "DESK_PORT": str(port),
        "DESK_OPS_PORT": str(ops),
        "NATS_URL": nats_url,
        "DATABASE_URL": databases.url("desk"),
        "CATALOGUE": str(CATALOGUE),
        "CONVERSATION_KEYS": KEYS,
        "STAFF_KEYS": KEYS,
    }
    return {**os.environ, **{f"DOCWATCH_{name}": value for name, value in settings.items()}}


async def _is(sprung: int) -> bool:
    return sprung > 0


async def _published(pool: Pool) -> bool:
    return bool(await pool.fetchval(WAITS, CALL_SUBJECT) == 0)
