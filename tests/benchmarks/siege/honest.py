"""What honest people do during a siege, at a steady pace, and how long each has to wait."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp

from cli.publish.rows import Row, as_event
from runtime.clock import SystemClock
from sandbox.clients.telegram import SandboxClient
from tests.attacks.door import ONE
from tests.benchmarks.conversation import Phones
from tests.benchmarks.kit import family
from tests.faults.looking import alive, memory

CLOCK = SystemClock()
PUBLISHER, NUMBER = "honest", "7000000009"
STAGES = ("accepted", "verification", "printing", "shipped", "arrived")
PATIENCE_SECONDS = 30.0
POST_EVERY, HELP_EVERY, LOOK_EVERY, CODE_EVERY = 0.2, 0.5, 0.25, 5.0


def stage_event(publisher: str, number: int, application: str) -> dict[str, object]:
    """Return the CloudEvent of such a number about an application, as a back office posts it now."""
    fields: dict[str, object] = {
        "event_id": f"siege-{number}",
        "application_number": application,
        "document_type": "id_card",
        "stage": STAGES[number % len(STAGES)],
        "occurred_at": datetime.now(UTC).isoformat(),
    }
    return dict(as_event(Row(number + 1, fields), publisher))


@dataclass
class Waits:
    """Seconds that each had to wait; MiB of each service before, and at most since then."""

    health: dict[str, list[float]] = field(default_factory=dict)
    posts: list[float] = field(default_factory=list)
    helps: list[float] = field(default_factory=list)
    codes: list[float] = field(default_factory=list)
    before: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)
    refused: int = 0


@dataclass(frozen=True)
class Honest:
    """A publisher with a key of its own, people with phones, and an operator who looks at each service."""

    ingest: str
    ops: dict[str, str]
    pids: dict[str, int]
    key: str = field(repr=False)
    client: SandboxClient
    phones: Phones
    chats: list[int]
    codes: Iterator[str]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def live(self, seconds: float) -> Waits:
        """Do all of it for so long; return how long each waited."""
        found = Waits(health={name: [] for name in self.ops})
        found.before = {name: rss(pid) for name, pid in self.pids.items()}
        chats = itertools.cycle(self.chats)
        # A new connection for each post: the hardest way in.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        headers = {"Authorization": f"Bearer {self.key}", **ONE}
        async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
            await asyncio.gather(
                steadily(POST_EVERY, seconds, lambda: self._post(session, found)),
                steadily(HELP_EVERY, seconds, lambda: self._help(next(chats), found)),
                steadily(CODE_EVERY, seconds, lambda: self._redeem(found)),
                *(
                    steadily(LOOK_EVERY, seconds, lambda name=name: self._look(name, found))  # type: ignore[misc]  # a default in a lambda
                    for name in self.ops
                ),
            )
        return found

    async def _look(self, name: str, found: Waits) -> None:
        found.most[name] = max(found.most.get(name, 0.0), rss(self.pids[name]))
        waited = PATIENCE_SECONDS
        with suppress(aiohttp.ClientError, TimeoutError, AssertionError):
            waited = await alive(self.ops[name], within=PATIENCE_SECONDS)
        found.health[name].append(waited)

    async def _post(self, session: aiohttp.ClientSession, found: Waits) -> None:
        """Post one event until it is accepted, as a publisher's client does."""
        event, began = stage_event(PUBLISHER, next(self.numbers), NUMBER), CLOCK.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await self._accepted(session, event):
                    found.refused += 1
                    await CLOCK.sleep(0.1)
        found.posts.append(CLOCK.monotonic() - began)

    async def _accepted(self, session: aiohttp.ClientSession, event: dict[str, object]) -> bool:
        try:
            async with session.post(f"{self.ingest}/v1/events", json=event) as answer:
                return answer.status == 202
        except aiohttp.ClientError:
            return False

    async def _help(self, chat: int, found: Waits) -> None:
        found.helps.append(await self._answered(chat, "/help"))

    async def _answered(self, chat: int, text: str) -> float:
        waited = PATIENCE_SECONDS * 2
        with suppress(TimeoutError):
            waited = await self.phones.say(chat, text)
        return waited

    async def _redeem(self, found: Waits) -> None:
        """Type a right code on a new phone and say yes; what is measured is from yes to its answer."""
        chat, code = await self.client.create_citizen("Newcomer", "en"), next(self.codes)
        waited = await self._answered(chat, code)
        question = (await self.client.messages(chat))[-1]
        if question["from"] == "bot" and question["buttons"]:
            began = CLOCK.monotonic()
            await self.client.press(chat, question["message_id"], question["buttons"][0][0]["data"])
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while not await self._follows(chat):
                        await CLOCK.sleep(0.05)
            waited = max(waited, CLOCK.monotonic() - began)
        found.codes.append(waited)

    async def _follows(self, chat: int) -> bool:
        said = await self.client.messages(chat)
        return any("You now follow" in message["text"] for message in said)


def rss(pid: int) -> float:
    """Return what a process and all below it keep in memory now, in MiB."""
    total = 0.0
    for one in family(pid):
        with suppress(OSError):
            total += memory(one)
    return total


async def steadily(every: float, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    """Begin something each so many seconds, however long the ones before take; wait for all."""
    began, running = CLOCK.monotonic(), list[asyncio.Future[None]]()
    for number in range(max(1, int(seconds / every))):
        await CLOCK.sleep(max(0.0, began + number * every - CLOCK.monotonic()))
        running.append(asyncio.ensure_future(do()))
    await asyncio.gather(*running)
