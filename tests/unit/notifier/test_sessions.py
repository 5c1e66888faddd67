"""What a message costs, and when none is begun any more."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from services.notifier.domain.sessions import SESSION, may_begin, price

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPANS = st.timedeltas(timedelta(0), timedelta(days=3)) | st.timedeltas(timedelta(0), timedelta(days=400))


@example(timedelta(hours=24))
@example(timedelta(hours=24, microseconds=-1))
@example(timedelta(hours=24, microseconds=1))
@given(SPANS)
def test_a_day_from_what_somebody_wrote_everything_is_free(span: timedelta) -> None:
    """Within 24 hours of the citizen's last message a message is free, from then on it is paid."""
    assert ("free" if span < timedelta(hours=24) else "paid") == price(NOW - span, NOW)


def test_whoever_never_wrote_is_written_to_for_money() -> None:
    """Without a message of the citizen's there is no session."""
    assert "paid" == price(None, NOW)


@given(SPANS, SPANS)
def test_whoever_wrote_later_is_never_dearer(one: timedelta, other: timedelta) -> None:
    """A later message of the citizen's never makes ours cost more."""
    later, earlier = min(one, other), max(one, other)

    assert not (price(NOW - later, NOW) == "paid" and price(NOW - earlier, NOW) == "free")


def test_a_clock_that_is_behind_costs_nothing() -> None:
    """A message of the citizen's that seems to come from the future opens a session as any other."""
    assert "free" == price(NOW + SESSION, NOW)


@given(st.integers(0, 10_000), st.none() | st.integers(0, 10_000))
def test_the_ceiling_holds_back_all_but_what_must_be_acted_on(paid: int, ceiling: int | None) -> None:
    """What is actionable always goes out, anything else while less than the ceiling was paid for."""
    assert may_begin(paid, ceiling, actionable=True)
    assert (ceiling is None or paid < ceiling) == may_begin(paid, ceiling, actionable=False)


@given(st.integers(0, 100), st.integers(0, 300))
def test_a_month_pays_for_no_more_than_the_ceiling(ceiling: int, wishes: int) -> None:
    """However many messages wait, those that nobody must act on are paid for up to the ceiling."""
    paid = 0
    for _ in range(wishes):
        paid += may_begin(paid, ceiling, actionable=False)

    assert min(ceiling, wishes) == paid
