"""Limits on typed codes, revoked receipts and news of new followers, on a real database."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.messages.forget import Forget
from contracts.messages.ids import Publisher, RecipientId
from contracts.messages.notice import NOTICE, Notice, NoticeKind
from contracts.messages.rpc import (
    Redeem,
    Redeemed,
    Refused,
    RevokeClaim,
    Revoked,
    Stop,
)
from contracts.messages.withdrawal import WITHDRAWAL
from runtime.clock import SystemClock
from services.tracker.following.claims import INVALID
from services.tracker.following.erasure import Erasure
from services.tracker.ledger.gauges import forget_typing, reconcile
from services.tracker.metrics import Metrics
from tests.integration.tracker.conftest import NOON, Tracker, claim, code, redeem, stage_event

WRONG = "Z" * 13
CHAT, ANOTHER = "c" * 64, "d" * 64


def typed(text: str, recipient: UUID, *, typist: str | None = None, redeem_id: UUID | None = None) -> Redeem:
    return Redeem(
        code=text,
        recipient_id=RecipientId(recipient),
        consent_version="1",
        consented_at=NOON,
        typist=typist,
        redeem_id=redeem_id,
    )


def is_limit(reply: Redeemed | Refused) -> bool:
    """Tell whether typed codes are not looked at, and from when on they are: at the next full hour."""
    if not isinstance(reply, Refused) or reply.reason != "limit" or reply.again_at is None:
        return False
    wait = reply.again_at - datetime.now(UTC)
    return reply.again_at.minute == reply.again_at.second == 0 and timedelta() < wait <= timedelta(hours=1)


async def wrong(tracker: Tracker) -> dict[str, int]:
    """Return how many wrong codes are counted, by scope."""
    rows = await tracker.pool.fetch("SELECT scope, wrong FROM typing WHERE wrong > 0")
    return {row["scope"]: row["wrong"] for row in rows}


def revocation(receipt: str) -> RevokeClaim:
    return RevokeClaim(publisher=Publisher("office"), receipt_id=receipt)


async def follower_notices(tracker: Tracker) -> Sequence[Notice]:
    rows = await tracker.pool.fetch("SELECT payload FROM outbox WHERE subject = 'docwatch.notice.v1'")
    found = [NOTICE.validate_json(row["payload"]) for row in rows]
    return [one for one in found if one.kind is NoticeKind.FOLLOWER]


async def test_wrong_codes_of_one_recipient_are_limited(tracker: Tracker) -> None:
    """After three wrong codes in an hour not even the right one is looked at; the token still opens."""
    token, recipient = await tracker.issue(), uuid4()
    answers = [await tracker.following.redeem(typed(WRONG, recipient)) for _ in range(4)]

    assert answers[:3] == [INVALID] * 3
    assert is_limit(answers[3])
    assert is_limit(await tracker.following.redeem(typed(code(token), recipient)))
    assert isinstance(await tracker.following.redeem(redeem(token, recipient)), Redeemed)


async def test_wrong_codes_of_all_together_are_limited(tracker: Tracker, other: Tracker) -> None:
    """Twenty people at once over two trackers have five wrong codes between them, and no more."""
    trackers = (tracker, other) * 10
    answers = await asyncio.gather(*(one.following.redeem(typed(WRONG, uuid4())) for one in trackers))

    assert [answers.count(INVALID), sum(map(is_limit, answers))] == [5, 15]


async def test_a_chat_is_counted_whoever_it_says_to_be(tracker: Tracker) -> None:
    """A chat with another recipient for each code, as strangers have, is one; forgetting resets nothing."""
    people = [uuid4(), uuid4(), last := RecipientId(uuid4())]
    answers = [await tracker.following.redeem(typed(WRONG, one, typist=CHAT)) for one in people]
    await Erasure(tracker.pool, SystemClock()).forget(Forget(recipient_id=last, at=NOON))

    assert answers == [INVALID] * 3
    assert is_limit(await tracker.following.redeem(typed(WRONG, uuid4(), typist=CHAT)))
    assert await tracker.following.redeem(typed(WRONG, uuid4(), typist=ANOTHER)) == INVALID


async def test_whom_the_others_shut_out_is_charged_nothing(tracker: Tracker) -> None:
    """Where the limit of all together refuses a code, it counts for nobody."""
    for number in range(5):
        await tracker.following.redeem(typed(WRONG, uuid4(), typist=f"{number:064x}"))
    before = await wrong(tracker)

    refused = [await tracker.following.redeem(typed(WRONG, uuid4(), typist=CHAT)) for _ in range(4)]

    assert all(map(is_limit, refused))
    assert await wrong(tracker) == before


async def test_a_call_made_again_is_charged_once(tracker: Tracker, other: Tracker) -> None:
    """The same redeem, one after the other and many at once over two trackers, counts as one code."""
    call = typed(WRONG, uuid4(), typist=CHAT, redeem_id=uuid4())
    trackers = (tracker, other) * 5

    answers = [await tracker.following.redeem(call)]
    answers += await asyncio.gather(*(one.following.redeem(call) for one in trackers))

    assert answers == [INVALID] * 11
    assert await wrong(tracker) == {CHAT: 1, "everybody": 1}


async def test_a_right_code_made_again_is_given_back_once(tracker: Tracker) -> None:
    """What somebody typed wrong before stays counted, however often the right code's call is made again."""
    token, person = await tracker.issue(), uuid4()
    await tracker.following.redeem(typed(WRONG, person, typist=CHAT))
    call = typed(code(token), person, typist=CHAT, redeem_id=uuid4())

    answers = [await tracker.following.redeem(call) for _ in range(3)]

    assert all(isinstance(one, Redeemed) for one in answers)
    assert await wrong(tracker) == {CHAT: 1, "everybody": 1}


