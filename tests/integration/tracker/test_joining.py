"""Two people become one on a real database."""

from collections import Counter
from uuid import uuid4

import pytest
from nats.aio.client import Client

from contracts.catalogue import Limits
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.following import (
    ExportQuery,
    FollowedTwice,
    History,
    HistoryQuery,
    Joined,
    Share,
    Shared,
)
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Redeemed, Refused, Stop, Stopped
from runtime.clock import SystemClock
from runtime.database.audit import entries
from services.notifier.conversation.tracker_client import RpcTracker
from services.tracker.following.claims import INVALID
from services.tracker.following.subscriptions import TOO_MANY
from services.tracker.following.typed_code_limits import Typed
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from services.tracker.operators.hold import Holds
from tests.conftest import Databases
from tests.integration.tracker.conftest import NOON, Tracker, redeem, running, stage_event
from tests.integration.tracker.joining import ask, follow, follows, forget, join, names, people, told
from tests.integration.tracker.test_overdue import overdue, take
from tests.integration.tracker.test_overdue import told as told_overdue
from tests.integration.tracker.test_withdraw import corrections, withdraw, wrong
from tests.integration.tracker.wrong_batch import OFFICE, end


async def test_all_that_one_follows_is_the_others(tracker: Tracker) -> None:
    """Later events tell the one person once, who holds past and present of both; the audit names nobody."""
    a, b = people()
    mine = await follow(tracker, a, 0)
    theirs = await follow(tracker, b, 1, 2, 3)
    await tracker.following.stop(Stop(recipient_id=b, subscription_id=theirs[2]))
    await tracker.take(stage_event("before", application=1))
    reply = await join(tracker, b, a)
    await tracker.take(*(stage_event(f"e{number}", "printing", application=number) for number in range(4)))
    held = await tracker.own.export(ExportQuery(recipient_id=a))
    way = await tracker.own.history(HistoryQuery(recipient_id=b, subscription_id=theirs[0]))
    [said, *_] = await entries(tracker.pool, before=None, action="join", limit=2)

    assert reply == Joined(into=a, moved=2)
    assert await follows(tracker, a) == await follows(tracker, b) == [*mine, *theirs[:2]]
    assert [await told(tracker, f"e{number}") for number in range(4)] == [Counter([a])] * 3 + [Counter()]
    assert [(one.ended_by, one.notices) for one in held.holdings] == [
        (None, 1),
        (None, 2),
        (None, 1),
        ("stop", 0),
    ]
    assert isinstance(way, History)
    assert await tracker.pool.fetchval("SELECT count(*) FROM notice WHERE recipient_id <> $1", a) == 0
    assert (said.actor, said.detail) == ("a citizen", "2 subscriptions moved, 0 documents followed by both")


async def test_a_document_of_both_is_followed_once(tracker: Tracker) -> None:
    """One subscription stays, what waited for the other is taken back, and what names the other means it."""
    a, b = people()
    [mine], [theirs] = await follow(tracker, a, 0), await follow(tracker, b, 0)
    await tracker.take(stage_event("before"))
    before = await told(tracker, "before")
    reply = await join(tracker, b, a)
    await tracker.take(stage_event("after", "printing"))
    way = await tracker.own.history(HistoryQuery(recipient_id=a, subscription_id=theirs))
    shared = await tracker.sharing.share(Share(recipient_id=b, subscription_id=theirs, share_id=uuid4()))
    held = await tracker.own.export(ExportQuery(recipient_id=a))

    assert before == Counter([a, b])
    assert reply == Joined(into=a, moved=0, already_followed=(FollowedTwice(ended=theirs, stays=mine),))
    assert await follows(tracker, a) == [mine]
    assert (await told(tracker, "before"), await told(tracker, "after")) == (Counter([a]), Counter([a]))
    assert isinstance(way, History)
    assert (way.followed.subscription_id, len(way.followers)) == (mine, 1)
    assert isinstance(shared, Shared)
    assert [one.ended_by for one in held.holdings] == [None, "join"]
    assert await tracker.following.stop(Stop(recipient_id=b, subscription_id=theirs)) == Stopped(ended=1)
    assert await follows(tracker, a) == []


