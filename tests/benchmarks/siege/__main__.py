"""What attacks cost everybody else: `python -m tests.benchmarks.siege [--seconds 60] [--only NAME]`.

The whole installation runs as processes with the simulated Telegram. Each attack is sent all the while from a
process of its own; beside it an operator, a publisher with another key and people with phones go on.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict

import pytest

from cli.publish.ingest_client import IngestClient
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from sandbox.clients.telegram import sandbox_client
from services.ingest.keys.api_keys import create_key
from tests.benchmarks.__main__ import PAGE, written
from tests.benchmarks.conversation import Phones
from tests.benchmarks.kit import ROOT
from tests.benchmarks.siege.attacks import ATTACKS, PUBLISHER, READY, Aim
from tests.benchmarks.siege.honest import CODE_EVERY, Honest
from tests.benchmarks.siege.honest import PUBLISHER as HONEST
from tests.benchmarks.siege.report import NOTHING, Found, as_markdown, as_table
from tests.faults.harness import Harness, harness, prepared

CLOCK = SystemClock()
CHATS = 10
OVERTIME_SECONDS = 60.0
FIRST_FOLLOWED = 7_100_000_000
Answers = dict[str, int]


@asynccontextmanager
async def besieged(running: Harness, redemptions: int) -> AsyncIterator[tuple[Aim, Honest]]:
    """Give the attacker and the honest their keys and phones."""
    addresses, programs = running.running.addresses, running.running.supervisor.programs
    assert addresses.phone is not None
    async with open_pool(running.running.servers.databases["ingest"], "ingest", size=2) as pool:
        _, theirs = await create_key(pool, PUBLISHER)
        _, ours = await create_key(pool, HONEST)
    async with (
        IngestClient(addresses.ingest, ours) as publisher,
        sandbox_client(addresses.phone) as client,
        asyncio.TaskGroup() as group,
    ):
        wanted = [
            {
                "receipt_id": str(one),
                "application_number": str(FIRST_FOLLOWED + one),
                "document_type": "id_card",
            }
            for one in range(redemptions)
        ]
        issued = [
            receipt
            for start in range(0, redemptions, 100)
            for receipt in (await publisher.issue(wanted[start : start + 100])).receipts
        ]
        phones, open_ = Phones(client), asyncio.Event()
        watching = group.create_task(phones.watch(addresses.phone, open_))
        await open_.wait()
        chats = [await client.create_citizen(f"Asker {number}", "en") for number in range(CHATS)]
        pids = {name: pid for name in addresses.ops if (pid := programs[name].pid)}
        port = int(addresses.ingest.rpartition(":")[2])
        yield (
            Aim(port, addresses.phone, theirs),
            Honest(
                ingest=addresses.ingest,
                ops=dict(addresses.ops),
                pids=pids,
                key=ours,
                client=client,
                phones=phones,
                chats=chats,
                codes=iter([receipt["code"] for receipt in issued]),
            ),
        )
        watching.cancel()


@asynccontextmanager
async def attacked(name: str, aim: Aim, seconds: float) -> AsyncIterator[Callable[[], Awaitable[Answers]]]:
    """Run an attacker, begin the block once it attacks; yield what waits for its end and for its counts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.siege.attacks", name, str(seconds)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    async def over() -> Answers:
        async with asyncio.timeout(OVERTIME_SECONDS):
            printed, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"the attacker {name!r} ended with {process.returncode}")
        answers: Answers = json.loads(printed)
        return answers

    try:
        process.stdin.write(json.dumps(asdict(aim)).encode())
        process.stdin.close()
        async with asyncio.timeout(OVERTIME_SECONDS):
            said = (await process.stdout.readline()).decode().strip()
        if said != READY:
            raise RuntimeError(f"the attacker {name!r} did not begin: {said}")
        yield over
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def measured(name: str, seconds: float, running: Harness, aim: Aim, honest: Honest) -> Found:
    """Measure beside one attack, or beside none; then wait until everything balances and is as before."""
    if name == NOTHING:
        waits, answers = await honest.live(seconds), Answers()
    else:
        async with attacked(name, aim, seconds) as over:
            waits, answers = await honest.live(seconds), await over()
    began = CLOCK.monotonic()
    books = await running.books()
    settled = CLOCK.monotonic() - began
    after = await honest.live(1.0)
    ended = running.ended()
    running.history.clear()
    return Found(name, waits, answers, settled, after, [*books.problems(), *ended])


async def run(names: Sequence[str], seconds: float, quiet_seconds: float = 10.0) -> list[Found]:
    """Measure without an attack, then beside each of these in turn."""
    sieges = [(NOTHING, min(seconds, quiet_seconds)), *((name, seconds) for name in names)]
    redemptions = sum(2 + int(length / CODE_EVERY) for _, length in sieges)
    found = []
    async with harness(applications=60, citizens=50) as running:
        await running.play()
        await running.books()
        async with besieged(running, redemptions) as (aim, honest):
            for name, length in sieges:
                found.append(await measured(name, length, running, aim, honest))
                sys.stderr.write(f"{found[-1]}\n")
    return found


def main() -> int:
    """Measure and print; return 1 where a bar is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each attack")
    parser.add_argument("--only", action="append", choices=list(ATTACKS), help="may be given several times")
    parser.add_argument("--write", action="store_true", help=f"write the table into docs/{PAGE.name}")
    chosen = parser.parse_args()
    with pytest.MonkeyPatch.context() as monkeypatch, prepared(monkeypatch):
        found = asyncio.run(run(chosen.only or list(ATTACKS), chosen.seconds))
    as_table(found)
    if chosen.write:
        PAGE.write_text(written(PAGE.read_text(), "siege", as_markdown(found, chosen.seconds)))
    return 0 if all(one.met for one in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
