"""What a message costs, and when none is begun any more."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from services.notifier.domain.sessions import SESSION, Allowance, Tariff, may_begin, price

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
SPANS = st.timedeltas(timedelta(0), timedelta(days=3)) | st.timedeltas(timedelta(0), timedelta(days=400))


@example(timedelta(hours=24))
@example(timedelta(hours=24, microseconds=-1))
@example(timedelta(hours=24, microseconds=1))
@given(SPANS)
def test_a_day_from_what_began_a_session_everything_is_free(span: timedelta) -> None:
    """Within 24 hours of the message that began a session one is free, from then on it is paid."""
    assert ("free" if span < timedelta(hours=24) else "paid") == price(NOW - span, NOW)


@given(SPANS)
def test_where_there_are_no_sessions_nothing_is_free(span: timedelta) -> None:
    """Whenever somebody was heard of, a message costs something, and is counted against the ceiling."""
    allowance = Allowance(Tariff(KYIV, 1, session=None))
    allowance.begin(date(2026, 3, 1), 0)

    assert "paid" == price(NOW - span, NOW, None)
    assert ["paid", None] == [allowance.take(NOW - span, NOW, actionable=False) for _ in range(2)]


def test_whoever_never_wrote_is_written_to_for_money() -> None:
    """Without a message of the citizen's there is no session."""
    assert "paid" == price(None, NOW)


@given(SPANS, SPANS)
def test_a_later_session_is_never_dearer(one: timedelta, other: timedelta) -> None:
    """A session that began later never makes a message cost more."""
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


@given(st.integers(0, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds)))
@example(datetime(2026, 3, 31, 20, 59, 59, tzinfo=UTC))
@example(datetime(2026, 3, 31, 21, tzinfo=UTC))
def test_months_are_those_of_the_agency(now: datetime) -> None:
    """An instant is in the month of the agency's calendar, which ends where the next one begins."""
    tariff = Tariff(KYIV, None)
    month, end = tariff.month(now), tariff.end(tariff.month(now))

    assert (now.astimezone(KYIV).year, now.astimezone(KYIV).month, 1) == (month.year, month.month, month.day)
    assert now < end
    assert tariff.month(end - timedelta(microseconds=1)) == month
    assert tariff.month(end) > month


STEPS = st.lists(
    st.tuples(st.sampled_from(["news", "act", "session", "accepted", "refused", "month"]), st.integers(1, 3)),
    max_size=60,
)


@given(st.none() | st.integers(0, 5), st.integers(0, 8), STEPS)
@example(1, 0, [("news", 1), ("news", 1), ("refused", 1), ("news", 1)])
def test_news_are_never_paid_for_beyond_the_ceiling(
    ceiling: int | None, sent: int, steps: Sequence[tuple[str, int]]
) -> None:
    """Whatever is in the air, accepted, refused or of another month: the ceiling holds, and is used."""
    allowance, month, flying = Allowance(Tariff(KYIV, ceiling)), date(2026, 3, 1), list[date]()
    allowance.begin(month, sent)
    for what, messages in steps:
        if what in ("news", "act"):
            room = what == "act" or ceiling is None or sent + len(flying) < ceiling
            assert ("paid" if room else None) == allowance.take(None, NOW, actionable=what == "act")
            flying += [month] * room
        elif what == "session":
            assert "free" == allowance.take(NOW, NOW, actionable=False)
        elif what == "month":
            month, sent = (month + timedelta(days=31)).replace(day=1), 0
            allowance.begin(month, sent)
        elif flying:
            taken, accepted = flying.pop(0), messages if what == "accepted" else 0
            allowance.settle(taken, accepted)
            sent += accepted if taken == month else 0
        assert allowance.left == (None if ceiling is None else max(0, ceiling - sent - len(flying)))
