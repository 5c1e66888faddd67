"""The rules of calls: windows, pauses, when they end, and the addresses of back offices."""

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue.calls import link_template
from services.desk.domain.calling import Outcome, Rules, Window, after, again_fault, link_of
from worktime.calendar import Calendar

KYIV = ZoneInfo("Europe/Kyiv")
HOURS = ("Mo-Fr 09:00-13:00,14:00-18:00; PH off", "24/7", "Sa 22:00-24:00", "Mo-Su 08:00-20:00")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
WINDOWS = st.builds(Window, st.sampled_from(HOURS), st.just(Calendar()), st.just(KYIV))
RULES = st.builds(
    Rules,
    WINDOWS,
    st.integers(1, 6),
    st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=3)), min_size=1, max_size=4).map(tuple),
    st.timedeltas(timedelta(days=1), timedelta(days=60)),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(WINDOWS, MOMENTS)
def test_the_next_time_to_call_is_the_first_open_one(window: Window, at: datetime) -> None:
    """It is open then, it was not before, and who asks while it is open is told to call now."""
    found = window.from_then(at)

    assert found is not None
    assert found >= at
    assert window.is_open(found)
    assert (found == at) == window.is_open(at)
    if found > at:
        assert not window.is_open(at + (found - at) / 2)


@given(RULES, MOMENTS, st.integers(1, 8), st.timedeltas(timedelta(), timedelta(days=20)))
def test_nobody_is_called_too_soon_too_often_or_too_late(
    rules: Rules, now: datetime, unanswered: int, age: timedelta
) -> None:
    """After no answer there is a pause, the window, and an end: by the number of tries or by age."""
    missed_at = now - age
    follows = after(Outcome("no_answer"), unanswered, now=now, missed_at=missed_at, rules=rules)

    assert follows.over == (follows.due_at is None)
    if follows.due_at is None:
        first = rules.window.from_then(now + rules.pauses[min(unanswered, len(rules.pauses)) - 1])
        assert unanswered >= rules.tries or first is None or first > missed_at + rules.life
    else:
        assert unanswered < rules.tries
        assert follows.due_at >= now + min(rules.pauses)
        assert follows.due_at <= missed_at + rules.life
        assert rules.window.is_open(follows.due_at)


@given(RULES, MOMENTS, st.sampled_from(["reached", "wrong_number", "wants"]), st.integers(0, 8))
def test_whoever_was_spoken_to_is_not_called_again(
    rules: Rules, now: datetime, result: str, before: int
) -> None:
    """Every answer but a time to call again ends the entry, by its own name."""
    outcome = Outcome(result, "person" if result == "wants" else None)  # type: ignore[arg-type]  # one of them

    assert result == after(outcome, before, now=now, missed_at=now, rules=rules).ended


@given(RULES, MOMENTS, st.timedeltas(-timedelta(days=2), timedelta(days=90)))
def test_a_time_that_is_agreed_on_is_one_at_which_somebody_calls(
    rules: Rules, now: datetime, in_: timedelta
) -> None:
    """A time without a fault is later, in the window, and before the news is too old."""
    fault = again_fault(now + in_, now=now, missed_at=now, rules=rules)
    good = in_ > timedelta() and in_ <= rules.life and rules.window.is_open(now + in_)

    assert good == (fault is None)
    assert again_fault(None, now=now, missed_at=now, rules=rules) == "no_time"


def test_summer_time_moves_the_window() -> None:
    """Nine o'clock is nine o'clock there, before and after the clocks change."""
    window = Window("Mo-Su 09:00-18:00", Calendar(), KYIV)
    found = [window.from_then(datetime(2026, 3, day, 20, tzinfo=UTC)) for day in (27, 28)]

    assert [datetime(2026, 3, 28, 7, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)] == found


@given(NAMES, st.one_of(st.none(), NAMES))
def test_an_address_leads_to_its_own_host_whatever_the_reference(
    event_id: str, receipt_id: str | None
) -> None:
    """A reference is one part of the path or the query, and never becomes another one."""
    template = "https://office.example/cases/{receipt_id}/x?event={event_id}"
    found = link_of({"office": template}, "office", event_id, receipt_id)

    if receipt_id is None or not receipt_id.strip(".") or not event_id.strip("."):
        assert found is None
    else:
        assert found is not None
        parts = urlsplit(found)
        assert ("https", "office.example", "") == (parts.scheme, parts.netloc, parts.fragment)
        assert ["", "cases", receipt_id, "x"] == [unquote(one) for one in parts.path.split("/")]
        assert f"event={event_id}" == unquote(parts.query)


def test_a_publisher_without_an_address_has_none() -> None:
    """Where the agency gave none the reference is shown in its place."""
    assert link_of({}, "office", "e-1", "r-1") is None


@pytest.mark.parametrize(
    "template",
    [
        "http://office.example/{event_id}",
        "https://office.example/cases",
        "https://{event_id}.example/",
        "https://user:secret@office.example/{event_id}",
        "https:///{event_id}",
        "https://office.example/{number}",
        "https://office.example/{event_id",
        "https://office.example/{{event_id}}",
        "https://office.example/ {event_id}",
        'https://office.example/{event_id}"onclick="',
        "https://[::1/{event_id}",
        "javascript:alert('{event_id}')",
        "//office.example/{event_id}",
        "https://office.example/{event_id}" + "x" * 1000,
    ],
)
def test_what_is_no_address_of_a_back_office_is_refused(template: str) -> None:
    """Only https, a host that is fixed, and places that are known."""
    with pytest.raises(ValueError, match=r"."):
        link_template(template)


def test_good_addresses_are_taken() -> None:
    """A path, a query and a fragment may hold places, a port may be named."""
    for template in ("https://o.example:8443/a/{receipt_id}", "https://o.example/?q={event_id}#{receipt_id}"):
        assert template == link_template(template)
