from hypothesis import given
from hypothesis import strategies as st

from sandbox.telegram.world.limits import (
    Bucket,
    Limits,
    LimitSettings,
    Rate,
    limit_settings,
    whole_seconds,
)

RATES = st.builds(
    Rate,
    st.floats(min_value=0.1, max_value=1000),
    st.floats(min_value=1, max_value=100),
)
GAPS = st.lists(st.floats(min_value=0, max_value=3), max_size=120)
UNLIMITED = Rate(0, 1)


@given(RATES, GAPS)
def test_no_window_lets_more_through_than_burst_and_rate(rate: Rate, gaps: list[float]) -> None:
    """Between any two admissions lie at most the burst and what the rate earned meanwhile."""
    limits, now, admitted = Limits(LimitSettings(bot=rate, chat=UNLIMITED)), 0.0, []
    for gap in gaps:
        now += gap
        if limits.admit(1, now) == 0:
            admitted.append(now)

    for first, start in enumerate(admitted):
        for count, end in enumerate(admitted[first:], start=1):
            assert count <= rate.burst + (end - start) * rate.per_second + 1e-6


@given(RATES, GAPS)
def test_who_waits_as_told_is_let_through(rate: Rate, gaps: list[float]) -> None:
    """After the seconds that a refusal names, the next message is admitted."""
    limits, now = Limits(LimitSettings(bot=UNLIMITED, chat=rate)), 0.0
    for gap in gaps:
        now += gap
        wait = limits.admit(7, now)
        if wait:
            now += wait
            assert limits.admit(7, now) == 0


@given(st.floats(min_value=0, max_value=10), st.floats(min_value=0, max_value=10), RATES)
def test_a_clock_that_goes_back_earns_nothing(earlier: float, later: float, rate: Rate) -> None:
    """A bucket seen at an earlier instant than its own stays as it was."""
    bucket = Bucket(0.0, max(earlier, later))

    assert bucket.at_instant(min(earlier, later), rate) == bucket


@given(st.integers(min_value=0, max_value=500))
def test_unlimited_never_refuses(messages: int) -> None:
    """A rate of 0 admits everything."""
    limits = Limits(limit_settings(0, 0))

    assert all(limits.admit(1, 0.0) == 0 for _ in range(messages))


def test_a_refused_message_takes_no_token_of_the_bot() -> None:
    """A message that its chat's limit refuses costs the other chats nothing."""
    limits = Limits(LimitSettings(bot=Rate(1, 2), chat=Rate(1, 1)))

    assert [0, 1, 0] == [limits.admit(1, 0.0), limits.admit(1, 0.0), limits.admit(2, 0.0)]


def test_a_pause_of_one_chat_leaves_the_others_alone() -> None:
    """A paused chat is refused until its time is over; others are not."""
    limits = Limits(limit_settings(0, 0))
    limits.pause_chat(1, 60, now=0.0)

    assert [60, 0, 1, 0] == [
        limits.admit(1, 0.0),
        limits.admit(2, 0.0),
        limits.admit(1, 59.5),
        limits.admit(1, 60.0),
    ]


def test_a_pause_of_the_bot_stops_every_chat() -> None:
    """While the bot is paused nothing goes out."""
    limits = Limits(limit_settings(0, 0))
    limits.pause_bot(2, now=5.0)

    assert [2, 1, 0] == [limits.admit(1, 5.0), limits.admit(2, 6.5), limits.admit(3, 7.0)]


def test_waits_are_told_in_whole_seconds_rounded_up() -> None:
    """`retry_after` is never shorter than the wait, and never 0 for one."""
    assert [0, 1, 1, 2] == [whole_seconds(wait) for wait in (0.0, 0.001, 1.0, 1.2)]
