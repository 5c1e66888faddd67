"""Citizens who talk to staff in a storm, desks as processes that are killed, and the books of both sides."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from nats.aio.client import Client

from contracts.messages.desk.talk import (
    DESK_REPLY,
    Answered,
    AnyReply,
    AnyTalk,
)
from contracts.streams import REPLIES, TALK_SUBJECT
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from services.desk.conversations.sealing import Texts
from tests.integration.desk.people import KEYS as _KEYS
from tests.integration.desk.people import Talks

KEYS = _KEYS
LEASE = timedelta(seconds=5)
"""Of a test: as long as five minutes are in the life of a storm."""
BATCH = 50


@dataclass
class Desks:
    """Desks with staff as processes; a killed one is followed by another."""

    nats_url: str
    database: str
    staff: int
    log: Path
    running: list[Process] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    begun: int = 0

    async def start(self) -> None:
        """Start one more desk."""
        self.begun += 1
        words = self.nats_url, self.database, str(self.staff), str(self.begun)
        with self.log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.answering", *words),
                env=dict(os.environ),
                stdin=DEVNULL,
                stdout=file,
                stderr=file,
            )
        self.running.append(process)

    async def kill(self, random: Random) -> None:
        """Kill one of the desks with -9 and start another."""
        process = self.running.pop(random.randrange(len(self.running)))
        process.kill()
        self.history.append(f"killed {process.pid}")
        await process.wait()
        await self.start()

    async def freeze(self, random: Random, seconds: float) -> None:
        """Stop one of the desks for a while in the middle of what it does."""
        process = random.choice(self.running)
        process.send_signal(signal.SIGSTOP)
        self.history.append(f"froze {process.pid}")
        await SystemClock().sleep(seconds)
        process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def desks(nats_url: str, database: str, count: int, staff: int, log: Path) -> AsyncIterator[Desks]:
    """Run desks for the length of the block."""
    found = Desks(nats_url, database, staff, log)
    try:
        for _ in range(count):
            await found.start()
        yield found
    finally:
        for process in found.running:
            process.send_signal(signal.SIGCONT)
            process.kill()
            await process.wait()


@dataclass
class Citizens:
    """Citizens who open conversations, say more, and have their messages come twice and out of order."""

    client: Client
    random: Random
    texts: Texts = field(default_factory=lambda: Texts.of(KEYS))
    said: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))

    async def talk(self, conversations: int, pace: float) -> None:
        """Have so many conversations begin; `pace` is the rest in seconds between batches."""
        writer = StreamWriter(self.client)
        for first in range(0, conversations, BATCH):
            messages: list[AnyTalk] = []
            for number in range(first, min(first + BATCH, conversations)):
                talks = Talks(self.texts, SystemClock().now())
                texts = [f"{number}.{more}" for more in range(self.random.randint(1, 4))]
                self.said[talks.conversation_id] = texts
                messages.append(talks.opened(texts[0], actionable=number % 7 == 0))
                messages += [talks.said(text) for text in texts[1:]]
            messages += self.random.sample(messages, len(messages) // 10)
            self.random.shuffle(messages)
            # Copies go by another id, so that the stream does not know them for what they are.
            outgoing = [Outgoing(TALK_SUBJECT, str(uuid4()), one.encoded()) for one in messages]
            assert all(isinstance(one, Stored) for one in await writer.publish(outgoing))
            await SystemClock().sleep(pace)


async def replies_of(client: Client) -> Sequence[AnyReply]:
    """Return all that is in REPLIES, each message once, as its reader takes it."""
    subscription = await client.jetstream().subscribe("docwatch.reply.v1", ordered_consumer=True)
    last = (await client.jetstream().stream_info(REPLIES.name)).state.last_seq
    found: dict[UUID, AnyReply] = {}
    read = 0
    while read < last:
        message = await subscription.next_msg(timeout=10)
        read = message.metadata.sequence.stream
        reply = DESK_REPLY.validate_json(message.data)
        found[reply.reply_id] = reply
    await subscription.unsubscribe()
    return list(found.values())


async def problems(citizens: Citizens, client: Client, pool: Pool) -> list[str]:
    """Return what is lost, doubled, stuck or out of order."""
    found: list[str] = []
    rows = await pool.fetch("SELECT utterance_id, conversation_id, by_staff, number, key, box FROM utterance")
    heard: dict[UUID, dict[int, str | None]] = defaultdict(dict)
    written = Counter[UUID]()
    for row in rows:
        text = citizens.texts.open(row["utterance_id"], row["key"], row["box"])
        if row["by_staff"]:
            written[row["utterance_id"]] += 1
        else:
            heard[row["conversation_id"]][row["number"]] = text
    for id_, texts in citizens.said.items():
        if texts != [heard[id_][number] for number in sorted(heard[id_])]:
            found.append(f"{id_}: said {texts}, heard {heard[id_]}")
    told: dict[UUID, list[AnyReply]] = defaultdict(list)
    for reply in await replies_of(client):
        told[reply.conversation_id].append(reply)
    for id_ in citizens.said:
        numbers = sorted(reply.number for reply in told[id_])
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"{id_}: told {numbers}")
    sent = Counter(one.reply_id for many in told.values() for one in many if isinstance(one, Answered))
    if sent != written:
        found.append(f"{len(written - sent)} answers lost, {len(sent - written)} made up")
    found += _unanswered(citizens, told)
    return found


def _unanswered(citizens: Citizens, told: dict[UUID, list[AnyReply]]) -> list[str]:
    """Return the conversations of which no answer is about the last thing that was said."""
    found = []
    for id_, texts in citizens.said.items():
        answers = [
            citizens.texts.open(one.reply_id, one.text.key, one.text.box)
            for one in sorted(told[id_], key=lambda one: one.number)
            if isinstance(one, Answered)
        ]
        if not answers or answers[-1] != f"re: {texts[-1]}":
            found.append(f"{id_}: said {texts}, answered {answers}")
    return found
