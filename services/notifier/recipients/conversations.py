"""Conversations with people of the agency as they are held here: which there are, and what the desk is told.

What was said is in no table: it goes to the desk sealed, and what comes back is sealed as an answer.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, assert_never
from uuid import UUID, uuid5

from contracts.channels import channel_of
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.desk import talk
from contracts.messages.desk.talk import AnyTalk, Sealed, SentFile, Words
from contracts.messages.ids import RecipientId, SubscriptionId
from contracts.messages.rpc import Followed, StatusAnswer
from contracts.streams import TALK_SUBJECT
from runtime import keyring
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection, Pool
from runtime.keyring import DecryptionError, KeyRing
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError
from services.notifier.domain.actions import Outcome
from services.notifier.domain.handover import (
    MOST_A_DAY,
    AskQuestion,
    Desk,
    EndTalk,
    Handed,
    Handing,
    OpenTalk,
    RateTalk,
    RateWord,
    SayMore,
    SendFile,
    Spoken,
    Typing,
    Utterance,
    conversation_id,
    talk_id,
)
from services.notifier.recipients.addresses import Place

SQL = sql.load("services.notifier.recipients", "conversations.sql")
LOG = logger(__name__)
Ask = Callable[[RecipientId], Awaitable[Words]]
TYPING_LIFE = timedelta(minutes=30)
NOBODY = Desk()
T = TypeVar("T", bound=AnyTalk)


@dataclass(frozen=True)
class Speaker:
    """Who speaks, where they are and when; `update` is the identity of what they did in their account."""

    place: Place
    account: str
    update: str
    language: str
    at: datetime


@dataclass(frozen=True)
class Told:
    """What came of a wish, and what the desk is told of it."""

    handed: Handed
    rows: Sequence[Row] = ()


@dataclass(frozen=True)
class Conversations:
    """Conversations whose texts are sealed by the ring that only the desk has as well.

    `languages` are the agency's, its default one first; `actionable` are the stages at which people have
    something to do. `ask` has the desk hand over somebody's words.
    """

    ring: KeyRing
    languages: tuple[str, ...]
    actionable: frozenset[str]
    ask: Ask | None = None

    async def desk_of(self, connection: Connection | Pool, recipient: RecipientId | None) -> Desk:
        """Return what a conversation needs to know of people who answer; a stranger has none."""
        row = None if recipient is None else await connection.fetchrow(SQL["desk_of"], recipient)
        if row is None:
            return NOBODY
        typing = None
        if row["what"] is not None:
            about = row["subscription_id"], row["document"], row["conversation_id"]
            typing = Typing(row["what"], row["reason"], *about)
        return Desk(row["open"], typing, row["held"])

    async def spoken(self, pool: Pool, recipient: RecipientId) -> Sequence[Spoken]:
        """Return somebody's conversations, oldest first, with what was written where the desk answers."""
        rows = await pool.fetch(SQL["spoken"], recipient)
        words = await self._words(recipient) if rows else None
        return [
            Spoken(
                row["opened_at"],
                row["ended_at"],
                row["content"],
                None if words is None else tuple(words.get(row["conversation_id"], ())),
            )
            for row in rows
        ]

    async def _words(self, recipient: RecipientId) -> Mapping[UUID, Sequence[Utterance]] | None:
        if self.ask is None:
            return None
        found: dict[UUID, list[Utterance]] = {}
        try:
            for one in (await self.ask(recipient)).words:
                text = self.open_text(one.utterance_id, one.text)
                author = one.author if one.by_staff else None
                found.setdefault(one.conversation_id, []).append(Utterance(one.at, author, text))
        except (RpcUnavailableError, DecryptionError) as error:
            LOG.warning("somebody's words cannot be had", reason=str(error))
            return None
        return found

    async def carry_out(
        self, connection: Connection, plan: Handing, outcome: Outcome | None, speaker: Speaker
    ) -> Told:
        """Change what a wish wants, in the caller's transaction; `outcome` is what was learned before."""
        told: Told
        match plan:
            case AskQuestion(typing):
                await self._expect(connection, speaker.place.recipient_id, typing)
                told = Told(Handed("asked"))
            case OpenTalk():
                told = await self._open(connection, plan, outcome, speaker)
            case SayMore(conversation, text):
                told = await self.say(connection, conversation, text, speaker)
            case SendFile(conversation, _, caption):
                # The file follows once it was looked at; what is written beside it does not wait for that.
                said = Told(Handed("said"))
                told = await self.say(connection, conversation, caption, speaker) if caption else said
            case EndTalk(conversation):
                told = await self._end(connection, conversation, speaker)
            case RateTalk():
                told = await self._rate(connection, plan, speaker)
            case RateWord(conversation, text):
                told = await self._word(connection, conversation, text, speaker)
            case _ as never:
                assert_never(never)
        return told

    def open_text(self, reply: UUID, sealed: Sealed) -> str:
        """Return what the desk says; raise DecryptionError."""
        box = keyring.Sealed(sealed.key, sealed.box)
        return self.ring.open(box, talk.context(reply)).decode()

    async def _open(
        self, connection: Connection, plan: OpenTalk, outcome: Outcome | None, speaker: Speaker
    ) -> Told:
        person = speaker.place.recipient_id
        await connection.execute(SQL["await_nothing"], person)
        already = await connection.fetchval(SQL["open_of"], person)
        if already is not None:
            return Told(Handed("already", already))
        if await connection.fetchval(SQL["begun_today"], person) >= MOST_A_DAY:
            return Told(Handed("often"))
        new = conversation_id(speaker.account, speaker.update)
        place, language = speaker.place.address_id, speaker.language
        if await connection.fetchval(SQL["open"], new, person, place, language) is None:
            return Told(Handed("already", await connection.fetchval(SQL["open_of"], person)))
        typing, about = plan.typing, _about(plan.typing, outcome)
        identity = talk_id(new, 1)
        opened = talk.Opened(
            talk_id=identity,
            conversation_id=new,
            number=1,
            at=speaker.at,
            recipient_id=person,
            language=language,
            channel=channel_of(speaker.account),
            subscription_id=None if typing.subscription is None else SubscriptionId(typing.subscription),
            document=typing.document if about is None else about.document_type,
            stage=None if about is None else about.stage,
            office=None if about is None else about.office,
            actionable=about is not None and about.stage in self.actionable,
            overdue=about is not None and about.overdue,
            reason=typing.reason,
            answer=plan.answer,
            text=self._seal(identity, plan.text),
        )
        return Told(Handed("kept", new), [_row(opened)])

    async def say(
        self,
        connection: Connection,
        conversation: UUID,
        text: str,
        speaker: Speaker,
        file: SentFile | None = None,
    ) -> Told:
        """Say something in an open conversation, in the caller's transaction; of a file its name."""
        place = speaker.place
        values = conversation, place.recipient_id, place.address_id, speaker.language
        number = await connection.fetchval(SQL["say"], *values)
        if number is None:
            return Told(Handed("over"))
        sealed = self._seal(talk_id(conversation, number), text)
        said = _made(talk.Said, conversation, number, speaker.at, text=sealed, file=file)
        return Told(Handed("said"), [said])

    async def _end(self, connection: Connection, conversation: UUID, speaker: Speaker) -> Told:
        number = await connection.fetchval(SQL["end"], conversation, speaker.place.recipient_id)
        if number is None:
            return Told(Handed("over"))
        return Told(Handed("ended"), [_made(talk.Withdrawn, conversation, number, speaker.at)])

    async def _rate(self, connection: Connection, plan: RateTalk, speaker: Speaker) -> Told:
        conversation, person = plan.conversation, speaker.place.recipient_id
        number = await connection.fetchval(SQL["rate"], conversation, person, plan.content)
        if number is None:
            return Told(Handed("before"))
        await self._expect(connection, person, Typing("word", conversation=conversation))
        rated = _made(talk.Rated, conversation, number, speaker.at, content=plan.content)
        return Told(Handed("rated"), [rated])

    async def _word(self, connection: Connection, conversation: UUID, text: str, speaker: Speaker) -> Told:
        person = speaker.place.recipient_id
        await connection.execute(SQL["await_nothing"], person)
        row = await connection.fetchrow(SQL["word"], conversation, person)
        if row is None:
            return Told(Handed("before"))
        number = row["said"]
        word = self._seal(talk_id(conversation, number), text)
        rated = _made(talk.Rated, conversation, number, speaker.at, content=row["content"], word=word)
        return Told(Handed("worded"), [rated])

    async def _expect(self, connection: Connection, person: RecipientId, typing: Typing) -> None:
        about = typing.subscription, typing.document, typing.conversation
        await connection.execute(SQL["await_typing"], person, typing.what, typing.reason, *about, TYPING_LIFE)

    def _seal(self, identity: UUID, text: str) -> Sealed:
        sealed = self.ring.seal(text.encode(), talk.context(identity))
        return Sealed.of(sealed.key_id, sealed.box)


