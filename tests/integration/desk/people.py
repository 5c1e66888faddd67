"""Conversations for real: the tables, citizens who write, staff who answer, a clock that the test turns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.catalogue import Catalogue, load_catalogue
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.desk.talk import (
    DESK_REPLY,
    Answered,
    AnyReply,
    AnyTalk,
    Forgotten,
    Moved,
    Opened,
    Rated,
    Reached,
    Said,
    Withdrawn,
)
from contracts.messages.ids import RecipientId
from contracts.streams import REPLY_SUBJECT
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from sandbox.agency import CATALOGUE
from services.desk.conversations.assembly import People, ground_of
from services.desk.conversations.conversations import Conversations
from services.desk.conversations.intake import Intake, Taken
from services.desk.conversations.sealing import Texts
from services.desk.conversations.views import Conversation, Held, Waiting
from services.desk.domain.viewers import Viewer
from services.desk.metrics import Metrics

KEYS = f"1:{'ab' * 32}"
WORKDAY = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""A Tuesday at noon in Kyiv, in the hours of the sample's desk."""


class Clock(SystemClock):
    """A clock that a test turns; it stands still otherwise."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the instant at which it stands."""
        return self.at

    def go(self, time: timedelta) -> None:
        """Let time pass."""
        self.at += time


@dataclass
class Talks:
    """Messages of one conversation, numbered as the notifier numbers them."""

    texts: Texts
    at: datetime
    conversation_id: UUID = field(default_factory=uuid4)
    recipient_id: UUID = field(default_factory=uuid4)
    number: int = 0

    def opened(self, text: str = "where is it?", **fields: object) -> Opened:
        """Ask for a person."""
        talk_id = uuid4()
        given = {"language": "uk", "channel": "telegram", "reason": "asked", **fields}
        return Opened.model_validate(
            {
                **self._within(talk_id),
                **given,
                "recipient_id": self.recipient_id,
                "text": self.texts.seal(talk_id, text),
            }
        )

    def said(self, text: str = "and more") -> Said:
        """Say more."""
        talk_id = uuid4()
        return Said.model_validate({**self._within(talk_id), "text": self.texts.seal(talk_id, text)})

    def withdrawn(self) -> Withdrawn:
        """End it."""
        return Withdrawn.model_validate(self._within(uuid4()))

    def rated(self, *, content: bool, word: str | None = None) -> Rated:
        """Judge it."""
        talk_id = uuid4()
        sealed = None if word is None else self.texts.seal(talk_id, word)
        return Rated.model_validate({**self._within(talk_id), "content": content, "word": sealed})

    def reached(self, reply: UUID, end: DeliveryEnd = DeliveryEnd.ACCEPTED) -> Reached:
        """Tell how the delivery of an answer ended."""
        return Reached.model_validate({**self._within(uuid4()), "reply_id": reply, "end": end})

    def forgotten(self) -> Forgotten:
        """Want to be forgotten."""
        return Forgotten(talk_id=uuid4(), at=self.at, recipient_id=RecipientId(self.recipient_id))

    def moved(self, into: UUID) -> Moved:
        """Become one with somebody else."""
        ids = RecipientId(self.recipient_id), RecipientId(into)
        return Moved(talk_id=uuid4(), at=self.at, joining=ids[0], into=ids[1])

    def _within(self, talk_id: UUID) -> dict[str, object]:
        self.number += 1
        return {
            "talk_id": talk_id,
            "conversation_id": self.conversation_id,
            "number": self.number,
            "at": self.at,
        }


class Desk:
    """A desk of a test."""

    def __init__(self, pool: Pool, outbox: Outbox, catalogue: Catalogue | None = None) -> None:
        self.pool = pool
        self.clock = Clock(WORKDAY)
        self.metrics = Metrics()
        self.texts = Texts.of(KEYS)
        catalogue = catalogue or load_catalogue(CATALOGUE)
        self.ground = ground_of(pool, outbox, self.clock, catalogue, self.metrics)
        self.people = People.of(self.ground, self.texts, catalogue)

    @property
    def conversations(self) -> Conversations:
        """What staff do."""
        return self.people.conversations

    @property
    def intake(self) -> Intake:
        """What takes in what citizens do."""
        return self.people.intake

    def talks(self) -> Talks:
        """Return a new conversation of a new citizen, of which nothing was said yet."""
        return Talks(self.texts, self.clock.now())

    async def take(self, *talks: AnyTalk) -> Taken:
        """Take messages in, in one batch."""
        return await self.intake.take(talks)

    async def open(self, text: str = "where is it?", **fields: object) -> Talks:
        """Have a new citizen ask for a person."""
        found = self.talks()
        await self.take(found.opened(text, **fields))
        return found

    async def staff(self, name: str = "Olena", **skills: object) -> Viewer:
        """Return a new member of staff, who has an account."""
        return await staff(self.pool, name, **skills)

    async def replies(self, conversation_id: UUID | None = None) -> Sequence[AnyReply]:
        """Return what the notifier is told, in the order of its numbers; of one conversation or of all."""
        rows = await self.pool.fetch(
            "SELECT payload FROM outbox WHERE subject = $1 ORDER BY created_at", REPLY_SUBJECT
        )
        found = [DESK_REPLY.validate_json(row["payload"]) for row in rows]
        return sorted(
            (one for one in found if conversation_id in {None, one.conversation_id}),
            key=lambda one: one.number,
        )

    async def answers(self, conversation_id: UUID) -> Sequence[str | None]:
        """Return the texts of the answers that the notifier is told."""
        return [
            self.texts.open(one.reply_id, one.text.key, one.text.box)
            for one in await self.replies(conversation_id)
            if isinstance(one, Answered)
        ]

    async def lapse(self, conversation_id: UUID) -> None:
        """Have the lease of a conversation run out."""
        await self.pool.execute(
            "UPDATE conversation SET held_until = clock_timestamp() WHERE conversation_id = $1",
            conversation_id,
        )


async def staff(pool: Pool, name: str = "Olena", **skills: object) -> Viewer:
    """Return a new member of staff, who has an account."""
    sets = {one: frozenset(skills.get(one, ())) for one in ("languages", "topics", "offices")}  # type: ignore[call-overload]  # sets of text
    viewer = Viewer(uuid4(), name, f"{name} of the desk", frozenset({"operator"}), **sets)
    await pool.execute(
        "INSERT INTO staff (id, login, name, public_name, roles, languages, topics, offices, by_directory,"
        " created_at) VALUES ($1, $2, $3, $4, '{operator}', '{}', '{}', '{}', false, now())",
        viewer.staff_id,
        f"s{viewer.staff_id.hex}",
        viewer.name,
        viewer.public_name,
    )
    return viewer


def ids(found: Sequence[Waiting] | Sequence[Held]) -> list[UUID]:
    """Return which conversations they are."""
    return [one.about.conversation_id for one in found]


async def opened(desk: Desk, viewer: Viewer, talks: Talks) -> Conversation:
    """Return a conversation as somebody reads it."""
    found = await desk.conversations.read(viewer, talks.conversation_id)
    assert found is not None
    return found


async def held(desk: Desk, viewer: Viewer) -> Talks:
    """Return a new conversation that somebody holds."""
    talks = await desk.open()
    assert isinstance(await desk.conversations.take(viewer, talks.conversation_id), Held)
    return talks
