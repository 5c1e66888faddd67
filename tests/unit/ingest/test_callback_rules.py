"""Callbacks as rules: patience and its end, and the places to which nothing is ever sent."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.callbacks import (
    LONGEST_PAUSE,
    PATIENCE,
    Advance,
    Delivered,
    Failed,
    FailureReason,
    Gone,
    Retry,
    Stop,
    next_attempt,
    next_step,
    parsed_retry_after,
    url_fault,
)

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
FAILURES = st.builds(
    Failed,
    st.sampled_from(FailureReason),
    st.none(),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=3)),
)


@given(st.lists(FAILURES, min_size=1, max_size=60), st.timedeltas(timedelta(0), timedelta(seconds=15)))
def test_a_receiver_that_fails_is_tried_for_a_day_and_no_longer(ends: list[Failed], took: timedelta) -> None:
    """Pauses are within bounds, the last attempt ends the day, and then the callback rests."""
    begun = [SINCE]
    for attempts, end in enumerate(ends, start=1):
        match next_step(end, attempts, SINCE, begun[-1] + took):
            case Retry(at):
                begun.append(at)
            case rest:
                assert Stop("paused", "exhausted") == rest
                assert begun[-1] + took >= SINCE + PATIENCE
                break

    assert all(earlier < later for earlier, later in pairwise(begun))
    assert all(later - earlier <= LONGEST_PAUSE + took for earlier, later in pairwise(begun))
    assert begun[-1] <= SINCE + PATIENCE


def test_pauses_double_up_to_an_hour() -> None:
    """The first pause is five seconds, so that a restart of the receiver costs nobody an hour."""
    pauses = []
    for attempts in (1, 2, 3, 4, 12, 13):
        at = next_attempt(attempts, SINCE, SINCE, None)
        assert at is not None
        pauses.append((at - SINCE).total_seconds())

    assert [5, 10, 20, 40, 3600, 3600] == pauses


@pytest.mark.parametrize(("asked", "expected"), [(1, 5), (120, 120), (90_000, 3600)])
def test_a_receiver_may_ask_for_more_time_within_bounds(asked: int, expected: int) -> None:
    """`Retry-After` lengthens a pause, up to an hour, and never shortens it."""
    at = next_attempt(1, SINCE, SINCE, timedelta(seconds=asked))

    assert SINCE + timedelta(seconds=expected) == at


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        *(("0", 0), ("120", 120), ("999999999999999999", 86_400)),
        *(("Sun, 01 Feb 2026 00:02:00 GMT", 120), ("Sunday, 01-Feb-26 00:02:00 GMT", 120)),
        *(("Sun Feb  1 00:02:00 2026", 120), ("Sun, 01 Feb 2026 02:02:00 +0200", 120)),
        *(("Sat, 31 Jan 2026 23:00:00 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400)),
        *(("", None), ("soon", None), ("-5", None), ("1.5", None), ("\u0663", None), ("9" * 5000, None)),
    ],
)
def test_a_wait_is_seconds_or_a_date(said: str, seconds: int | None) -> None:
    """All forms of HTTP are read, at most a day is believed, and what cannot be read asks for nothing."""
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert expected == parsed_retry_after(said, SINCE)


@given(st.text(max_size=70) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]?\w+"))
def test_no_wait_is_out_of_bounds(said: str) -> None:
    """Whatever a receiver writes there, nothing breaks, and the wait is between nothing and a day."""
    found = parsed_retry_after(said, SINCE)

    assert found is None or timedelta(0) <= found <= PATIENCE


def test_success_goes_on_and_410_ends() -> None:
    """The first attempt and the last one are judged alike."""
    late = SINCE + 2 * PATIENCE

    assert [Advance()] * 2 == [next_step(Delivered(204), 1, SINCE, at) for at in (SINCE, late)]
    assert [Stop("disabled", "gone")] * 2 == [next_step(Gone(), 40, SINCE, at) for at in (SINCE, late)]


@pytest.mark.parametrize(
    "url",
    [
        *("", "office.example", "ftp://office.example/", "https://", "https:///x", "http://office.example/"),
        *(
            "https://user:secret@office.example/",
            "https://user@office.example/",
            "https://[::1",
            "https://h:x/",
        ),
        *("https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1:8443/hook", "https://office.example/a b"),
        *("https://office.example/\n", "https://офіс.example/", "https://office.example/" + "x" * 2000),
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    """No plain text, no password, nothing inside, nothing that two programs could read in two ways."""
    assert url_fault(url, private=False) is not None


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://office.example/hook?x=1", False),
        ("https://8.8.8.8:8443/", False),
        ("http://127.0.0.1:9/", True),
        ("http://office.local/", True),
    ],
)
def test_urls_that_are_taken(url: str, private: bool) -> None:  # noqa: FBT001 - drawn
    """The internet by https; one's own network only where the setting allows it."""
    assert url_fault(url, private=private) is None
