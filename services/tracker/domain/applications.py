"""An application as it is kept, who follows it, and what the ledger holds of a notice to one of them."""

from dataclasses import dataclass

from contracts.messages.ids import ApplicationKey, EventId, NoticeId, Publisher, RecipientId, SubscriptionId
from contracts.messages.notice import NoticeKind
from services.tracker.domain.batch import Identity
from services.tracker.domain.state import Known


@dataclass(frozen=True, slots=True)
class Application:
    """An application: what is known of it and how it is shown.

    Attributes:
        key: what stands for its number.
        document_type: a code of the catalogue; that of the newest state, or of what first named it.
        masked: the tail of its number, all that may be shown of it.
        known: what its events came to.
    """

    key: ApplicationKey
    document_type: str
    masked: str
    known: Known


@dataclass(frozen=True, slots=True)
class Follower:
    """One active subscription, and whose it is."""

    subscription_id: SubscriptionId
    recipient_id: RecipientId


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """One notice as the ledger holds it.

    Attributes:
        notice_id: the same for the same kind, cause and subscription.
        follower: who is told.
        application_key: of what.
        cause: the event that caused it; None where no event did.
        kind: why they are told.
        revision: the application's, 1 or more; of two notices the higher is the newer.
    """

    notice_id: NoticeId
    follower: Follower
    application_key: ApplicationKey
    cause: Identity | None
    kind: NoticeKind
    revision: int

    @property
    def publisher(self) -> Publisher | None:
        """Whose event caused it."""
        return None if self.cause is None else self.cause.publisher

    @property
    def event_id(self) -> EventId | None:
        """Which event caused it."""
        return None if self.cause is None else self.cause.event_id
