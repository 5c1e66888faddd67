"""What staff are shown of conversations, and what became of what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Self
from uuid import UUID

from contracts.messages.delivery import DeliveryEnd
from services.desk.domain.shares import Shares
from services.desk.domain.talks import SentFile, Why

Reason = Literal["asked", "missed", "complaint"]
"""Why somebody asks for a person: they said so, the base knew nothing, they complain."""
Standing = Literal["waiting", "held", "answered", "closed"]
"""Waits for anybody, is held by one of the staff, waits for the citizen, is over."""
_SEPARATOR = "~"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in the queue after which a page goes on."""

    fits: bool
    urgent: bool
    since: datetime
    conversation_id: UUID

    def written(self) -> str:
        """Return it as a link may carry it."""
        flags = f"{self.fits:d}{self.urgent:d}"
        return _SEPARATOR.join((flags, self.since.isoformat(), self.conversation_id.hex))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the cursor that a link carried; None for anything else."""
        flags, _, rest = text.partition(_SEPARATOR)
        since, _, identity = rest.partition(_SEPARATOR)
        try:
            at, conversation_id = datetime.fromisoformat(since), UUID(hex=identity)
        except ValueError:
            return None
        if flags not in {"00", "01", "10", "11"} or at.tzinfo is None:
            return None
        return cls(flags[0] == "1", flags[1] == "1", at, conversation_id)


@dataclass(frozen=True, slots=True)
class About:
    """What a conversation is about.

    Attributes:
        conversation_id: which.
        language: in which the citizen writes, as the catalogue's languages.
        channel: where they write: `telegram`, `web`, ...
        topic: under which specialists find it: the document's code, or what it was passed on to.
        document, stage, office: codes of the catalogue as they were when it began, None where there is none.
        actionable, overdue: whether the document waits for the citizen; whether it is later than expected.
        reason, missing, expected: why somebody asks; papers to bring; the day of the next stage, if known.
    """

    conversation_id: UUID
    language: str
    channel: str
    topic: str
    document: str | None
    stage: str | None
    office: str | None
    actionable: bool
    overdue: bool
    reason: Reason
    missing: tuple[str, ...] = ()
    expected: date | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that nobody holds, and whose citizen waits.

    Attributes:
        about: what it is about.
        urgent: whether it stands before the usual ones.
        since: when what is not answered yet was said.
        due: until when an answer is promised.
        returned: how often it came back because whoever held it gave no sign.
        fits: whether its language and topic are among the viewer's.
    """

    about: About
    urgent: bool
    since: datetime
    due: datetime
    returned: int
    fits: bool

    @property
    def cursor(self) -> Cursor:
        """Return the place after which a page goes on."""
        return Cursor(self.fits, self.urgent, self.since, self.about.conversation_id)


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that the viewer holds.

    Attributes:
        about: what it is about.
        until: when it goes back to the queue unless a sign comes.
        since: when what is not answered yet was said; None where the citizen's turn is next.
        due: until when an answer to it is promised; None with it.
    """

    about: About
    until: datetime
    since: datetime | None
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else holds it: by their name among colleagues; None where it is over, or nobody knows it."""

    by: str | None


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing that was said to the other side.

    Attributes:
        utterance_id: which.
        by: `citizen` or `staff`.
        number: of its direction, from 1 on, with gaps.
        at: when it was said.
        text: in clear; None where the keys that open it are gone.
        author: who of the staff said it, by their name among colleagues; empty for the citizen.
        public_name: as the citizen read it; empty for "the desk".
        end: how its delivery ended; None as long as nobody knows, and for what the citizen said.
        file: the file that it names; None for words.
    """

    utterance_id: UUID
    by: Literal["citizen", "staff"]
    number: int
    at: datetime
    text: str | None
    author: str
    public_name: str
    end: DeliveryEnd | None
    file: SentFile | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What staff tell each other; no citizen ever reads it. `text` as that of an utterance."""

    note_id: UUID
    at: datetime
    author: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Rating:
    """What the citizen said of it, once."""

    content: bool
    word: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole conversation, opened.

    Attributes:
        about: what it is about.
        standing: where it is.
        holder, held_until: who holds it, by their name among colleagues, and until when; None for nobody.
        mine: whether the viewer holds it.
        opened_at: when it began.
        due: until when an answer is promised; None where the citizen's turn is next.
        said: how much the citizen said so far; to be given back as `seen` by answer and close.
        utterances: what was said, in order.
        notes: what staff noted, in order.
        closed: why it is over, and None where it is not.
        rating: what the citizen said of it, where they did.
    """

    about: About
    standing: Standing
    holder: str | None
    held_until: datetime | None
    mine: bool
    opened_at: datetime
    due: datetime | None
    said: int
    utterances: Sequence[Utterance]
    notes: Sequence[Note]
    closed: Why | None
    rating: Rating | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer is on its way: its id, its number in the conversation, when it was given."""

    reply_id: UUID
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Already:
    """An answer of the same draft was given before; nothing happened."""

    reply_id: UUID
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """The viewer does not hold it, nothing happened, the draft stays; `holder` is who does, None: nobody."""

    holder: str | None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Unseen:
    """The citizen said more than the viewer has seen; nothing happened. `said` is how much it is now."""

    said: int


@dataclass(frozen=True, slots=True)
class Done:
    """It was done."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation in which words were found: the newest of its utterances that has them, in clear."""

    about: About
    standing: Standing
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the newest first; `cut`: older utterances were not looked at."""

    hits: Sequence[Hit]
    cut: bool


@dataclass(frozen=True, slots=True)
class Present:
    """One of the staff who is there: their name among colleagues, how many conversations they hold."""

    staff_id: UUID
    name: str
    held: int


@dataclass(frozen=True)
class Wall:
    """What a supervisor looks at.

    Attributes:
        waiting: conversations that wait for anybody; `urgent` of them stand before the others.
        oldest: since when the oldest of them waits; None where none does.
        held: conversations that somebody holds.
        answered: conversations that wait for the citizen.
        at_risk: questions without an answer whose promise ends within the next two hours of work.
        broken: questions without an answer whose promise has ended.
        present: the staff who are there.
        usual: how long an answer usually takes its writer.
        is_open, opens_at: whether the desk works now, and when it opens next where it does not.
        kept, given: of the answers of the last 24 hours, how many came as was promised, and all of them.
        shares: how content people were in the last 30 days.
    """

    waiting: int
    urgent: int
    oldest: datetime | None
    held: int
    answered: int
    at_risk: int
    broken: int
    present: Sequence[Present]
    usual: timedelta
    is_open: bool
    opens_at: datetime | None
    kept: int
    given: int
    shares: Shares
