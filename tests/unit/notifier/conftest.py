"""What the tests of the notifier's words share: the sample agency's catalogue and voice, and examples."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from contracts.catalogue import Catalogue, load_catalogue
from contracts.messages.ids import (
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.notice import Notice, NoticeKind
from services.notifier.wording.i18n import Voice, load_voice

SAMPLE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"
HAPPENED = datetime(2026, 3, 29, 11, 5, tzinfo=UTC)
MakeNotice = Callable[..., Notice]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(SAMPLE)


@pytest.fixture(scope="session")
def voice(catalogue: Catalogue) -> Voice:
    return load_voice(catalogue)


@pytest.fixture(scope="session")
def notice_of() -> MakeNotice:
    """A maker of notices about a passport; keyword arguments change the example."""

    def make(**changes: object) -> Notice:
        example: dict[str, object] = {
            "notice_id": NoticeId(UUID(int=1)),
            "kind": NoticeKind.ADVANCE,
            "revision": 3,
            "publisher": Publisher("sample"),
            "event_id": EventId("e-1"),
            "subscription_id": SubscriptionId(UUID(int=2)),
            "recipient_id": RecipientId(UUID(int=3)),
            "document_type": "foreign_passport",
            "masked": "…4567",
            "stage": "printing",
            "office": "kyiv-1",
            "occurred_at": HAPPENED,
            "expected_at": date(2026, 4, 7),
            "accepted_at": HAPPENED + timedelta(hours=1),
            "created_at": HAPPENED + timedelta(hours=1),
        }
        return Notice.model_validate(example | changes)

    return make
