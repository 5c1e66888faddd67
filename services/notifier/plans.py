"""What the conversation decides: a closed sum of plans, what came of them, and what is to be sent.

Plain frozen values; nothing here knows a messenger, a database or a text.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from contracts.rpc import Redeemed, Refused, StatusAnswer, Stopped
from services.notifier.channel import Message

Secret = Literal["token", "code"]
"""How a receipt was given: the token of its deep link, or the code that a person typed."""


@dataclass(frozen=True)
class KnownRecipient:
    """Someone on record: the chosen language, and whether the consent stands."""

    language: str
    consented: bool


@dataclass(frozen=True)
class Known:
    """What we know when somebody writes: who it is (None for a stranger), and the agency's languages."""

    recipient: KnownRecipient | None
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Outbound:
    """A message to queue; an answer that shows a document's stage names its subscription and revision."""

    message: Message
    subscription_id: UUID | None = None
    revision: int | None = None


@dataclass(frozen=True)
class Reply:
    """Just answer; nothing is asked of anyone and nothing is stored."""

    messages: tuple[Message, ...]


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
class ShowStatus:
    """Ask the tracker for everything the recipient follows."""


@dataclass(frozen=True)
class StopFollowing:
    """The citizen confirmed: end this subscription, or all where it is None."""

    subscription: UUID | None
    replaces: str | None = None


@dataclass(frozen=True)
class SetLanguage:
    """Store another language for a recipient on record."""

    language: str
    replaces: str | None = None


@dataclass(frozen=True)
class ForgetMe:
    """The citizen confirmed: erase everything that leads to them."""

    replaces: str | None = None


@dataclass(frozen=True)
class MarkUnreachable:
    """The recipient cannot be written to any more; no answer."""

    reason: Literal["blocked"]


@dataclass(frozen=True)
class Revive:
    """The recipient can be written to again; no answer."""


@dataclass(frozen=True)
class Ignore:
    """Nothing to do; the reason is for the metrics."""

    why: Literal["group", "unreadable"]


Plan = (
    Reply | Follow | ShowStatus | StopFollowing | SetLanguage | ForgetMe | MarkUnreachable | Revive | Ignore
)


@dataclass(frozen=True)
class Unavailable:
    """The tracker did not answer; the citizen may try again and nothing was lost."""


Outcome = Redeemed | Refused | StatusAnswer | Stopped | Unavailable
"""What came of a plan that asked something of the tracker; None stands for a plan that asked nothing."""
