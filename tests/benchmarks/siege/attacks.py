"""The attackers of a siege, a program: `python -m tests.benchmarks.siege.attacks NAME SECONDS`.

Reads where to attack as JSON from its input, attacks for so long, and prints what came back, counted.
A line before that, `READY`, says that the attack begins.
"""

import asyncio
import gzip
import json
import random
import secrets
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from contracts import typed_code
from runtime.clock import SystemClock
from sandbox.clients.telegram import SandboxClient, SandboxError
from services.ingest.web.places import MOST_IN_WORK
from tests.attacks.bombs import heavy, tiled
from tests.attacks.door import GZIP, LINES, ONE
from tests.attacks.test_costly_bodies import MIB, costly
from tests.attacks.wire import asked, wire
from tests.benchmarks.siege.honest import stage_event

CLOCK = SystemClock()
PUBLISHER = "attacker"
SENDERS = 8
READY = "ready"
CHATS = 4
MOST_EVENTS = 60_000
GROUP = -1001
MOST_WAITING = 200
BATCH = 200


@dataclass(frozen=True)
class Aim:
    """Where to attack: the public port of ingest, the simulated Telegram, and a valid key."""

    port: int
    phone: str
    key: str = field(repr=False)


@dataclass
class Attack:
    """One run: how long it goes on, and what came back."""

    aim: Aim
    seconds: float
    answers: Counter[str] = field(default_factory=Counter)
    _until: float = 0.0

    @property
    def left(self) -> float:
        """Seconds until it stops by itself."""
        return max(0.0, self._until - CLOCK.monotonic())

    async def again(self, senders: int, once: Callable[[int], Awaitable[object]], pause: float = 0.0) -> None:
        """Say that all is prepared, then have so many senders go on; what each gets is counted."""

        async def go_on(number: int) -> None:
            while self.left:
                try:
                    self.answers[str(await once(number))] += 1
                except (aiohttp.ClientError, OSError, TimeoutError, SandboxError) as error:
                    self.answers[type(error).__name__] += 1
                    await CLOCK.sleep(0.01)
                await CLOCK.sleep(pause)

        print(READY, flush=True)
        self._until = CLOCK.monotonic() + self.seconds
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                await asyncio.gather(*map(go_on, range(senders)))

    async def post(self, bodies: Sequence[tuple[bytes, Mapping[str, str]]], senders: int = SENDERS) -> None:
        """Post the bodies in turns under the key, as fast as they are answered."""
        url = f"http://127.0.0.1:{self.aim.port}/v1/events"
        headers = {"Authorization": f"Bearer {self.aim.key}"}
        async with aiohttp.ClientSession(headers=headers) as session:

            async def once(number: int) -> int:
                body, kind = bodies[(number + self.answers.total()) % len(bodies)]
                async with session.post(url, data=body, headers=kind) as answer:
                    await answer.read()
                    return answer.status

            await self.again(senders, once)

    async def send_pictures(self, picture: bytes, mime: str) -> None:
        """Send a picture as a file from several chats, one a second from each."""
        async with aiohttp.ClientSession() as session:
            client = SandboxClient(self.aim.phone, session)
            chats = [await client.create_citizen(f"Painter {number}", "en") for number in range(CHATS)]

            async def once(number: int) -> int:
                url = f"{self.aim.phone}/phone/api/citizens/{chats[number]}/document?name=p"
                async with session.post(url, data=picture, headers={"Content-Type": mime}) as answer:
                    return answer.status

            await self.again(CHATS, once, pause=1.0)


async def finder_patterns(attack: Attack) -> None:
    """Send a PNG that is full of what looks like corners of QR codes."""
    await attack.send_pictures(tiled(5000, 2), "image/png")


async def unpacking_picture(attack: Attack) -> None:
    """Send a WEBP of kilobytes that unpacks to a hundred megabytes."""
    await attack.send_pictures(heavy(), "image/webp")


async def newlines(attack: Attack) -> None:
    """Post 64 MiB of newlines, packed."""
    await attack.post([(gzip.compress(b"\n" * (64 * MIB)), {**LINES, **GZIP})])


async def half_a_million_papers(attack: Attack) -> None:
    """Post events with half a million missing papers each, alone and as lines."""
    one = costly(",".join(["1"] * 490_000))
    await attack.post([(one, ONE), (gzip.compress((one + b"\n") * 8), {**LINES, **GZIP})])


