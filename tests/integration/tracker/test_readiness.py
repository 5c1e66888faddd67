"""Who follows a document that waits for them: only that may be booked for, under a name that says nothing."""

import asyncio
from uuid import UUID, uuid4

import pytest

from contracts.messages.desk.ready import (
    OneAsked,
    Ready,
    ReadyQuery,
    ReceiptsQuery,
)
from contracts.messages.following import Join
from contracts.messages.forget import Forget
from contracts.messages.ids import Publisher, RecipientId, SubscriptionId
from contracts.messages.rpc import Stop
from runtime.clock import SystemClock
from services.tracker.following.erasure import Erasure
from services.tracker.following.readiness import Readiness
from tests.integration.tracker.conftest import NOON, Tracker, key, stage_event
from tests.integration.tracker.test_own import follow, someone


def readiness(tracker: Tracker) -> Readiness:
    return Readiness(tracker.pool, SystemClock(), tracker.catalogue)


async def ready(tracker: Tracker, *asked: tuple[RecipientId, SubscriptionId]) -> tuple[Ready | None, ...]:
    """Ask about people."""
    query = ReadyQuery(asked=tuple(OneAsked(recipient_id=who, subscription_id=what) for who, what in asked))
    return (await readiness(tracker).ready(query)).ready


async def test_only_a_document_that_waits_at_an_office_is_ready(tracker: Tracker) -> None:
    """Not before it arrived, not without an office, not once it is issued."""
    me = someone()
    mine = await follow(tracker, me)
    found = []
    for number, (stage, office) in enumerate(
        (("shipped", "kyiv-1"), ("arrived", None), ("arrived", "kyiv-1"), ("issued", "kyiv-1"))
    ):
        happened = NOON.replace(hour=number + 1)
        await tracker.take(stage_event(f"e{number}", stage, office=office, occurred_at=happened))
        (one,) = await ready(tracker, (me, mine))
        found.append(None if one is None else (one.stage, one.office, one.publisher, one.document_type))
    assert found == [None, None, ("arrived", "kyiv-1", "office", "id_card"), None]


async def test_a_correction_is_not_ready_though_one_must_act(tracker: Tracker) -> None:
    """A stage beside the way asks for papers, and hands nothing over."""
    me = someone()
    mine = await follow(tracker, me)
    await tracker.take(stage_event("e1", "correction_needed", office="kyiv-1"))
    assert await ready(tracker, (me, mine)) == (None,)


async def test_the_name_of_an_application_is_one_for_all_who_follow_and_no_key(tracker: Tracker) -> None:
    """Asked at once from several sides it has one name, which is not made of what it stands for."""
    me, neighbour = someone(), someone()
    mine, theirs = await follow(tracker, me), await follow(tracker, neighbour)
    await tracker.take(stage_event("e1", "arrived", office="kyiv-1"))
    answers = await asyncio.gather(*(ready(tracker, (me, mine), (neighbour, theirs)) for _ in range(8)))
    names = {one.application for answer in answers for one in answer if one is not None}
    (name,) = names
    assert key(0) not in name.hex
    assert name.version == 4


async def test_of_others_and_of_what_is_over_nothing_is_told(tracker: Tracker) -> None:
    """Another's subscription, one that never was, one that was stopped, one of a person who is forgotten."""
    me, leaving, gone = someone(), someone(), someone()
    mine, left, lost = [await follow(tracker, who) for who in (me, leaving, gone)]
    await tracker.take(stage_event("e1", "arrived", office="kyiv-1"))
    await tracker.following.stop(Stop(recipient_id=leaving, subscription_id=left))
    await Erasure(tracker.pool, SystemClock()).forget(Forget(recipient_id=gone, at=NOON))
    never = SubscriptionId(uuid4())
    asked = ((someone(), mine), (me, never), (leaving, left), (gone, lost), (me, mine))
    answers = await ready(tracker, *asked)
    assert [one is not None for one in answers] == [False, False, False, False, True]


async def test_two_who_became_one_are_told_under_the_names_that_stand(tracker: Tracker) -> None:
    """After a join both old names lead to the one person and the one subscription that are there now."""
    me, other = someone(), someone()
    mine, theirs = await follow(tracker, me), await follow(tracker, other)
    await tracker.take(stage_event("e1", "arrived", office="kyiv-1"))
    await tracker.joining.join(Join(joining=other, into=me))
    answers = await ready(tracker, (other, theirs), (me, mine))
    found = {(one.recipient_id, one.subscription_id) for one in answers if one is not None}
    assert len(found) == 1
    ((person, _),) = found
    assert person == me


@pytest.mark.parametrize("publisher", ["office", "stranger"])
async def test_a_publisher_finds_its_own_receipt_by_the_name_and_nobody_else_does(
    tracker: Tracker, publisher: str
) -> None:
    """The newest receipt of the publisher's own stands for the name; to others it says nothing."""
    me = someone()
    token = await tracker.issue(receipt="r-7")
    mine = (await tracker.redeem(token, me)).followed.subscription_id
    await tracker.take(stage_event("e1", "arrived", office="kyiv-1"))
    (one,) = await ready(tracker, (me, mine))
    assert one is not None
    query = ReceiptsQuery(publisher=Publisher(publisher), applications=(one.application, UUID(int=3)))
    answer = await readiness(tracker).receipts(query)
    assert answer.receipts == (("r-7", None) if publisher == "office" else (None, None))
