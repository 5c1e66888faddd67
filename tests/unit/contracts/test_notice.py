"""What a notice must say."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import ValidationError

from contracts.notice import NOTICE, NoticeKind

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


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_only_a_new_follower_comes_before_the_first_stage(kind: NoticeKind) -> None:
    """Every other notice without a stage cannot be read."""
    if kind is NoticeKind.FOLLOWER:
        assert NOTICE.validate_python({**FIELDS, "kind": kind}).stage is None
        return
    with pytest.raises(ValidationError, match="needs its stage"):
        NOTICE.validate_python({**FIELDS, "kind": kind})
