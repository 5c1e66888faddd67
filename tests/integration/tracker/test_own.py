"""What recipients ask about their documents, and the right to follow that they share, on a real database."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from contracts.catalogue import Limits
from contracts.messages.following import (
    Exported,
    ExportQuery,
    History,
    HistoryQuery,
    Share,
    Shared,
)
from contracts.messages.forget import Forget
from contracts.messages.ids import Publisher, RecipientId, SubscriptionId
from contracts.messages.rpc import (
    Redeemed,
    Refused,
    RevokeClaim,
    Stop,
    UnreachedQuery,
)
from runtime.clock import SystemClock
from services.tracker.following.claims import INVALID, LIMIT
from services.tracker.following.erasure import Erasure
from services.tracker.following.sharing import LAPSED
from services.tracker.following.subscriptions import TOO_MANY
from tests.integration.tracker.conftest import NOON, Tracker, claim, code, key, redeem, stage_event
from tests.integration.tracker.test_limits import follower_notices, typed


async def follow(tracker: Tracker, recipient: RecipientId, application: int = 0) -> SubscriptionId:
    """Let somebody follow by a receipt of their own."""
    reply = await tracker.redeem(await tracker.issue(application), recipient)
    return reply.followed.subscription_id


async def shared(tracker: Tracker, recipient: RecipientId, subscription: SubscriptionId) -> Shared:
    """Share anew."""
    reply = await tracker.sharing.share(share(recipient, subscription))
    assert isinstance(reply, Shared)
    return reply


def share(recipient: RecipientId, subscription: SubscriptionId, named: UUID | None = None) -> Share:
    return Share(recipient_id=recipient, subscription_id=subscription, share_id=named or uuid4())


def someone() -> RecipientId:
    return RecipientId(uuid4())


async def test_history_tells_the_stages_in_their_order(tracker: Tracker) -> None:
    """The fold's stages oldest first, however the events arrived, and since when each person follows."""
    me, neighbour = someone(), someone()
    mine = await follow(tracker, me)
    await follow(tracker, neighbour)
    await tracker.take(stage_event("e3", "printing"), stage_event("e1", "accepted", office="kyiv-1"))
    await tracker.take(stage_event("e2", "verification"), stage_event("e0", "accepted"))
    answer = await tracker.own.history(HistoryQuery(recipient_id=me, subscription_id=mine))

    assert isinstance(answer, History)
    assert [one.stage for one in answer.moments] == ["accepted", "accepted", "verification", "printing"]
    assert [one.occurred_at for one in answer.moments] == sorted(one.occurred_at for one in answer.moments)
    assert len(answer.followers) == 2
    assert answer.followed.stage == "printing"


async def test_only_who_follows_may_ask_or_share(tracker: Tracker) -> None:
    """A stranger, and whoever has stopped, gets the one answer that says nothing."""
    me, stranger = someone(), someone()
    mine = await follow(tracker, me)
    asked = [
        await tracker.own.history(HistoryQuery(recipient_id=stranger, subscription_id=mine)),
        await tracker.sharing.share(share(stranger, mine)),
    ]
    await tracker.following.stop(Stop(recipient_id=me))
    asked += [
        await tracker.own.history(HistoryQuery(recipient_id=me, subscription_id=mine)),
        await tracker.sharing.share(share(me, mine)),
    ]

    assert asked == [INVALID] * 4


async def test_export_holds_past_and_present_and_nothing_of_others(tracker: Tracker) -> None:
    """Every subscription with its consent, its notices and what happened while it was followed."""
    me, neighbour = someone(), someone()
    token = await tracker.issue(1)
    await tracker.redeem(token, me)
    await tracker.redeem(token, neighbour)
    await tracker.take(stage_event("e1", application=1))
    await tracker.following.stop(Stop(recipient_id=me))
    future = SystemClock().now() + timedelta(days=1)
    await tracker.take(stage_event("e2", "printing", application=1, occurred_at=future))
    await follow(tracker, me, 2)
    answer = await tracker.own.export(ExportQuery(recipient_id=me))
    past, present = answer.holdings

    assert ("stop", ["accepted"], 2) == (past.ended_by, [one.stage for one in past.moments], past.notices)
    assert (None, (), 0) == (present.ended_at, present.moments, present.notices)
    assert [(one.consent_version, one.consented_at) for one in answer.holdings] == [("1", NOON)] * 2


