"""When a messenger is left alone, and when it is tried again."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.pacing.circuit_breaker import UNLIMITED, Breaker, Terms

TERMS = Terms(window=10, least=8, share=0.5, slow=3, pause=2, longest=16)


@dataclass(frozen=True)
class End:
    """A call that ended: how long after the one before, how long it took, whether it failed."""

    after: float
    seconds: float
    failed: bool

    @property
    def bad(self) -> bool:
        """Whether it counts against the messenger."""
        return self.failed or self.seconds >= TERMS.slow


ENDS = st.lists(st.builds(End, st.floats(0, 5), st.floats(0, 6), st.booleans()), max_size=80)


def broken_after(*ends: End) -> tuple[Breaker, float]:
    breaker, now = Breaker(TERMS), 0.0
    for end in ends:
        now += end.after
        breaker.ended(now, end.seconds, failed=end.failed)
    return breaker, now


@given(ENDS)
def test_it_breaks_only_by_share_and_number(ends: list[End]) -> None:
    """It breaks by a bad end, of enough ends within the window, of which enough were bad; and only then."""
    breaker, now, seen = Breaker(TERMS), 0.0, []
    for end in ends:
        now += end.after
        breaker.ended(now, end.seconds, failed=end.failed)
        seen.append((int(now), end.bad))
        if breaker.broken:
            break
    recent = [bad for at, bad in seen if at > int(now) - TERMS.window]

    expected = bool(seen) and seen[-1][1] and len(recent) >= TERMS.least and sum(recent) >= len(recent) / 2
    assert expected == breaker.broken
    assert (0 if breaker.broken else UNLIMITED) == breaker.allowed(now)


@given(st.integers(1, 7))
def test_few_errors_break_nothing(count: int) -> None:
    """Fewer calls than the least say nothing, however bad they were."""
    breaker, now = broken_after(*[End(0, 9, failed=True)] * count)

    assert UNLIMITED == breaker.allowed(now)


def test_slow_answers_break_it_too() -> None:
    """A messenger that answers, but far too late, is left alone as well."""
    assert broken_after(*[End(0.1, 3, failed=False)] * 8)[0].broken


@given(st.lists(st.booleans(), max_size=8))
def test_it_is_tried_one_call_at_a_time(tries: list[bool]) -> None:
    """After each pause one call tries: good ends it, bad doubles the pause up to the longest."""
    breaker, now = broken_after(*[End(0, 0, failed=True)] * 8)
    pause = TERMS.pause
    for failed in tries:
        assert (0, UNLIMITED)[not breaker.broken] == breaker.allowed(now + pause * 0.99)
        if not breaker.broken:
            return
        now += pause * 1.001
        assert 1 == breaker.allowed(now)
        breaker.begun(now)
        assert 0 == breaker.allowed(now)
        breaker.ended(now, 0, failed=failed)
        pause = min(TERMS.longest, pause * 2)

        assert failed == breaker.broken


def test_calls_begun_before_it_broke_decide_nothing() -> None:
    """What ends late neither mends it nor lengthens its pause."""
    breaker, now = broken_after(*[End(0, 0, failed=True)] * 8)
    for failed in (True, False):
        breaker.ended(now, 0, failed=failed)

    assert breaker.broken
    assert TERMS.pause == breaker.wait(now)


def test_a_try_of_which_nothing_is_heard_is_followed_by_another() -> None:
    """A call that never ends does not leave the messenger alone for ever."""
    breaker, now = broken_after(*[End(0, 0, failed=True)] * 8)
    now += TERMS.pause
    breaker.begun(now)

    assert [0, 1] == [breaker.allowed(now + 1), breaker.allowed(now + TERMS.pause)]
