"""What a notice must say."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import ValidationError

from contracts.messages.notice import NOTICE, NoticeKind

FIELDS = {
    "notice_id": str(uuid4()),
    "revision": 0,
    "subscription_id": str(uuid4()),
    "recipient_id": str(uuid4()),
    "document_type": "id_card",
    "masked": "...42",
    "accepted_at": datetime(2026, 3, 2, tzinfo=UTC),
    "created_at": datetime(2026, 3, 2, tzinfo=UTC),
}


CAUSE = {"publisher": "office", "event_id": "e1"}


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_what_an_event_caused_says_its_stage(kind: NoticeKind) -> None:
    """A notice of an event without a stage cannot be read; a new follower has none, whoever causes it."""
    if kind is NoticeKind.FOLLOWER:
        assert NOTICE.validate_python({**FIELDS, "kind": kind}).stage is None
        return
    with pytest.raises(ValidationError, match="needs its stage"):
        NOTICE.validate_python({**FIELDS, **CAUSE, "kind": kind})


@pytest.mark.parametrize("kind", [NoticeKind.CORRECTION, NoticeKind.OVERDUE])
def test_after_a_withdrawal_there_may_be_no_stage(kind: NoticeKind) -> None:
    """Without an event only a correction may come without a stage: all that was said was taken back."""
    if kind is NoticeKind.CORRECTION:
        assert NOTICE.validate_python({**FIELDS, "kind": kind}).stage is None
        return
    with pytest.raises(ValidationError, match="needs its stage"):
        NOTICE.validate_python({**FIELDS, "kind": kind})
