"""What the tests of joins share: people who are here twice, and what is left of them in the tables."""

from collections import Counter
from uuid import UUID, uuid4

from contracts.messages.following import Join, Joined
from contracts.messages.forget import Forget
from contracts.messages.ids import RecipientId, SubscriptionId
from contracts.messages.notice import NOTICE
from contracts.messages.rpc import Refused, StatusAnswer, StatusQuery
from contracts.messages.withdrawal import WITHDRAWAL
from contracts.streams import NOTICE_SUBJECT, WITHDRAWAL_SUBJECT
from runtime.clock import SystemClock
from services.tracker.following.erasure import Erasure
from tests.integration.tracker.conftest import NOON, Tracker


def people(count: int = 2) -> list[RecipientId]:
    """Return so many recipients."""
    return [RecipientId(uuid4()) for _ in range(count)]


async def follow(tracker: Tracker, recipient: RecipientId, *applications: int) -> list[SubscriptionId]:
    """Let somebody follow applications by a receipt of their own each."""
    replies = [await tracker.redeem(await tracker.issue(one), recipient) for one in applications]
    return [reply.followed.subscription_id for reply in replies]


async def join(tracker: Tracker, joining: RecipientId, into: RecipientId) -> Joined:
    """Let two be one who may."""
    reply = await ask(tracker, joining, into)
    assert isinstance(reply, Joined)
    return reply


async def ask(tracker: Tracker, joining: RecipientId, into: RecipientId) -> Joined | Refused:
    """Ask for two to be one."""
    return await tracker.joining.join(Join(joining=joining, into=into))


async def forget(tracker: Tracker, recipient: RecipientId) -> None:
    """Let somebody be forgotten."""
    await Erasure(tracker.pool, SystemClock()).forget(Forget(recipient_id=recipient, at=NOON))


async def follows(tracker: Tracker, recipient: RecipientId) -> list[SubscriptionId]:
    """Return what somebody follows, oldest first."""
    answer: StatusAnswer = await tracker.following.status(StatusQuery(recipient_id=recipient))
    return [one.subscription_id for one in answer.followed]


async def told(tracker: Tracker, event: str) -> Counter[RecipientId]:
    """Count the messages of an event that are not taken back, by whom they are for."""
    rows = await tracker.pool.fetch("SELECT subject, payload FROM outbox")
    back = {
        notice
        for row in rows
        if row["subject"] == WITHDRAWAL_SUBJECT
        for notice in WITHDRAWAL.validate_json(row["payload"]).notice_ids
    }
    notices = [NOTICE.validate_json(row["payload"]) for row in rows if row["subject"] == NOTICE_SUBJECT]
    return Counter(one.recipient_id for one in notices if one.event_id == event and one.notice_id not in back)


NAMES = """
SELECT (SELECT count(*) FROM subscription WHERE recipient_id = ANY($1))
    + (SELECT count(*) FROM notice WHERE recipient_id = ANY($1))
    + (SELECT count(*) FROM redemption WHERE recipient_id = ANY($1))
    + (SELECT count(*) FROM joined WHERE ARRAY[recipient_id, into_id, asked_joining, asked_into] && $1)
    + (SELECT count(*) FROM typing WHERE scope = ANY($1::text[]))
"""


async def names(tracker: Tracker, *recipients: UUID) -> int:
    """Count the rows that name these people, but those by which they stay forgotten."""
    found: int = await tracker.pool.fetchval(NAMES.replace("$1::text[]", "$1::uuid[]::text[]"), recipients)
    return found


LEFT_BEHIND = """
SELECT (SELECT count(*) FROM subscription JOIN joined USING (recipient_id))
    + (SELECT count(*) FROM redemption JOIN joined USING (recipient_id))
    + (SELECT count(*) FROM notice JOIN joined USING (recipient_id))
    + (SELECT count(*) FROM joined JOIN joined onward ON onward.recipient_id = joined.into_id)
    + (SELECT count(*) FROM joined JOIN forgotten USING (recipient_id))
"""


async def left_behind(tracker: Tracker) -> int:
    """Count what names somebody who was joined in place of the one whom they are; 0 where all is well."""
    found: int = await tracker.pool.fetchval(LEFT_BEHIND)
    return found
