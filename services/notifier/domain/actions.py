"""What the conversation decides, in plain frozen values: actions, what came of them, what is to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.messages.desk.question import QuestionKind
from contracts.messages.following import Exported, History, Shared
from contracts.messages.rpc import Redeemed, Refused, StatusAnswer, Stopped
from services.notifier.domain.addresses.links import NO_LINKS, Links
from services.notifier.domain.addresses.ways import AddressAction, Found, Reached
from services.notifier.domain.appointments import Appoint, Arranged, Held
from services.notifier.domain.handover import Desk, Handed, HandoverAction, Spoken
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Awaiting, Detail, Personal, Reader, Setting
from services.notifier.domain.quiet_hours import OwnHours

Secret = Literal["token", "code"]
"""How a receipt was given: the token of its deep link, or the code that a person typed."""

Topic = Literal["where", "when", "bring", "hours"]
"""What somebody wants to know about their documents."""

Choice = Literal["history", "share", "name", "time"]
"""What somebody wants to do with one of their documents."""


@dataclass(frozen=True)
class KnownRecipient:
    """Someone on record: what they chose, whether the consent stands, what they were asked to type."""

    language: str
    consented: bool
    zone: str | None = None
    quiet: OwnHours | None = None
    personal: Personal = field(default_factory=Personal)
    awaits: Awaiting | None = None


@dataclass(frozen=True)
class Known:
    """What we know when somebody writes: who it is (None for a stranger), and the agency's languages.

    `links` are those that lead to us. `detail` is how much may be told where there is no conversation; None:
    there is one. `desk` is about people who answer; None: nobody does.
    """

    recipient: KnownRecipient | None
    languages: tuple[str, ...]
    links: Links = NO_LINKS
    detail: Detail | None = None
    desk: Desk | None = None

    def reader(self, language: str) -> Reader:
        """Return who reads the answer, in the language that is spoken."""
        if self.recipient is None:
            return Reader(language, detail=self.detail)
        return Reader(language, self.recipient.zone, self.recipient.personal, self.detail)


@dataclass(frozen=True)
class Outbound:
    """A message to queue; an answer that shows a document's stage names its subscription and revision.

    One `for_others` is to be passed on, so it bears nothing of who asked for it.
    """

    message: Message
    subscription_id: UUID | None = None
    revision: int | None = None
    for_others: bool = False


@dataclass(frozen=True)
class Note:
    """What became of a question, for who counts: nothing in it says whose.

    `topic` is an answer's, or the label of an intent; `text` was missed, without what is personal.
    `alternatives` are what else may have been meant, to be offered below the answer.
    """

    kind: QuestionKind
    topic: str
    answer: str | None = None
    text: str | None = None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Again:
    """How an answer is had once more: by the data of a button, or by what was asked of one's documents.

    `subscription` is the document that was asked about; None: all of them.
    """

    tap: str | None = None
    topic: Topic | None = None
    subscription: UUID | None = None


@dataclass(frozen=True)
class Told:
    """What a reply tells: how to have it once more, and how it reads where nothing can be tapped."""

    again: Again
    message: Message


@dataclass(frozen=True)
class Reply:
    """Just answer; nothing is asked of anyone. `awaits`: what is typed next is meant for this.

    `told` is there where it answers a question, so that it can be had once more.
    """

    messages: tuple[Message, ...]
    awaits: Awaiting | None = None
    note: Note | None = None
    told: Told | None = None


@dataclass(frozen=True)
class NotUnderstood(Reply):
    """Just answer that it was not understood: counted apart, for it says what people miss."""


@dataclass(frozen=True)
class Follow:
    """The citizen said yes: store the recipient in this language and redeem the claim.

    `replaces` is the messenger's id of the question, which the answer takes the place of.
    """

    kind: Secret
    secret: str
    language: str
    replaces: str | None = None


@dataclass(frozen=True)
class ReadPhoto:
    """Look for the code of a receipt in a picture, later; `reference` is the messenger's own."""

    reference: str


@dataclass(frozen=True)
class Ask:
    """Ask the tracker what the recipient follows and tell one thing of it; all where no document is named."""

    topic: Topic
    subscription: UUID | None = None


@dataclass(frozen=True)
class Tell:
    """Ask the tracker what the recipient follows, and tell an answer of the base by that.

    `question` is looked up once more, among what is about these documents; None: the answer was chosen. One
    that was wanted is `thanked` for, and told again in its place. `document`: how the name of the one ends.
    """

    answer: str
    question: str | None = None
    document: str | None = None
    thanked: bool = False
    note: Note | None = None
    replaces: str | None = None


@dataclass(frozen=True)
class Choose:
    """Ask the tracker what the recipient follows and let them choose one of it."""

    what: Choice


@dataclass(frozen=True)
class ShowHistory:
    """Ask the tracker for the way of one document and who follows it."""

    subscription: UUID


@dataclass(frozen=True)
class MakeShare:
    """Let one more person follow; the same tap makes the same share on the same day."""

    subscription: UUID
    cause: str


@dataclass(frozen=True)
class ExportAll:
    """Collect everything that is held about the recipient."""


@dataclass(frozen=True)
class StopFollowing:
    """The citizen confirmed: end this subscription, or all where it is None."""

    subscription: UUID | None
    replaces: str | None = None


@dataclass(frozen=True)
class ForgetMe:
    """The citizen confirmed: erase everything that leads to them."""

    replaces: str | None = None


@dataclass(frozen=True)
class MarkUnreachable:
    """The recipient cannot be written to any more; no answer."""

    reason: Literal["blocked", "stopped"]


@dataclass(frozen=True)
class Revive:
    """The recipient can be written to again; no answer."""


@dataclass(frozen=True)
class Ignore:
    """Nothing to do; the reason is for the metrics."""

    why: Literal["group", "receipt", "unreadable"]


Question = Ask | Tell | Choose | ShowHistory | MakeShare | Appoint | ExportAll | StopFollowing
Silent = MarkUnreachable | Revive | Ignore
Action = Reply | Follow | ReadPhoto | Question | Setting | AddressAction | HandoverAction | ForgetMe | Silent


@dataclass(frozen=True)
class Unavailable:
    """Somebody whom we asked did not answer; the citizen may try again and nothing was lost."""


@dataclass(frozen=True)
class Scanned:
    """What the codes in a picture say; nothing where there is none."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Unread:
    """A picture cannot be read: it is none, too large, or ended whoever read it."""


@dataclass(frozen=True)
class Holdings:
    """Everything held about a recipient: by the tracker, by the desk (None: it is away), and here.

    `lines` stand on their page, which `browsers` show, `pushes` of them with pushes; `asked`: what they were
    answered last is kept.
    """

    tracker: Exported
    reached: Sequence[Reached]
    since: datetime
    consented_at: datetime
    messages: int
    spoken: Sequence[Spoken] = ()
    appointments: Held | None = ()
    lines: int = 0
    browsers: int = 0
    pushes: int = 0
    asked: bool = False


Outcome = (
    Redeemed
    | Refused
    | StatusAnswer
    | Stopped
    | History
    | Shared
    | Holdings
    | Scanned
    | Unread
    | Found
    | Handed
    | Arranged
    | Unavailable
)
"""What came of an action that asked something of somebody; None stands for one that asked nothing."""
