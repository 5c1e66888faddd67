"""How fast we may send."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.pacing.token_buckets import Bucket, Rests

START = 1000.0
rates = st.floats(0.5, 1000)
waits = st.lists(st.tuples(st.floats(0, 3), st.integers(0, 40)), max_size=40)
DUST = 1e-6


@given(rates, waits)
def test_never_faster_than_the_rate(rate: float, wishes: list[tuple[float, int]]) -> None:
    """Between any two instants no more is given out than the rate allows and a burst."""
    bucket, now = Bucket(rate, START), START
    given_out: list[tuple[float, int]] = []
    for wait, wish in wishes:
        now += wait
        taken = min(wish, bucket.available(now))
        bucket.take(taken, now)
        given_out.append((now, taken))

    for first, (begin, _) in enumerate(given_out):
        for last in range(first, len(given_out)):
            total = sum(count for _, count in given_out[first : last + 1])
            assert total <= bucket.burst + rate * (given_out[last][0] - begin) + DUST


@given(rates, waits)
def test_empty_at_take_over(rate: float, wishes: list[tuple[float, int]]) -> None:
    """A new owner starts with nothing: what it gives out was all earned since."""
    bucket, now, total = Bucket(rate, START), START, 0
    for wait, wish in wishes:
        now += wait
        taken = min(wish, bucket.available(now))
        bucket.take(taken, now)
        total += taken

    assert total <= rate * (now - START) + DUST


@given(rates, st.floats(0, 100))
def test_waiting_as_told_is_enough(rate: float, pause: float) -> None:
    """After exactly the wait that it names a token is available."""
    bucket = Bucket(rate, START)
    bucket.pause(START + pause)

    later = START + bucket.wait(START) + DUST
    assert bucket.available(later) >= 1
    assert 0 == bucket.wait(later)


@given(rates, st.floats(0.001, 100), st.floats(0, 0.999))
def test_a_pause_gives_nothing_and_saves_nothing(rate: float, pause: float, part: float) -> None:
    """During a pause there is no token, and at its end none has been saved up."""
    bucket = Bucket(rate, START - 100)
    assert bucket.available(START) >= 1
    bucket.pause(START + pause)

    assert 0 == bucket.available(START + pause * part)
    assert 0 == bucket.available(START + pause)


@given(rates, st.integers(0, 50))
def test_unused_tokens_come_back(rate: float, unused: int) -> None:
    """Tokens given back are there again, never more than the bucket holds."""
    bucket = Bucket(rate, START)
    there = bucket.available(START + 60)
    used = min(unused, there)
    bucket.take(used, START + 60)
    bucket.give_back(used)

    assert there == bucket.available(START + 60)


def test_what_is_not_there_cannot_be_taken() -> None:
    """Taking more than is available is an error of the caller."""
    bucket = Bucket(30, START)

    with pytest.raises(ValueError, match="1 tokens"):
        bucket.take(1, START)


@given(rates, st.lists(st.tuples(st.floats(0, 3), st.integers(1, 3)), max_size=40))
def test_each_chat_rests_between_messages(rate: float, wishes: list[tuple[float, int]]) -> None:
    """Two messages to a chat are never nearer than its rate says, not even across a take-over."""
    rests, now = Rests(rate, START), START
    last: dict[UUID, float] = {UUID(int=chat): START for chat in range(1, 4)}
    for wait, number in wishes:
        now, chat = now + wait, UUID(int=number)
        if now < rests.opens or chat in rests.resting(now):
            continue
        assert now - last[chat] >= 1 / rate - DUST
        rests.sent(chat, now)
        last[chat] = now


def test_a_longer_rest_stands() -> None:
    """A pause that the messenger ordered is not shortened by the ordinary rest."""
    rests, chat = Rests(1, START), UUID(int=1)
    rests.rest(chat, START + 30)
    rests.sent(chat, START + 1)

    assert {chat: START + 30} == rests.resting(START + 5)
    assert {} == rests.resting(START + 30)
