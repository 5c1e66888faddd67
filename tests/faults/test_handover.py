"""Notifiers killed while citizens talk with people: nothing said is lost, doubled or out of order."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.messages.desk import talk
from contracts.messages.desk.talk import (
    TALK,
    Answered,
    AnyTalk,
    Opened,
    Reached,
    Said,
)
from contracts.streams import DESK_TALKS, REPLY_SUBJECT
from runtime import keyring
from runtime.clock import SystemClock
from runtime.keyring import KeyRing, parse_keys
from runtime.messaging.pull import consume
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from sandbox.clients.telegram import SandboxClient
from tests.conftest import Databases
from tests.faults.notifiers import (
    KEYS,
    Notifiers,
    on_record,
    people,
    simulated_telegram,
    surroundings,
)
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
TURNS = 4
RING = KeyRing(parse_keys(KEYS), talk.PURPOSE)
_REPLIES = UUID("2a4bb6f3-90a1-4d0e-8a5c-6f1f27c9b0b7")


@dataclass
class Echo:
    """A desk that answers whatever is said with the same words, each thing once, by the talk's own number."""

    client: Client
    talks: dict[UUID, AnyTalk] = field(default_factory=dict)
    replied: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    replies: set[UUID] = field(default_factory=set)
    seen: int = 0

    def read(self, message: Msg) -> Msg:
        """Leave a message closed until it is handled."""
        return message

    async def handle(self, messages: list[Msg]) -> None:
        """Answer what is new, then acknowledge."""
        writer = StreamWriter(self.client)
        for message in messages:
            told = TALK.validate_json(message.data)
            self.seen += 1
            if told.talk_id not in self.talks and isinstance(told, Opened | Said):
                await self._reply(writer, told)
            self.talks[told.talk_id] = told
            await message.ack()

    async def _reply(self, writer: StreamWriter, told: Opened | Said) -> None:
        text = RING.open(keyring.Sealed(told.text.key, told.text.box), talk.context(told.talk_id))
        reply = uuid5(_REPLIES, str(told.talk_id))
        sealed = RING.seal(b"echo " + text, talk.context(reply))
        self.replied[told.conversation_id] += 1
        answer = Answered(
            reply_id=reply,
            conversation_id=told.conversation_id,
            number=self.replied[told.conversation_id],
            at=datetime.now(UTC),
            text=talk.Sealed.of(sealed.key_id, sealed.box),
        )
        outgoing = Outgoing(REPLY_SUBJECT, str(reply), answer.encoded())
        assert all(isinstance(one, Stored) for one in await writer.publish([outgoing]))
        self.replies.add(reply)


@asynccontextmanager
async def echoing(client: Client) -> AsyncIterator[Echo]:
    """The desk at work for the length of the block."""
    stop, echo = asyncio.Event(), Echo(client)
    task = asyncio.ensure_future(consume(client, DESK_TALKS, echo, stop=stop, clock=SystemClock()))
    try:
        yield echo
    finally:
        stop.set()
        await task


async def talks(sandbox: SandboxClient, citizen: int) -> None:
    """Have a citizen ask people something, and say more."""
    await sandbox.say(citizen, "/person")
    which = await _button(sandbox, citizen, "ho:")
    await sandbox.press(citizen, *which)
    await until(lambda: _asked(sandbox, citizen), within=300, every=0.1)
    for turn in range(TURNS):
        await sandbox.say(citizen, f"line {turn} of {citizen}")


async def _button(sandbox: SandboxClient, citizen: int, begins: str) -> tuple[int, str]:
    async def shown() -> tuple[int, str] | None:
        for message in await sandbox.messages(citizen):
            for row in message["buttons"]:
                for button in row:
                    if (button.get("data") or "").startswith(begins):
                        return int(message["message_id"]), str(button["data"])
        return None

    return await until(shown, within=300, every=0.1) or (0, "")


async def _asked(sandbox: SandboxClient, citizen: int) -> bool:
    return any("одним реченням" in str(one["text"]) for one in await sandbox.messages(citizen))


def heard(messages: Sequence[dict[str, object]]) -> list[str]:
    """What a citizen read of the desk's answers, in order."""
    texts = [str(one["text"]) for one in messages]
    return [text[text.index("echo ") :].splitlines()[0] for text in texts if "echo " in text]


@pytest.mark.parametrize(("size", "kills"), [(3, 1), pytest.param(12, 3, marks=pytest.mark.long)])
async def test_nothing_is_lost_or_doubled_by_kills(  # noqa: PLR0917 - fixtures of the whole
    databases: Databases, nats_url: str, nats_client: Client, tmp_path: Path, size: int, kills: int
) -> None:
    """Notifiers are killed with -9 again and again while citizens write: every line is answered, in order.

    An answer that was on its way when its sender died may come twice, and no other.
    """
    log = tmp_path / "notifiers.log"
    async with simulated_telegram(30, 30, tmp_path / "telegram.log") as (url, sandbox):
        citizens = await people(sandbox, url, size)
        await on_record(databases.url("notifier"), citizens)
        environment = surroundings(
            nats_url, databases.url("notifier"), url, CONVERSATION_KEYS=KEYS, RESEND_AFTER="1"
        )
        notifiers = Notifiers(environment, databases.admin, log)
        async with echoing(nats_client) as echo:
            try:
                for _ in range(2):
                    await notifiers.start()
                await _owned(notifiers)
                async with asyncio.TaskGroup() as group:
                    for citizen in citizens:
                        group.create_task(talks(sandbox, citizen))
                    group.create_task(_strikes(notifiers, kills))

                async def told() -> bool:
                    reached = {one.reply_id for one in echo.talks.values() if isinstance(one, Reached)}
                    return len(echo.replies) == size * TURNS and echo.replies <= reached

                with suppress(TimeoutError):
                    await until(told, within=240, every=0.2)
                notifiers.check()
                found = {citizen: heard(await sandbox.messages(citizen)) for citizen in citizens}
            finally:
                await notifiers.end()

    wanted = {citizen: [f"echo line {turn} of {citizen}" for turn in range(TURNS)] for citizen in citizens}
    assert wanted == {citizen: list(dict.fromkeys(lines)) for citizen, lines in found.items()}
    copies = sum(map(len, found.values())) - size * TURNS
    assert copies <= kills
    by_conversation: dict[UUID, list[int]] = defaultdict(list)
    for one in echo.talks.values():
        if not isinstance(one, talk.Forgotten | talk.Moved):
            by_conversation[one.conversation_id].append(one.number)
    assert size == len(by_conversation)
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in by_conversation.values())
    reached = [one.reply_id for one in echo.talks.values() if isinstance(one, Reached)]
    assert sorted(echo.replies) == sorted(reached)


async def _strikes(notifiers: Notifiers, kills: int) -> None:
    for _ in range(kills):
        await asyncio.sleep(1.0)  # between kills citizens get somewhere; nothing waits for it
        await _owned(notifiers)
        await notifiers.strike(kill=True)


async def _owned(notifiers: Notifiers) -> None:
    """Wait until somebody sends, on a machine that may be busy with other things."""
    for _ in range(4):
        with suppress(TimeoutError):
            await notifiers.owner()
            return
    raise TimeoutError("nobody sends")