async def expect_nothing(connection: Connection, recipient: RecipientId) -> None:
    """Forget what somebody was asked to type for people who answer."""
    await connection.execute(SQL["await_nothing"], recipient)


async def reached(connection: Connection, ends: Mapping[UUID, tuple[DeliveryEnd, datetime]]) -> list[Row]:
    """Return what tells the desk how deliveries of its answers ended; others are passed over."""
    rows = []
    for told in await connection.fetch(SQL["hold_told"], list(ends)):
        conversation, reply = told["conversation_id"], told["reply_id"]
        number = await connection.fetchval(SQL["number"], conversation)
        end, at = ends[reply]
        rows.append(_made(talk.Reached, conversation, number, at, reply_id=reply, end=end))
    return rows


async def forget(connection: Connection, recipient: RecipientId, at: datetime) -> list[Row]:
    """Leave nothing of somebody's conversations here; return what has the desk erase what was said."""
    await expect_nothing(connection, recipient)
    if not await connection.fetch(SQL["forget"], recipient):
        return []
    return [_row(talk.Forgotten(talk_id=uuid5(recipient, "talk/forgotten"), at=at, recipient_id=recipient))]


async def move(connection: Connection, joining: RecipientId, into: RecipientId, at: datetime) -> list[Row]:
    """Give one person's conversations to another, who is the same from now on; return what the desk is told.

    Where both have one open, that of who stays goes on, and the other gets answers only.
    """
    await expect_nothing(connection, joining)
    await connection.execute(SQL["aside"], joining, into)
    if not await connection.fetch(SQL["take"], joining, into):
        return []
    moved = talk.Moved(talk_id=uuid5(joining, f"talk/moved\x1f{into}"), at=at, joining=joining, into=into)
    return [_row(moved)]


def _made(kind: type[T], conversation: UUID, number: int, at: datetime, **more: Any) -> Row:  # noqa: ANN401 - the model's fields
    """Return what tells the desk the n-th thing of a conversation."""
    identity = talk_id(conversation, number)
    return _row(kind(talk_id=identity, conversation_id=conversation, number=number, at=at, **more))


def _about(typing: Typing, outcome: Outcome | None) -> Followed | None:
    """Return the document that a question is about, as the tracker knows it now."""
    if typing.subscription is None or not isinstance(outcome, StatusAnswer):
        return None
    return next((one for one in outcome.followed if one.subscription_id == typing.subscription), None)


def _row(told: AnyTalk) -> Row:
    return Row(told.talk_id, TALK_SUBJECT, told.encoded())
