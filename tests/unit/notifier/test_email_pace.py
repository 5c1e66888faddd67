"""How fast each domain gets letters."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.email.pace import DomainPace


@given(st.floats(0.5, 50), st.lists(st.floats(0, 2), max_size=200))
def test_no_domain_gets_more_than_its_rate(rate: float, gaps: list[float]) -> None:
    """However letters come, no more than the rate goes out, but for one saved up or a tenth of a second."""
    pace, now, sent = DomainPace(rate), 100.0, 0
    for gap in gaps:
        now += gap
        sent += pace.wait("mail.example", now) == 0.0

    assert sent <= 1 + max(1.0, rate / 10) + rate * (now - 100.0) + 1e-6


def test_who_waits_has_a_place_of_their_own() -> None:
    """Those who come at once are sent away for growing times; who comes back then goes at once."""
    pace = DomainPace(2.0)
    waits = [pace.wait("mail.example", 100.0) for _ in range(4)]

    assert 0.0 == waits[0]
    assert [0.5, 1.0, 1.5] == [round(wait, 6) for wait in waits[1:]]
    assert [0.0] * 3 == [pace.wait("mail.example", 100.0 + wait + 1e-6) for wait in waits[1:]]


def test_one_domain_waits_for_no_other() -> None:
    """A domain that is crowded holds up nobody else, and what is kept of domains is bounded."""
    pace = DomainPace(1.0)
    for _ in range(100):
        pace.wait("crowded.example", 100.0)

    assert 0.0 == pace.wait("quiet.example", 100.0)
    for number in range(25_000):
        pace.wait(f"d{number}.example", 200.0 + number / 100)
    assert len(pace._domains) <= 10_000
