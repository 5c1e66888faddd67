"""A thief who followed by a receipt that was issued again, or revoked, lets nobody else follow."""

import asyncio
from uuid import uuid4

import pytest

from contracts.messages.following import Share, Shared
from contracts.messages.ids import Publisher, RecipientId, SubscriptionId
from contracts.messages.rpc import RevokeClaim, StatusQuery
from services.tracker.following.claims import INVALID
from services.tracker.following.sharing import LAPSED
from tests.integration.tracker.conftest import Tracker, catalogue, claim, other, pool, redeem, tracker

__all__ = ["catalogue", "other", "pool", "tracker"]
OLD, NEW = "a" * 22, "b" * 22


async def follow(tracker: Tracker, token: str) -> tuple[RecipientId, SubscriptionId]:
    """Let somebody new follow."""
    who = RecipientId(uuid4())
    return who, (await tracker.redeem(token, who)).followed.subscription_id


def share(who: tuple[RecipientId, SubscriptionId]) -> Share:
    return Share(recipient_id=who[0], subscription_id=who[1], share_id=uuid4())


async def reissue(tracker: Tracker) -> None:
    await tracker.claims.issue(claim(NEW, receipt="r1", generation=2))


async def revoke(tracker: Tracker) -> None:
    await tracker.claims.revoke(RevokeClaim(publisher=Publisher("office"), receipt_id="r1"))


@pytest.mark.parametrize("end", [reissue, revoke])
async def test_an_old_receipt_gives_no_share(tracker: Tracker, end: object) -> None:
    """Who came by it, or by a share of it, goes on following, is told so, and shares nothing on."""
    await tracker.claims.issue(claim(OLD, receipt="r1"))
    thief = await follow(tracker, OLD)
    known = share(thief)
    earlier = await tracker.sharing.share(known)
    assert isinstance(earlier, Shared)
    friend = await follow(tracker, earlier.token)
    await (reissue if end is reissue else revoke)(tracker)
    answers = [await tracker.sharing.share(one) for one in (share(thief), share(friend), known)]
    status = [await tracker.following.status(StatusQuery(recipient_id=one)) for one, _ in (thief, friend)]

    assert answers == [LAPSED] * 3
    assert [len(one.followed) for one in status] == [1, 1]


async def test_who_uses_the_new_receipt_shares_again(tracker: Tracker) -> None:
    """The right comes from the receipt that stands, whichever one began the subscription."""
    await tracker.claims.issue(claim(OLD, receipt="r1"))
    owner = await follow(tracker, OLD)
    await reissue(tracker)
    again = await tracker.redeem(NEW, owner[0])
    reply = await tracker.sharing.share(share(owner))

    assert not again.created
    assert isinstance(reply, Shared)
    assert (await tracker.redeem(reply.token)).created


async def test_a_name_of_a_share_does_not_bring_a_dead_one_back(tracker: Tracker) -> None:
    """The same share asked for under the new receipt is another one, which opens."""
    await tracker.claims.issue(claim(OLD, receipt="r1"))
    owner = await follow(tracker, OLD)
    named = share(owner)
    first = await tracker.sharing.share(named)
    await reissue(tracker)
    await tracker.redeem(NEW, owner[0])
    second = await tracker.sharing.share(named)
    assert isinstance(first, Shared)
    assert isinstance(second, Shared)

    assert await tracker.following.redeem(redeem(first.token)) == INVALID
    assert (await tracker.redeem(second.token)).created


async def test_who_does_not_follow_is_told_nothing_else(tracker: Tracker) -> None:
    """A stranger learns neither that the subscription is there nor how its receipt stands."""
    await tracker.claims.issue(claim(OLD, receipt="r1"))
    _, subscription = await follow(tracker, OLD)
    await revoke(tracker)

    assert await tracker.sharing.share(share((RecipientId(uuid4()), subscription))) == INVALID


async def test_a_share_racing_a_reissue_opens_nothing_afterwards(tracker: Tracker, other: Tracker) -> None:
    """Whichever comes first, what the old receipt gave is void once the new one stands."""
    for number in range(20):
        receipt, tokens = f"r{number}", [f"{number}{one}".ljust(22, "_") for one in "ab"]
        await tracker.claims.issue(claim(tokens[0], number, receipt))
        thief = await follow(tracker, tokens[0])
        given, _ = await asyncio.gather(
            tracker.sharing.share(share(thief)), other.claims.issue(claim(tokens[1], number, receipt, 2))
        )
        if isinstance(given, Shared):
            assert await tracker.following.redeem(redeem(given.token)) == INVALID
        else:
            assert given == LAPSED
