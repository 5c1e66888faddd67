"""Which of two subscriptions of one person stays, and what is taken back, for any past of both."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import EventId, NoticeId, Publisher, SubscriptionId
from contracts.messages.notice import NoticeKind, notice_id
from services.tracker.domain.batch import Identity
from services.tracker.domain.joining import TOLD, Said, Settled, Way, settle
from tests.unit.tracker.conftest import NOON

INTO, JOINING = SubscriptionId(UUID(int=1)), SubscriptionId(UUID(int=2))
ENDS = st.sampled_from([None, None, *DeliveryEnd])
Past = tuple[int, Sequence[DeliveryEnd | None]]
"""Before which of the events somebody began to follow, and how the notice of each event ended."""
EVENTS = 5


def said(subscription: SubscriptionId, revision: int, end: DeliveryEnd | None) -> Said:
    """Return the notice of the event that raised the revision."""
    cause = Identity(Publisher("office"), EventId(f"e{revision}"))
    name = notice_id(NoticeKind.ADVANCE, "\x1f".join(cause), subscription)
    return Said(name, NoticeKind.ADVANCE, revision, cause, NOON + timedelta(hours=revision), end)


def way(subscription: SubscriptionId, past: Past) -> Way:
    """Return a subscription that was told of every event after it began."""
    began, ends = past
    return Way(subscription, [said(subscription, n, end) for n, end in enumerate(ends) if n >= began])


def beside(subscription: SubscriptionId, kind: NoticeKind, at: int, end: DeliveryEnd | None = None) -> Said:
    """Return a notice that no event caused, of an hour."""
    name = NoticeId(uuid5(subscription, f"{kind}{at}"))
    return Said(name, kind, 7, None, NOON + timedelta(hours=at), end)


def left(settled: Settled, *ways: Way) -> list[Said]:
    """Return what still waits."""
    waits = [one for each in ways for one in each.said if one.end is None]
    return [one for one in waits if one.notice_id not in settled.needless]


PAST = st.tuples(st.integers(0, EVENTS), st.lists(ENDS, min_size=EVENTS, max_size=EVENTS))


@given(PAST, PAST)
def test_the_one_person_hears_what_they_have_not_heard_once(mine: Past, theirs: Past) -> None:
    """The newest news that neither way has told goes out by the one that stays, nothing older after it."""
    into, joining = way(INTO, mine), way(JOINING, theirs)
    settled = settle(into, joining)
    waits = left(settled, into, joining)
    stays = into if settled.stays == INTO else joining
    read = max((one.revision for each in (into, joining) for one in each.said if one.end in TOLD), default=-1)
    both = range(max(mine[0], theirs[0]), EVENTS)
    due = {n for n in both if n > read and None in (mine[1][n], theirs[1][n])}
    by_the_other = max(
        (one.revision for one in (joining if stays is into else into).said if one.end in TOLD), default=-1
    )

    assert {settled.stays, settled.ended} == {INTO, JOINING}
    assert [one for one in waits if one not in stays.said] == []
    assert max(due, default=None) == max((one.revision for one in waits if one.revision > read), default=None)
    assert [one for one in waits if one.revision <= by_the_other or one.revision not in both] == []


@given(PAST)
def test_the_way_of_the_one_who_is_joined_into_stays(mine: Past) -> None:
    """Of two that were told alike that of the person who stays goes on."""
    into, joining = way(INTO, mine), way(JOINING, mine)
    settled = settle(into, joining)

    assert settled.stays == INTO
    assert settled.needless >= {one.notice_id for one in joining.said if one.end is None}
    assert settle(into, Way(JOINING, ())).stays == INTO


def test_news_that_waits_by_one_way_alone_is_not_lost() -> None:
    """Where one way could not be reached the other one stays with what it has to tell."""
    into = way(INTO, (0, [DeliveryEnd.ACCEPTED, DeliveryEnd.UNDELIVERABLE, DeliveryEnd.UNDELIVERABLE]))
    joining = way(JOINING, (0, [DeliveryEnd.ACCEPTED, None, None]))

    assert settle(into, joining) == Settled(JOINING, INTO, frozenset())


def test_a_correction_that_waits_is_not_lost() -> None:
    """A correction has no event: that one was not told of it does not say that they began later."""
    into = Way(INTO, [said(INTO, 1, DeliveryEnd.UNDELIVERABLE)])
    joining = Way(
        JOINING, [said(JOINING, 1, DeliveryEnd.ACCEPTED), beside(JOINING, NoticeKind.CORRECTION, 2)]
    )

    assert settle(into, joining) == Settled(JOINING, INTO, frozenset())


def test_nobody_is_told_that_they_follow_beside_themselves() -> None:
    """That a new follower came is not told where it was the same person."""
    name = notice_id(NoticeKind.FOLLOWER, str(JOINING), INTO)
    other = beside(INTO, NoticeKind.FOLLOWER, 2)
    into = Way(INTO, [Said(name, NoticeKind.FOLLOWER, 0, None, NOON, None), other])

    assert settle(into, Way(JOINING, ())).needless == {name}


def test_what_was_made_together_is_told_once() -> None:
    """Of a follower or a date that one way has told the other does not tell; of another one it does."""
    kind = NoticeKind.OVERDUE
    waits = [beside(INTO, kind, 1), beside(INTO, kind, 2), beside(INTO, NoticeKind.FOLLOWER, 1)]
    told = Way(JOINING, [beside(JOINING, kind, 1, DeliveryEnd.ACCEPTED)])

    assert settle(Way(INTO, waits), told).needless == {waits[0].notice_id}