async def test_a_full_document_looks_like_a_wrong_code(tracker: Tracker) -> None:
    """Only the limit of typed codes says when it goes on; that too many follow a document is not told."""
    people = tracker.catalogue.agency.limits.followers_per_document
    for number in range(people // 5):
        token = await tracker.issue(receipt=f"r{number}")
        for _ in range(5):
            await tracker.redeem(token)
    full = await tracker.issue(receipt="full")

    reply = await tracker.following.redeem(typed(code(full), uuid4(), typist=CHAT))

    assert Refused(reason="limit") == reply


async def test_counts_are_dropped_when_their_hour_is_over(tracker: Tracker) -> None:
    """Of who typed what nothing is kept longer than two hours after the hour began."""
    await tracker.following.redeem(typed(WRONG, uuid4(), typist=CHAT))
    for statement in ("UPDATE typing SET hour = hour - $1", "UPDATE typed SET hour = hour - $1"):
        await tracker.pool.execute(f"{statement}::interval", timedelta(hours=3))

    await forget_typing(tracker.pool)

    left = "SELECT (SELECT count(*) FROM typing) + (SELECT count(*) FROM typed)"
    assert await tracker.pool.fetchval(left) == 0


async def test_right_codes_are_not_counted(tracker: Tracker) -> None:
    """Whoever types right codes, again and again, never meets the limit."""
    token, recipient = await tracker.issue(), uuid4()
    answers = [await tracker.following.redeem(typed(code(token), recipient)) for _ in range(8)]

    assert all(isinstance(one, Redeemed) for one in answers)
    assert await tracker.pool.fetch("SELECT FROM typing WHERE wrong <> 0") == []


async def test_a_revoked_receipt_opens_nothing_until_it_is_issued_again(tracker: Tracker) -> None:
    """Revoking is idempotent and leaves followers alone; a higher generation opens again."""
    token, recipient = await tracker.issue(receipt="r1"), uuid4()
    await tracker.redeem(token, recipient)
    replies = [await tracker.claims.revoke(revocation("r1")) for _ in range(2)]
    replies.append(await tracker.claims.revoke(revocation("r2")))

    assert replies == [Revoked(changed=True), Revoked(changed=False), INVALID]
    assert await tracker.following.redeem(redeem(token)) == INVALID
    assert await tracker.pool.fetchval("SELECT count(*) FROM subscription WHERE ended_at IS NULL") == 1

    again = "n" * 22
    await tracker.claims.issue(claim(again, receipt="r1", generation=2))
    assert isinstance(await tracker.following.redeem(redeem(again)), Redeemed)


async def test_who_follows_is_told_of_a_new_follower(tracker: Tracker) -> None:
    """Each follower hears of each new one once, the new one nothing, before and after the first stage."""
    token, people = await tracker.issue(), [uuid4() for _ in range(3)]
    await tracker.redeem(token, people[0])
    await tracker.redeem(token, people[1])
    await tracker.take(stage_event("e1"))
    await tracker.redeem(token, people[2])
    await tracker.redeem(token, people[2])
    told = [
        (people.index(one.recipient_id), one.stage, one.revision) for one in await follower_notices(tracker)
    ]

    assert sorted(told, key=lambda one: (one[2], one[0])) == [
        (0, None, 0),
        (0, "accepted", 1),
        (1, "accepted", 1),
    ]
    assert await reconcile(tracker.pool, Metrics()) == 0


async def test_stopping_and_following_again_is_no_news(tracker: Tracker) -> None:
    """Nobody can pester the others by leaving and coming back."""
    token, someone = await tracker.issue(), RecipientId(uuid4())
    await tracker.redeem(token)
    for _ in range(3):
        await tracker.redeem(token, someone)
        await tracker.following.stop(Stop(recipient_id=someone))

    assert len(await follower_notices(tracker)) == 1


async def test_a_stop_takes_back_what_was_not_sent_yet(tracker: Tracker) -> None:
    """Pending notices of the subscription are withdrawn in the stop's own transaction, others are not."""
    token, recipient = await tracker.issue(), RecipientId(uuid4())
    await tracker.redeem(token, recipient)
    await tracker.redeem(token)
    await tracker.take(stage_event("e1"))
    await tracker.following.stop(Stop(recipient_id=recipient))
    rows = await tracker.pool.fetch("SELECT payload FROM outbox WHERE subject = 'docwatch.withdrawal.v1'")
    [message] = [WITHDRAWAL.validate_json(row["payload"]) for row in rows]
    mine = await tracker.pool.fetch("SELECT notice_id FROM notice WHERE recipient_id = $1", recipient)

    assert message.reason == "stopped"
    assert set(message.notice_ids) == {row["notice_id"] for row in mine}
