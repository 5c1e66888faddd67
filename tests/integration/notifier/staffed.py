"""A notifier with people behind it: what citizens do, what the desk is told of it, what the desk says."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

from contracts.catalogue.desk_terms import FileTerms
from contracts.messages.desk import talk
from contracts.messages.desk.talk import TALK, Answered, AnyReply, AnyTalk, Closed, Opened, Queued
from contracts.streams import TALK_SUBJECT
from runtime import keyring
from runtime.keyring import KeyRing
from services.notifier.domain.incoming import Body, Said, Tapped
from services.notifier.domain.messages import Message
from services.notifier.files.keeping import Files
from services.notifier.handover.replies import Replies, Taken
from services.notifier.recipients.conversations import Conversations
from services.notifier.wording.i18n import load_voice
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import CLOCK, World, make_world

RING = KeyRing([("c1", bytes(range(32)))], talk.PURPOSE)
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
T = TypeVar("T", bound=AnyTalk)


@dataclass
class Staffed:
    """One account whose citizens are handed over, and a desk that says what tests have it say."""

    world: World
    address: str = "7"
    updates: Iterator[int] = field(default_factory=lambda: itertools.count(100))
    others: dict[str, World] = field(default_factory=dict)

    @property
    def talks(self) -> Conversations:
        """How people are asked."""
        assert self.world.talks is not None
        return self.world.talks

    @property
    def replies(self) -> Replies:
        """What tells citizens what the desk says."""
        worlds = {self.world.recipients.channel: self.world, **self.others}
        people = {name: one.recipients for name, one in worlds.items()}
        return Replies(self.world.pool, self.world.store, self.talks, self.world.voice, CLOCK, people)

    async def does(self, *bodies: Body) -> list[Message]:
        """Have the citizen do things one after the other; return what waits to be answered since."""
        query = "SELECT coalesce(max(seq), 0) FROM delivery"
        before = await self.world.pool.fetchval(query)
        for body in bodies:
            await self.world.updates().take_one(did(next(self.updates), body, self.address))
        return await self.answers(before)

    async def answers(self, after: int = 0) -> list[Message]:
        """Return the answers that wait, in order."""
        query = (
            "SELECT id, payload FROM delivery WHERE kind = 'answer' AND ended_at IS NULL AND seq > $1 "
            "ORDER BY seq"
        )
        rows = await self.world.pool.fetch(query, after)
        return [self.world.recipients.answers.open(row["id"], row["payload"]) for row in rows]

    async def asks(self, question: str = "Where is my passport?") -> UUID:
        """Have the citizen ask people a question; return the conversation."""
        await self.does(Tapped("hp:a", None, "q"), Tapped("ho:a", None, "q"), Said(question))
        return (await self.told(Opened))[-1].conversation_id

    async def told(self, kind: type[T]) -> list[T]:
        """Return what the desk was told of one kind, in the order of the conversations' numbers."""
        return [one for one in await self.everything_told() if isinstance(one, kind)]

    async def everything_told(self) -> list[AnyTalk]:
        """Return all that the desk was told, oldest first."""
        query = "SELECT payload FROM outbox WHERE subject = $1 ORDER BY created_at, id"
        return [
            TALK.validate_json(row["payload"]) for row in await self.world.pool.fetch(query, TALK_SUBJECT)
        ]

    async def says(self, *replies: AnyReply) -> Taken:
        """Have the desk say things, in one batch."""
        return await self.replies.take(replies)


def staffed(world: World, files: FileTerms | None = None, room: int = 2**30) -> Staffed:
    """Put people behind a notifier; they take `files`, which have so many bytes of room, or none."""
    desk = world.catalogue.agency.desk
    assert desk is not None
    agency = world.catalogue.agency.model_copy(update={"desk": desk.model_copy(update={"files": files})})
    catalogue = world.catalogue.with_agency(agency)
    actionable = frozenset(code for code, stage in catalogue.stages.items() if stage.actionable)
    talks = Conversations(RING, catalogue.agency.languages, actionable)
    voice = load_voice(catalogue, staffed=True)
    kept = None if files is None else Files(talks, files, room)
    parts = world.pool, world.outbox, world.recipients
    return Staffed(make_world(*parts, catalogue, voice, talks=talks, files=kept))


def opened_text(told: Opened | talk.Said) -> str:
    """What the desk reads."""
    return RING.open(keyring.Sealed(told.text.key, told.text.box), talk.context(told.talk_id)).decode()


def answered(conversation: UUID, number: int, text: str, author: str = "") -> Answered:
    """What one of the staff answers."""
    reply = uuid4()
    sealed = RING.seal(text.encode(), talk.context(reply))
    return Answered(
        reply_id=reply,
        conversation_id=conversation,
        number=number,
        at=AT,
        text=talk.Sealed.of(sealed.key_id, sealed.box),
        author=author,
    )


def queued(conversation: UUID, number: int, place: int = 3) -> Queued:
    """Where a conversation stands."""
    return Queued(
        reply_id=uuid4(),
        conversation_id=conversation,
        number=number,
        at=AT,
        place=place,
        wait_from=5,
        wait_to=15,
        by=AT + timedelta(hours=24),
    )


def closed(conversation: UUID, number: int, *, rate: bool = True) -> Closed:
    """The end of a conversation."""
    return Closed(
        reply_id=uuid4(), conversation_id=conversation, number=number, at=AT, why="answered", rate=rate
    )


def data(messages: Sequence[Message]) -> list[str]:
    """What the buttons under messages carry."""
    return [button.data for one in messages for row in one.buttons for button in row if button.data]


def texts(messages: Sequence[Message]) -> list[str]:
    """What messages say."""
    return [one.shown for one in messages]