async def test_what_was_forgotten_is_held_no_more(tracker: Tracker) -> None:
    """After a forget the export is empty."""
    me = someone()
    await follow(tracker, me)
    await Erasure(tracker.pool, SystemClock()).forget(Forget(recipient_id=me, at=NOON))

    assert await tracker.own.export(ExportQuery(recipient_id=me)) == Exported(holdings=())


async def test_a_share_lets_one_person_follow(tracker: Tracker, other: Tracker) -> None:
    """Of many at once one follows, may redeem again, and who followed before is told of them once."""
    me = someone()
    mine = await follow(tracker, me)
    right = await shared(tracker, me, mine)
    people = [someone() for _ in range(6)]
    calls = [one.following.redeem(redeem(right.token, who)) for who in people for one in (tracker, other)]
    answers = await asyncio.gather(*calls)
    told = await follower_notices(tracker)

    assert sorted(isinstance(one, Redeemed) for one in answers) == [False] * 10 + [True] * 2
    assert [one.recipient_id for one in told] == [me]
    assert await tracker.pool.fetchval("SELECT count(*) FROM subscription WHERE ended_at IS NULL") == 2


async def test_the_same_share_is_the_same_right(tracker: Tracker, other: Tracker) -> None:
    """Asked for again, over two trackers at once, a share has one token; others have others."""
    me = someone()
    mine = await follow(tracker, me)
    named = uuid4()
    calls = [one.sharing.share(share(me, mine, named)) for one in (tracker, other) * 4]
    replies = await asyncio.gather(*calls)
    next_one = await shared(tracker, me, mine)

    assert isinstance(replies[0], Shared)
    assert replies == [replies[0]] * 8
    assert next_one.token != replies[0].token
    assert await tracker.pool.fetchval("SELECT count(*) FROM claim WHERE shared_by = $1", mine) == 2


async def test_open_shares_are_bounded(tracker: Tracker, other: Tracker) -> None:
    """Two shares may be open, however many are asked for at once; a used one makes room."""
    me = someone()
    mine = await follow(tracker, me)
    calls = [one.sharing.share(share(me, mine)) for one in (tracker, other) * 4]
    replies = await asyncio.gather(*calls)
    rights = [one for one in replies if isinstance(one, Shared)]
    await tracker.redeem(rights[0].token)

    assert replies.count(LIMIT) == 6
    assert isinstance(await tracker.sharing.share(share(me, mine)), Shared)


async def test_leaving_and_coming_back_opens_no_more_shares(tracker: Tracker) -> None:
    """Whoever stops and follows again by the same receipt still has two shares open, and no more."""
    me, token = someone(), await tracker.issue()
    replies = []
    for _ in range(4):
        mine = (await tracker.redeem(token, me)).followed.subscription_id
        replies += [await tracker.sharing.share(share(me, mine)) for _ in range(2)]
        await tracker.following.stop(Stop(recipient_id=me))

    assert [isinstance(one, Shared) for one in replies] == [True] * 2 + [False] * 6


async def test_an_expired_share_lets_nobody_new_in(tracker: Tracker) -> None:
    """After its days a share opens only for the one person who used it before."""
    me, early, late = someone(), someone(), someone()
    mine = await follow(tracker, me)
    used, unused = [await shared(tracker, me, mine) for _ in range(2)]
    await tracker.redeem(used.token, early)
    await tracker.pool.execute("UPDATE claim SET expires_at = now() WHERE parent_id IS NOT NULL")

    assert await tracker.following.redeem(redeem(unused.token, late)) == INVALID
    assert isinstance(await tracker.following.redeem(redeem(used.token, early)), Redeemed)


