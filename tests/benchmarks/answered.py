"""How soon a person's answer is on the citizen's phone: `python -m tests.benchmarks.answered`.

The whole installation on this machine with the simulated Telegram. Citizens have asked; somebody answers
so many times a second through the real page, over HTTP. Prints how long it took from "send" to the phone.
"""

import argparse
import asyncio
import itertools
import json
import os
import signal
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import aiohttp
import pytest

from cli.up.simulated_staff import NAME as COLLEAGUES
from runtime.clock import SystemClock
from runtime.database.postgres import Pool, open_pool
from sandbox.clients.telegram import SandboxClient, sandbox_client
from services.desk.door.gate import csrf_of
from services.desk.staff.accounts import Accounts, Administration, Profile
from services.desk.staff.sessions import Sessions
from tests.benchmarks.kit import p99
from tests.faults.harness import Harness, harness, prepared
from tests.waiting import until

HOLD = """
UPDATE conversation SET held_by = $1, holder = 'bench', held_since = clock_timestamp(),
    held_until = clock_timestamp() + interval '1 hour'
WHERE opened_at IS NOT NULL AND closed_at IS NULL
RETURNING conversation_id
"""


@dataclass
class Phones:
    """All phones, watched: when each text that is waited for came up."""

    waited: dict[str, asyncio.Future[float]] = field(default_factory=dict)

    async def watch(self, url: str, open_: asyncio.Event) -> None:
        """Read what the phones show as it comes."""
        endless = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(timeout=endless) as session,
            session.get(f"{url}/phone/api/stream") as stream,
        ):
            open_.set()
            async for line in stream.content:
                if line.startswith(b"data: ") and b"answer-" in line:
                    text = str(json.loads(line[6:]).get("text", ""))
                    word = next((one for one in text.split() if one.startswith("answer-")), "")
                    if (shown := self.waited.pop(word, None)) is not None:
                        shown.set_result(asyncio.get_running_loop().time())


@dataclass
class Member:
    """Somebody of the staff, signed in at the real page."""

    url: str
    cookie: str
    session: aiohttp.ClientSession
    phones: Phones

    async def answer(self, conversation: UUID, number: int) -> float:
        """Send an answer; return the seconds until it is on the phone."""
        loop, word = asyncio.get_running_loop(), f"answer-{number}"
        shown: asyncio.Future[float] = loop.create_future()
        self.phones.waited[word] = shown
        form = {"csrf": csrf_of(self.cookie), "draft": str(uuid4()), "seen": "1", "text": word}
        began = loop.time()
        path = f"{self.url}/conversations/{conversation}/answer"
        async with self.session.post(path, data=form, allow_redirects=False) as done:
            assert done.headers["location"].endswith("told=sent"), done.headers
        async with asyncio.timeout(60):
            return await shown - began


async def ask(client: SandboxClient, number: int) -> None:
    """Have a new citizen ask people something."""
    citizen = await client.create_citizen(f"Asker {number}", "uk")
    await client.say(citizen, "/person")

    async def offered() -> tuple[int, str] | None:
        for message in await client.messages(citizen):
            for button in itertools.chain.from_iterable(message["buttons"] or []):
                if (button.get("data") or "").startswith("ho:"):
                    return int(message["message_id"]), str(button["data"])
        return None

    await client.press(citizen, *await until(offered, within=60, every=0.05))

    async def asked() -> bool:
        return any("одним реченням" in str(one["text"]) for one in await client.messages(citizen))

    await until(asked, within=60, every=0.05)
    await client.say(citizen, "Коли буде готовий мій документ?")


async def member(pool: Pool, url: str, session: aiohttp.ClientSession, phones: Phones) -> Member:
    """Hire somebody who holds everything."""
    clock, profile = SystemClock(), Profile(name="Bench", public_name="Bench", roles=["operator"])
    await Administration(pool, clock, "bench").add("bench", profile, directory=None, local=True)
    account = await Accounts(pool, clock).find("bench")
    assert account is not None
    async with pool.acquire() as connection:
        cookie = await Sessions(pool, clock).begin(connection, account.id, "open")
    session.headers.update({"Origin": url, "Cookie": f"docwatch-desk={cookie}"})
    return Member(url, cookie, session, phones)


async def conversations(pool: Pool, who: str, count: int) -> Sequence[UUID]:
    """Return the conversations, once so many wait, held by somebody."""

    async def open_() -> bool:
        query = "SELECT count(*) FROM conversation WHERE opened_at IS NOT NULL AND closed_at IS NULL"
        return bool(await pool.fetchval(query) >= count)

    await until(open_, within=120, every=0.1)
    whose = await pool.fetchval("SELECT id FROM staff WHERE login = $1", who)
    return [row["conversation_id"] for row in await pool.fetch(HOLD, whose)]


async def answers(
    whose: Member, held: Sequence[UUID], rate: float, count: int, first: int = 0
) -> list[float]:
    """Answer evenly spread; return how long each took."""
    clock, tasks = SystemClock(), []
    started = clock.monotonic()
    for number in range(count):
        await clock.sleep(max(0.0, started + number / rate - clock.monotonic()))
        work = whose.answer(held[number % len(held)], first + number)
        tasks.append(asyncio.create_task(work))
    return sorted(await asyncio.gather(*tasks))


async def measured(running: Harness, citizens: int, rate: float, seconds: float) -> list[float]:
    """Run it against an installation."""
    phone, page = running.running.addresses.phone, running.settings.door_url
    assert phone is not None
    assert page is not None
    running.signal(COLLEAGUES, signal.SIGSTOP)
    phones, open_ = Phones(), asyncio.Event()
    async with (
        sandbox_client(phone) as client,
        open_pool(running.running.servers.databases["desk"], "desk", size=2) as pool,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
    ):
        watching = asyncio.create_task(phones.watch(phone, open_))
        await open_.wait()
        whose = await member(pool, page, session, phones)
        for number in range(citizens):
            await ask(client, number)
        held = await conversations(pool, "bench", citizens)
        await answers(whose, held, rate, min(citizens, 20), first=1_000_000)  # everything is warm then
        found = await answers(whose, held, rate, int(rate * seconds))
        watching.cancel()
    running.signal(COLLEAGUES, signal.SIGCONT)
    return found


async def measure(citizens: int, rate: float, seconds: float) -> None:
    """Measure and print."""
    async with harness(applications=10, citizens=5) as running:
        waits = await measured(running, citizens, rate, seconds)
    p50, slow = statistics.median(waits), p99(waits)
    print(
        f"{len(waits)} answers of a person at {rate:g} a second, from send to the citizen's phone: "
        f"p50 {p50 * 1000:.0f} ms, p99 {slow * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms"
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--citizens", type=int, default=60)
    parser.add_argument("--rate", type=float, default=20.0, help="answers a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    chosen = parser.parse_args()
    with pytest.MonkeyPatch.context() as monkeypatch, prepared(monkeypatch):
        os.environ["DOCWATCH_RATE_GLOBAL"] = "1000"
        os.environ["DOCWATCH_RATE_CHAT"] = "100"
        asyncio.run(measure(chosen.citizens, chosen.rate, chosen.seconds))


if __name__ == "__main__":
    main()