async def long_lines(attack: Attack) -> None:
    """Post 499 lines of a mebibyte, packed into no less than a hundredth."""
    chance = random.Random(1)  # noqa: S311 - not for secrets
    line = chance.randbytes(8 * 1024).hex().encode().ljust(MIB - 1, b"x") + b"\n"
    await attack.post([(gzip.compress(line, 1) * 499, {**LINES, **GZIP})], senders=4)


async def header_lines(attack: Attack) -> None:
    """Send 64 MiB of header lines, without a key."""
    await _heads(attack, b"X: y\r\n" * (MIB // 6))


async def long_header(attack: Attack) -> None:
    """Send one header of 64 MiB, without a key."""
    await _heads(attack, b"x" * MIB, b"X: ")


async def _heads(attack: Attack, part: bytes, first: bytes = b"") -> None:
    begun = b"GET /v1/key HTTP/1.1\r\nHost: us\r\n" + first
    await attack.again(SENDERS, lambda _: asked(attack.aim.port, begun, *[part] * 64))


async def slow_bodies(attack: Attack) -> None:
    """Keep as many bodies on their way as there are places, a byte a second each."""
    head = (
        "POST /v1/events HTTP/1.1\r\nHost: us\r\nContent-Type: application/cloudevents+json\r\n"
        f"Authorization: Bearer {attack.aim.key}\r\nContent-Length: 500\r\n\r\n"
    ).encode()

    async def once(_: int) -> str:
        async with wire(attack.aim.port) as one:
            await one.send(head)
            while not (one.reader.at_eof() or one.writer.is_closing()):
                await one.send(b" ")
                await CLOCK.sleep(1.0)
        return "ended"

    await attack.again(MOST_IN_WORK, once)


async def wrong_codes(attack: Attack) -> None:
    """Type wrong codes from one chat, say yes to each."""
    async with aiohttp.ClientSession() as session:
        client = SandboxClient(attack.aim.phone, session)
        chat = await client.create_citizen("Stranger", "en")

        async def once(_: int) -> str:
            said = await client.say(chat, typed_code.encode(secrets.token_bytes(8)))
            for _ in range(10):
                await CLOCK.sleep(0.1)
                for message in await client.messages(chat, after=said["message_id"]):
                    if message["from"] == "bot" and message["buttons"]:
                        data = message["buttons"][0][0].get("data", "")
                        if data.startswith("yc:"):
                            await client.press(chat, message["message_id"], data)
                            return "typed and said yes"
            return "typed"

        await attack.again(1, once)


async def flood_of_events(attack: Attack) -> None:
    """Post batches of good events as fast as they are answered; after so many the same again."""
    events = (
        stage_event(PUBLISHER, number, f"{8_000_000_000 + number % 2000}") for number in range(MOST_EVENTS)
    )
    lines = [json.dumps(one).encode() for one in events]
    starts = range(0, MOST_EVENTS, BATCH)
    await attack.post([(b"\n".join(lines[start : start + BATCH]), LINES) for start in starts])


async def flood_in_a_group(attack: Attack) -> None:
    """Write in a group as fast as the bot takes it: no more wait at Telegram than it asks for at twice."""
    sender = {"id": 990_000_001, "is_bot": False, "first_name": "G", "language_code": "en"}
    chat = {"id": GROUP, "type": "supergroup", "title": "G"}
    numbers = iter(range(1, 1 << 62))
    async with aiohttp.ClientSession() as session:
        client = SandboxClient(attack.aim.phone, session)

        async def once(_: int) -> str:
            now = int(CLOCK.now().timestamp())
            some = [
                {"message_id": next(numbers), "date": now, "chat": chat, "from": sender, "text": "/help"}
                for _ in range(100)
            ]
            waiting = await client.hand_on(some)
            while waiting > MOST_WAITING:
                await CLOCK.sleep(0.01)
                waiting = await client.hand_on([])
            return "100 messages"

        await attack.again(1, once)


ATTACKS: Mapping[str, Callable[[Attack], Coroutine[Any, Any, None]]] = {
    "finder patterns": finder_patterns,
    "unpacking picture": unpacking_picture,
    "newlines": newlines,
    "half a million papers": half_a_million_papers,
    "long lines": long_lines,
    "header lines": header_lines,
    "long header": long_header,
    "slow bodies": slow_bodies,
    "wrong codes": wrong_codes,
    "flood of events": flood_of_events,
    "flood in a group": flood_in_a_group,
}


def main() -> None:
    """Attack as the arguments say."""
    name, seconds = sys.argv[1:]
    attack = Attack(Aim(**json.load(sys.stdin)), float(seconds))
    asyncio.run(ATTACKS[name](attack))
    print(json.dumps(attack.answers))


if __name__ == "__main__":
    main()
