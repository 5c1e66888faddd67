"""Claims and subscriptions on a real database."""

import asyncio
from uuid import uuid4

from contracts.messages.ids import RecipientId, SubscriptionId
from contracts.messages.rpc import (
    ClaimQuery,
    ClaimStands,
    Followed,
    Issued,
    Redeem,
    Redeemed,
    Refused,
    StatusQuery,
    Stop,
    Stopped,
)
from services.tracker.following.claims import INVALID
from tests.integration.tracker.conftest import NOON, Tracker, claim, code, key, redeem, stage_event

A, B = "a" * 22, "b" * 22


async def followed(tracker: Tracker, recipient: RecipientId) -> tuple[Followed, ...]:
    return (await tracker.following.status(StatusQuery(recipient_id=recipient))).followed


async def test_issuing_again_changes_nothing(tracker: Tracker) -> None:
    """The same receipt and generation is issued once, and makes the application's row."""
    replies = [await tracker.claims.issue(claim(A)) for _ in range(2)]

    assert replies == [Issued(created=True), Issued(created=False)]
    assert await tracker.pool.fetchval("SELECT count(*) FROM application") == 1


async def test_a_receipt_stands_for_one_application(tracker: Tracker) -> None:
    """A receipt issued for another application, or with other secrets, is refused."""
    await tracker.claims.issue(claim(A))

    assert await tracker.claims.issue(claim(A, application=1)) == INVALID
    assert await tracker.claims.issue(claim(B)) == INVALID
    assert await tracker.claims.issue(claim(A, receipt="r2")) == INVALID


async def test_a_higher_generation_takes_the_place_of_the_earlier(tracker: Tracker) -> None:
    """After a re-issue only the new token opens the application, with its full number of redemptions."""
    await tracker.issue(receipt="r1")
    await tracker.claims.issue(claim(A, generation=2))
    await tracker.claims.issue(claim(B, generation=3))

    assert await tracker.following.redeem(redeem(A)) == INVALID
    assert await tracker.claims.issue(claim(A, generation=2)) == INVALID
    assert isinstance(await tracker.following.redeem(redeem(B)), Redeemed)


async def test_a_typed_code_opens_what_its_token_opens(tracker: Tracker) -> None:
    """Token and code of one claim lead to the same application."""
    await tracker.claims.issue(claim(A))
    typed = Redeem(code=code(A), recipient_id=RecipientId(uuid4()), consent_version="1", consented_at=NOON)

    assert isinstance(await tracker.following.redeem(typed), Redeemed)


async def test_unknown_used_up_and_revoked_get_one_answer(tracker: Tracker) -> None:
    """What may not be redeemed is refused in the same words, whatever the reason."""
    used, revoked = await tracker.issue(), await tracker.issue()
    await tracker.pool.execute("UPDATE claim SET revoked_at = now() WHERE receipt_id = $1", revoked)
    for _ in range(5):
        await tracker.redeem(used)
    nothing = Redeem(recipient_id=RecipientId(uuid4()), consent_version="1", consented_at=NOON)

    answers = [await tracker.following.redeem(redeem(one)) for one in (used, revoked, "x" * 22)]
    answers.append(await tracker.following.redeem(nothing))

    assert answers == [Refused(reason="invalid")] * 4


async def test_redeeming_again_costs_nothing(tracker: Tracker) -> None:
    """A recipient who redeems the same claim again keeps the subscription and spends no redemption."""
    token, recipient = await tracker.issue(), RecipientId(uuid4())
    first = await tracker.redeem(token, recipient)
    again = [await tracker.redeem(token, recipient) for _ in range(7)]

    assert first.created
    assert [one.created for one in again] == [False] * 7
    assert {one.followed.subscription_id for one in again} == {first.followed.subscription_id}
    assert await tracker.pool.fetchval("SELECT redemptions FROM claim") == 1


async def test_many_at_once_redeem_no_more_than_the_limit(tracker: Tracker, other: Tracker) -> None:
    """Twenty people with one receipt over two trackers: five follow, fifteen are refused."""
    token = await tracker.issue()
    calls = [one.following.redeem(redeem(token)) for one in (tracker, other) for _ in range(10)]
    answers = await asyncio.gather(*calls)

    assert sum(isinstance(one, Redeemed) for one in answers) == 5
    assert await tracker.pool.fetchval("SELECT redemptions FROM claim") == 5


