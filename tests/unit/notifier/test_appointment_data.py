"""What the buttons of appointments carry comes back as it was meant, and nothing else is taken for it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.wording.keyboard import appointment_data, callback_data
from services.notifier.wording.keyboard.appointment_data import Appointing

instants = st.integers(0, 60 * 24 * 366 * 150).map(
    lambda minutes: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(st.uuids(), instants, st.dates(date(1970, 1, 1), date(2150, 1, 1)))
def test_each_button_means_what_it_was_made_of(subscription: UUID, at: datetime, day: date) -> None:
    """Days and times come back to the minute, within what a button can carry."""
    made = {
        appointment_data.day(subscription, day): Appointing("day", subscription, day=day),
        appointment_data.time("slot", subscription, at): Appointing("slot", subscription, starts_at=at),
        appointment_data.time("book", subscription, at): Appointing("book", subscription, starts_at=at),
        appointment_data.plain("give_back", subscription): Appointing("give_back", subscription),
        appointment_data.plain("wait", subscription): Appointing("wait", subscription),
        appointment_data.plain("rest", subscription): Appointing("rest", subscription),
    }
    assert {data: callback_data.parse(data) for data in made} == made
    assert all(len(data.encode()) <= callback_data.LONGEST for data in made)


@given(st.from_regex(r"t[a-z]:[0-9a-f]{32}(:[0-9]{0,12})?", fullmatch=True) | st.text(max_size=64))
def test_whatever_is_tapped_is_read_or_is_nothing(data: str) -> None:
    """No text that comes back from a messenger raises, and no day or time lies where no calendar reaches."""
    found = appointment_data.parse(data)
    assert found is None or found.starts_at is None or found.starts_at.year < 2200
    assert found is None or found.day is None or found.day.year < 2200