async def test_news_that_only_one_could_hear_goes_out(tracker: Tracker) -> None:
    """Where the one who stays could not be reached the way of the other stays, with what waits there."""
    a, b = people()
    [mine], [theirs] = await follow(tracker, a, 0), await follow(tracker, b, 0)
    await tracker.take(stage_event("e1"))
    await tracker.pool.execute(
        "UPDATE notice SET ended_as = 'undeliverable', ended_at = now() WHERE subscription_id = $1", mine
    )
    reply = await join(tracker, b, a)
    await tracker.take(stage_event("e2", "printing"))

    assert reply.already_followed == (FollowedTwice(ended=mine, stays=theirs),)
    assert await told(tracker, "e1") == Counter([a, b]), (
        "that of the one could not be told, that of the other stays"
    )
    assert await told(tracker, "e2") == Counter([a])
    assert await follows(tracker, a) == [theirs]


async def test_asked_again_the_answer_is_the_same(tracker: Tracker) -> None:
    """Whether in the same or the other direction, after others joined, or of one alone."""
    a, b, c = people(3)
    await follow(tracker, a, 0)
    await follow(tracker, b, 0, 1)
    await follow(tracker, c, 2)
    first = await join(tracker, b, a)
    again = [await join(tracker, b, a), await join(tracker, a, b)]
    third = await join(tracker, c, b)
    later = [await join(tracker, c, b), await join(tracker, b, a)]
    alone = [await join(tracker, a, a), await join(tracker, *people(1) * 2)]

    assert (first.into, first.moved, len(first.already_followed)) == (a, 1, 1)
    assert again == [first] * 2
    assert third == Joined(into=a, moved=1)
    assert later == [third, first]
    assert [one.moved for one in alone] == [0, 0]
    assert len(await follows(tracker, c)) == 3


async def test_a_chain_ends_at_one_person(tracker: Tracker) -> None:
    """Who joined somebody who joins another is that other, whom all later calls and events are for."""
    a, b, c, d = people(4)
    for number, one in enumerate((a, b, c)):
        await follow(tracker, one, number)
    await join(tracker, c, b)
    reply = await join(tracker, b, a)
    token = await tracker.issue(3)
    late = await tracker.following.redeem(redeem(token, c))
    await tracker.take(*(stage_event(f"e{number}", application=number) for number in range(4)))
    onward = [await join(tracker, c, d), await join(tracker, c, d)]

    assert reply == Joined(into=a, moved=2)
    assert isinstance(late, Redeemed)
    assert [await told(tracker, f"e{number}") for number in range(4)] == [Counter([a])] * 4
    assert onward == [Joined(into=d, moved=4)] * 2
    assert await tracker.pool.fetchval("SELECT array_agg(DISTINCT into_id) FROM joined") == [d]


async def test_late_calls_are_about_the_one(tracker: Tracker) -> None:
    """A redeem of who was joined is theirs who they are, free where either used the receipt; so is a stop."""
    a, b = people()
    token = await tracker.issue(0)
    await tracker.redeem(token, b)
    await tracker.following.stop(Stop(recipient_id=b))
    await tracker.redeem(await tracker.issue(1), a)
    await join(tracker, b, a)
    back = await tracker.redeem(token, b)
    uses = await tracker.pool.fetchval("SELECT max(redemptions) FROM claim")

    assert await follows(tracker, a) == [(await follows(tracker, a))[0], back.followed.subscription_id]
    assert uses == 1
    assert await tracker.following.stop(Stop(recipient_id=b)) == Stopped(ended=2)
    assert await follows(tracker, a) == []


@pytest.mark.parametrize("asks", [0, 1, 2])
async def test_forgetting_one_forgets_all_that_they_are(tracker: Tracker, asks: int) -> None:
    """Whichever of their names asks: nothing names any of them, and redeems and joins of all are refused."""
    everyone = a, b, c = people(3)
    token = await tracker.issue(0)
    for one in everyone:
        await tracker.redeem(token, one)
        await tracker.typing.charge(Typed(uuid4(), str(one)))
    await tracker.take(stage_event("e1"))
    await join(tracker, c, b)
    await join(tracker, b, a)
    for _ in range(2):
        await forget(tracker, everyone[asks])
    stranger = RecipientId(uuid4())
    refused = [await ask(tracker, *pair) for pair in ((c, b), (a, stranger), (stranger, b))]

    assert await names(tracker, *everyone) == 0
    assert refused == [INVALID] * 3
    assert [await tracker.following.redeem(redeem(token, one)) for one in everyone] == [INVALID] * 3
    assert await reconcile(tracker.pool, Metrics()) == 0