async def test_who_stopped_may_follow_again_by_any_claim(tracker: Tracker) -> None:
    """After a stop the same claim, or another one, makes a new subscription that is told from then on."""
    first, second, recipient = await tracker.issue(), await tracker.issue(), RecipientId(uuid4())
    seen = []
    for token in (first, second, first):
        reply = await tracker.redeem(token, recipient)
        seen.append(reply.followed.subscription_id)
        assert reply.created
        assert await tracker.following.stop(Stop(recipient_id=recipient)) == Stopped(ended=1)
    await tracker.redeem(second, recipient)
    await tracker.take(stage_event("e1"))

    assert len(set(seen)) == 3
    assert await tracker.pool.fetchval("SELECT count(*) FROM notice") == 1


async def test_a_second_claim_of_the_same_document_changes_nothing(tracker: Tracker) -> None:
    """One recipient has one active subscription to a document, whichever of its receipts they use."""
    recipient = RecipientId(uuid4())
    first = await tracker.redeem(await tracker.issue(), recipient)
    second = await tracker.redeem(await tracker.issue(), recipient)

    assert not second.created
    assert second.followed == first.followed


async def test_status_shows_where_every_document_is(tracker: Tracker) -> None:
    """Oldest first, with the state where there is one and without where nothing happened yet."""
    recipient = RecipientId(uuid4())
    for number in range(3):
        await tracker.redeem(await tracker.issue(number), recipient)
    await tracker.take(stage_event("e1", "printing", application=1, office="kyiv-1", missing=["photo", "id"]))
    found = await followed(tracker, recipient)

    assert [(one.stage, one.office, one.missing, one.revision) for one in found] == [
        (None, None, (), 0),
        ("printing", "kyiv-1", ("id", "photo"), 1),
        (None, None, (), 0),
    ]


async def test_stop_ends_one_or_all_and_nothing_twice(tracker: Tracker) -> None:
    """A stop ends the subscription it names, or all of the recipient's, and only theirs."""
    recipient, neighbour = RecipientId(uuid4()), RecipientId(uuid4())
    tokens = [await tracker.issue(number) for number in range(3)]
    mine = [await tracker.redeem(token, recipient) for token in tokens]
    theirs = await tracker.redeem(tokens[0], neighbour)
    stop = tracker.following.stop
    one = Stop(recipient_id=recipient, subscription_id=mine[0].followed.subscription_id)

    assert await stop(Stop(recipient_id=recipient, subscription_id=SubscriptionId(uuid4()))) == Stopped(
        ended=0
    )
    assert await stop(Stop(recipient_id=neighbour, subscription_id=one.subscription_id)) == Stopped(ended=0)
    assert [await stop(one), await stop(one)] == [Stopped(ended=1), Stopped(ended=0)]
    assert [await stop(Stop(recipient_id=recipient)) for _ in range(2)] == [
        Stopped(ended=2),
        Stopped(ended=0),
    ]
    assert await followed(tracker, neighbour) == (theirs.followed,)


async def test_consent_is_kept_with_the_subscription(tracker: Tracker) -> None:
    """When a citizen consented, and to which text, stands beside what they follow."""
    await tracker.redeem(await tracker.issue())
    row = await tracker.pool.fetchrow(
        "SELECT application_key, consent_version, consented_at FROM subscription"
    )

    assert row is not None
    assert tuple(row) == (key(), "1", NOON)


async def test_whether_a_token_could_be_used_is_told_and_nothing_used_up(tracker: Tracker) -> None:
    """An issued one stands, also when it is used up; an unknown, replaced or revoked one does not."""
    await tracker.claims.issue(claim(A))
    asked = ClaimQuery(token=A)
    before = await tracker.following.stands(asked)
    redemptions = await tracker.pool.fetchval("SELECT sum(redemptions) FROM claim")
    unknown = await tracker.following.stands(ClaimQuery(token=B))
    await tracker.claims.issue(claim(B, generation=2))
    replaced = await tracker.following.stands(asked)
    newer = await tracker.following.stands(ClaimQuery(token=B))
    await tracker.pool.execute("UPDATE claim SET revoked_at = now()")
    revoked = await tracker.following.stands(ClaimQuery(token=B))

    assert (ClaimStands(), 0) == (before, redemptions)
    assert [INVALID, INVALID, ClaimStands(), INVALID] == [unknown, replaced, newer, revoked]
