"""What the desk says, told to citizens in the order of its numbers, each thing once, where they are now.

The delivery of a reply has its id. One that came before those of lower numbers waits for them, sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never
from uuid import UUID

import asyncpg

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.desk.talk import (
    DESK_REPLY,
    Answered,
    AnyReply,
    Closed,
    PassedOn,
    Queued,
)
from contracts.messages.ids import RecipientId
from runtime.clock import Clock
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection, Pool, wait_for_standby
from runtime.logs import logger
from runtime.tracing import current
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.handover import next_replies
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Personal, Reader
from services.notifier.recipients import conversations
from services.notifier.recipients.addresses import Recipients
from services.notifier.recipients.conversations import Conversations
from services.notifier.recipients.preferences import sealed_personal
from services.notifier.wording import notices, prompts
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.letterbox import glance_of_answer

SQL = sql.load("services.notifier.handover", "replies.sql")
LOG = logger(__name__)
ANSWER_LIFE = timedelta(days=7)
"""How long an answer is worth sending."""
MISSING_LIFE = timedelta(minutes=10)
"""How long replies wait for one of a lower number: it is in an outbox for seconds, or it is dead."""
NEWS_LIFE = timedelta(hours=24)
"""How long it is worth telling how long the wait is, or that somebody else was asked."""


@dataclass(frozen=True)
class Taken:
    """How many replies were new, had come before, and are of conversations that nobody has any more."""

    new: int = 0
    again: int = 0
    nobodys: int = 0


@dataclass(frozen=True)
class Replies:
    """Tells citizens what the desk says; `people` are those of each account that converses, by its name."""

    pool: Pool
    store: Store
    talks: Conversations
    voice: Voice
    clock: Clock
    people: Mapping[str, Recipients]

    async def take(self, replies: Sequence[AnyReply], dead: Sequence[Row] = ()) -> Taken:
        """Take a batch in, in one transaction; raise DecryptionError where an answer does not open."""
        new = nobodys = 0
        async with self.store.unit() as unit:
            unit.outgoing.extend(dead)
            wanted = list({reply.conversation_id for reply in replies})
            await unit.connection.execute(SQL["hold_people"], wanted)
            held = {row["conversation_id"] for row in await unit.connection.fetch(SQL["hold"], wanted)}
            fresh: dict[UUID, None] = {}
            for reply in replies:
                if reply.conversation_id not in held:
                    nobodys += 1
                elif await self._keep(unit.connection, reply):
                    new += 1
                    fresh[reply.conversation_id] = None
            for conversation in fresh:
                await self._tell(unit, conversation)
            if new < len(replies):
                await wait_for_standby(unit.connection)
        return Taken(new, len(replies) - new - nobodys, nobodys)

    async def _keep(self, connection: Connection, reply: AnyReply) -> bool:
        """Note that a reply has come; False where it, or one of its number, came before."""
        reported, body = isinstance(reply, Answered), reply.encoded()
        values = reply.reply_id, reply.conversation_id, reply.number, reported, body
        return await connection.fetchval(SQL["keep"], *values) is not None

    async def catch_up(self) -> None:
        """Tell what has waited too long for something that came before it: that one was dead."""
        for row in await self.pool.fetch(SQL["stuck"], MISSING_LIFE):
            conversation = row["conversation_id"]
            LOG.warning("a reply never came; those after it are told", conversation=str(conversation))
            async with self.store.unit() as unit:
                await unit.connection.execute(SQL["hold_people"], [conversation])
                await unit.connection.execute(SQL["hold"], [conversation])
                await self._tell(unit, conversation, skipping=True)

    async def _tell(self, unit: Unit, conversation: UUID, *, skipping: bool = False) -> None:
        """Tell what has come of a conversation, as far as nothing is missing."""
        connection = unit.connection
        row = await connection.fetchrow(SQL["conversation"], conversation)
        if row is None:
            return
        come = await connection.fetch(SQL["waiting"], conversation)
        waiting = {one["number"]: one["payload"] for one in come}
        numbers = next_replies(row["heard"], waiting.keys(), skipping=skipping)
        over = row["state"] == "closed"
        for number in numbers:
            reply = DESK_REPLY.validate_json(waiting[number])
            message = self._worded(reply, row, over=over)
            if isinstance(reply, Closed):
                await connection.execute(SQL["close"], conversation, reply.rate)
            elif over:
                await connection.execute(SQL["open_again"], conversation)
            over = isinstance(reply, Closed)
            if message is not None:
                await self._send(unit, reply, message, row)
        if numbers:
            await connection.execute(SQL["told"], conversation, numbers[-1])
            await connection.execute(SQL["heard"], conversation, numbers[-1])

    async def _send(self, unit: Unit, reply: AnyReply, message: Message, row: asyncpg.Record) -> None:
        connection, person = unit.connection, RecipientId(row["recipient_id"])
        unit.guests.add(person)
        place = await connection.fetchrow(SQL["place"], person, row["address_id"], list(self.people))
        if place is None:
            end = (DeliveryEnd.UNDELIVERABLE, self.clock.now())
            unit.outgoing.extend(await conversations.reached(connection, {reply.reply_id: end}))
            return
        recipients = self.people[place["channel"]]
        life = ANSWER_LIFE if isinstance(reply, Answered | Closed) else NEWS_LIFE
        instead = prompts.try_later(self._speech(row)).shown
        payload = recipients.answers.seal(reply.reply_id, message, instead)
        values = reply.reply_id, place["channel"], place["id"], person, payload, life, current()
        await connection.execute(SQL["store"], *values)
        unit.stored.setdefault(place["channel"], []).append(reply.reply_id)

    def _worded(self, reply: AnyReply, row: asyncpg.Record, *, over: bool) -> Message | None:
        """Return what a citizen reads of a reply; None for nothing. `over`: the conversation was already."""
        speech, conversation = self._speech(row), reply.conversation_id
        message: Message
        match reply:
            case Queued():
                message = prompts.queued(speech, reply, conversation)
            case Answered():
                said = self.talks.open_text(reply.reply_id, reply.text)
                glance = glance_of_answer(conversation, speech, self.clock.now() + ANSWER_LIFE)
                message = replace(prompts.answered(speech, said, reply.author, conversation), glance=glance)
            case PassedOn():
                message = prompts.passed_on(speech, conversation)
            case Closed(rate=rate, why=why):
                if over and not rate:
                    # Who ended it themselves was told so.
                    return None
                message = prompts.talk_closed(speech, conversation, why, rate=rate)
            case _ as never:
                assert_never(never)
        return notices.signed(message, speech)

    def _speech(self, row: asyncpg.Record) -> Speech:
        own = next(iter(self.people.values()), None)
        sealed = sealed_personal(row)
        personal = Personal() if own is None else own.preferences.personal(row["recipient_id"], sealed)
        language = row["language"] if row["consented_at"] is not None else None
        known = language if language in self.voice.languages else row["spoken"]
        return self.voice.to(Reader(known, row["time_zone"], personal))
