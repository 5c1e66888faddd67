"""The edge of the REPLIES stream: acks what is committed; what cannot be read is kept as dead."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.dead import DeadLetter, dead_letter_id
from contracts.messages.desk.talk import DESK_REPLY, Answered, AnyReply
from contracts.streams import DEAD_REPLIES_SUBJECT, NOTIFIER_REPLIES
from runtime.clock import Clock, pause
from runtime.database.outbox import Row
from runtime.database.postgres import TRANSIENT
from runtime.database.stream_batches import take_in
from runtime.keyring import DecryptionError
from runtime.logs import logger
from runtime.messaging.jetstream import postpone, sequence_of
from runtime.messaging.pull import consume
from services.notifier.handover.replies import Replies
from services.notifier.metrics import Metrics

LOG = logger(__name__)
LOOK_SECONDS = 60.0
LOCKED_SECONDS = 30.0
"""After which an answer is tried again whose key this process lacks: somebody must give it the key."""
_DEAD = UUID("6b2d9f0c-1c1e-4d3c-9f55-0f8f3c1c7a52")


@dataclass(frozen=True)
class _Locked:
    """An answer that is sealed under a key that this process does not have."""

    key: str


Item = AnyReply | Row | _Locked


@dataclass(frozen=True)
class ReplyConsumer:
    """Reads the stream and has citizens told."""

    replies: Replies
    clock: Clock
    metrics: Metrics

    async def run(self, client: Client, size: int, stop: asyncio.Event) -> None:
        """Tell what comes until told to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(consume(client, NOTIFIER_REPLIES, self, stop=stop, clock=self.clock, size=size))
            group.create_task(self._catch_up(stop))

    async def _catch_up(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.replies.catch_up()
            except TRANSIENT as error:
                LOG.warning("what waits for a missing reply cannot be looked at", error=repr(error))
            await pause(stop, LOOK_SECONDS)

    def read(self, message: Msg) -> tuple[Msg, Item]:
        """Read one message; one that cannot be read becomes a dead letter."""
        try:
            reply = DESK_REPLY.validate_json(message.data)
            if isinstance(reply, Answered):
                if not self.replies.talks.ring.knows(reply.text.key):
                    return message, _Locked(reply.text.key)
                self.replies.talks.open_text(reply.reply_id, reply.text)
        except ValidationError as error:
            return message, self._dead(message, "undecodable", f"{error.error_count()} errors")
        except (DecryptionError, UnicodeDecodeError):
            return message, self._dead(message, "sealed", "its text does not open")
        return message, reply

    async def handle(self, batch: list[tuple[Msg, Item]]) -> None:
        """Take a batch in, then ack it; one by one where the database refuses the data of one of them."""
        locked = [(message, item) for message, item in batch if isinstance(item, _Locked)]
        if locked:
            keys = sorted({item.key for _, item in locked})
            LOG.error("answers wait for their key: DOCWATCH_CONVERSATION_KEYS lacks it", keys=keys)
            self.metrics.replies.labels("locked").inc(len(locked))
            await postpone([message for message, _ in locked], LOCKED_SECONDS)
        opened = [(message, item) for message, item in batch if not isinstance(item, _Locked)]
        await take_in(opened, self._take, self._dead)

    async def _take(self, items: Sequence[AnyReply | Row]) -> None:
        dead = [item for item in items if isinstance(item, Row)]
        taken = await self.replies.take([item for item in items if not isinstance(item, Row)], dead)
        for result, count in (
            ("told", taken.new),
            ("again", taken.again),
            ("nobodys", taken.nobodys),
            ("dead", len(dead)),
        ):
            self.metrics.replies.labels(result).inc(count)

    def _dead(self, message: Msg, reason: str, detail: str) -> Row:
        LOG.error("a reply of the desk is dead", sequence=sequence_of(message), reason=reason, detail=detail)
        letter = DeadLetter.of(message, reason, detail, self.clock.now())
        return Row(dead_letter_id(_DEAD, message), DEAD_REPLIES_SUBJECT, letter.encoded())