async def test_ends_are_entered_whoever_they_were_for(tracker: Tracker) -> None:
    """Reports of notices made before the join, kept, moved or taken back, balance the books."""
    a, b = people()
    await follow(tracker, a, 0)
    await follow(tracker, b, 0, 1)
    await tracker.take(stage_event("e0"), stage_event("e1", application=1))
    await join(tracker, b, a)
    await end(tracker, DeliveryEnd.ACCEPTED)

    assert await tracker.pool.fetchval("SELECT count(*) FROM notice WHERE ended_as = 'accepted'") == 4
    assert await reconcile(tracker.pool, Metrics()) == 0


@pytest.mark.parametrize("by_answer", [False, True])
async def test_a_correction_reaches_who_was_told_by_the_other_way(
    tracker: Tracker, *, by_answer: bool
) -> None:
    """What either heard or read when they began is corrected, once, for the one that they are."""
    a, b = people()
    await tracker.take(stage_event("right"))
    await follow(tracker, a, 0)
    if not by_answer:
        await follow(tracker, b, 0)
    await tracker.take(wrong("wrong", "rejected"))
    if by_answer:
        await follow(tracker, b, 0)
    await tracker.pool.execute(
        "UPDATE notice SET ended_as = CASE WHEN recipient_id = $1 THEN 'undeliverable' ELSE 'accepted' END,"
        " ended_at = now()",
        a,
    )
    await join(tracker, b, a)
    await withdraw(tracker)

    assert await corrections(tracker) == ["accepted"]
    assert (
        await tracker.pool.fetchval(
            "SELECT recipient_id FROM notice WHERE event_id IS NULL AND kind = 'correction'"
        )
        == a
    )
    assert await reconcile(tracker.pool, Metrics()) == 0


async def test_what_is_kept_back_goes_out_once(tracker: Tracker) -> None:
    """A notice that waits for a release is for the one person then, whoever it was made for."""
    a, b = people()
    await follow(tracker, b, 0)
    desk = Holds(tracker.pool, SystemClock(), "test")
    await desk.hold(OFFICE)
    await tracker.take(stage_event("e1"))
    await join(tracker, b, a)
    released = await desk.release(OFFICE)
    await end(tracker, DeliveryEnd.ACCEPTED)

    assert released == 1
    assert (await told(tracker, "e1")).total() == 1
    assert await tracker.pool.fetchval("SELECT recipient_id FROM notice WHERE event_id = 'e1'") == a


async def test_a_date_that_passes_is_told_to_the_one(tracker: Tracker) -> None:
    """Who waited by either way is told once, whichever document."""
    a, b = people()
    await follow(tracker, a, 0)
    await follow(tracker, b, 0, 1)
    await tracker.pool.execute("UPDATE subscription SET created_at = $1", NOON)
    for number in range(2):
        await take(tracker, f"e{number}", "verification", application=number)
    await join(tracker, b, a)
    await overdue(tracker).look()

    assert [one.recipient_id for one in await told_overdue(tracker)] == [a] * 2


async def test_a_join_may_go_over_the_limit(tracker: Tracker) -> None:
    """Two who followed as many documents as one may are joined, and follow nothing more until they stop."""
    tracker.following._limits = Limits(documents_per_citizen=2)
    a, b = people()
    await follow(tracker, a, 0, 1)
    await follow(tracker, b, 2, 3)
    reply = await join(tracker, b, a)

    assert reply.moved == 2
    assert await tracker.following.redeem(redeem(await tracker.issue(4), a)) == TOO_MANY


async def test_the_notifier_asks(
    tracker: Tracker, databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """By the call the two are one, asked again too; the forgotten are refused."""
    a, b, gone = people(3)
    await follow(tracker, b, 0)
    await forget(tracker, gone)
    async with running(databases, nats_url):
        client = RpcTracker(nats_client, "1")
        replies = [await client.join(b, a), await client.join(a, b), await client.join(a, gone)]

    assert replies == [Joined(into=a, moved=1)] * 2 + [Refused(reason="invalid")]


async def test_a_join_tells_nobody(tracker: Tracker) -> None:
    """Neither the one person nor whoever else follows a document of theirs hears of it."""
    a, b, other = people(3)
    for one in (other, a, b):
        await follow(tracker, one, 0)
    before = await tracker.pool.fetchval("SELECT count(*) FROM notice")
    await join(tracker, b, a)

    assert await tracker.pool.fetchval("SELECT count(*) FROM notice") == before