async def test_a_share_ends_with_its_receipt(tracker: Tracker) -> None:
    """A receipt that is revoked, or issued again, takes unused shares along, also shares of shares."""
    me, friend = someone(), someone()
    await tracker.claims.issue(claim("a" * 22, receipt="r1"))
    mine = (await tracker.redeem("a" * 22, me)).followed.subscription_id
    first, second = [await shared(tracker, me, mine) for _ in range(2)]
    theirs = (await tracker.redeem(first.token, friend)).followed.subscription_id
    third = await shared(tracker, friend, theirs)
    await tracker.claims.issue(claim("b" * 22, receipt="r1", generation=2))
    answers = [await tracker.following.redeem(redeem(one.token)) for one in (second, third)]
    await tracker.redeem("b" * 22, me)
    fourth = await shared(tracker, me, mine)
    await tracker.claims.revoke(RevokeClaim(publisher=Publisher("office"), receipt_id="r1"))
    answers.append(await tracker.following.redeem(redeem(fourth.token)))

    assert answers == [INVALID] * 3
    assert await tracker.sharing.share(share(me, mine)) == LAPSED
    assert len((await tracker.own.export(ExportQuery(recipient_id=friend))).holdings) == 1


async def test_who_follows_by_a_share_is_unreached_under_the_receipt(tracker: Tracker) -> None:
    """A publisher reads of its own receipt, whoever shared it on."""
    me = someone()
    await tracker.claims.issue(claim("a" * 22, receipt="r1"))
    mine = (await tracker.redeem("a" * 22, me)).followed.subscription_id
    await tracker.redeem((await shared(tracker, me, mine)).token)
    await tracker.take(stage_event("e1"))
    await tracker.pool.execute(
        "UPDATE notice SET ended_as = 'expired', ended_at = now(), unreached = nextval('unreached_number')"
        " WHERE event_id = 'e1'"
    )
    page = await tracker.questions.unreached(UnreachedQuery(publisher=Publisher("office")))

    assert [one.receipt_id for one in page.rows] == ["r1", "r1"]


async def test_one_citizen_follows_as_many_documents_as_the_agency_allows(
    tracker: Tracker, other: Tracker
) -> None:
    """Of many redeems at once over two trackers no more succeed; the others leave their claims unused."""
    tracker.following._limits = other.following._limits = Limits(documents_per_citizen=3)
    me = someone()
    tokens = [await tracker.issue(number) for number in range(8)]
    calls = [
        one.following.redeem(redeem(token, me))
        for token, one in zip(tokens, (tracker, other) * 4, strict=True)
    ]
    answers = await asyncio.gather(*calls)
    followed = tokens[next(n for n, one in enumerate(answers) if isinstance(one, Redeemed))]

    assert answers.count(TOO_MANY) == 5
    assert await tracker.pool.fetchval("SELECT sum(redemptions) FROM claim") == 3
    assert isinstance(await tracker.following.redeem(redeem(followed, me)), Redeemed)
    assert await tracker.following.redeem(redeem("x" * 22, me)) == INVALID

    refused = tokens[answers.index(TOO_MANY)]
    await tracker.following.stop(Stop(recipient_id=me))
    assert isinstance(await tracker.following.redeem(redeem(refused, me)), Redeemed)


async def test_a_right_code_over_the_limit_is_not_counted_as_wrong(tracker: Tracker) -> None:
    """Whoever follows too much is told so, however often they try."""
    tracker.following._limits = Limits(documents_per_citizen=1)
    me = someone()
    await follow(tracker, me)
    token = await tracker.issue(1)
    answers = [await tracker.following.redeem(typed(code(token), me)) for _ in range(5)]

    assert answers == [TOO_MANY] * 5


async def test_one_document_has_as_many_followers_as_the_agency_allows(
    tracker: Tracker, other: Tracker
) -> None:
    """Of many people at once over two trackers no more follow; the others are told nothing of why."""
    tracker.following._limits = other.following._limits = Limits(followers_per_document=4)
    first, second = await tracker.issue(), await tracker.issue()
    calls = [one.following.redeem(redeem(token)) for one in (tracker, other) for token in (first, second) * 2]
    answers = await asyncio.gather(*calls)

    assert answers.count(Refused(reason="limit")) == 4
    assert await tracker.pool.fetchval("SELECT sum(redemptions) FROM claim") == 4
    assert await tracker.pool.fetchval("SELECT count(*) FROM subscription") == 4
    assert await tracker.pool.fetchval("SELECT count(DISTINCT application_key) FROM claim") == len([key()])
