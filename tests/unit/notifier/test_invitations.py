"""On which day somebody is told that their document is ready: rules of spreading over days."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import Holidays, Invitations, load_catalogue
from contracts.messages.ids import RecipientId
from contracts.messages.notice import NoticeKind
from sandbox.agency import CATALOGUE
from services.notifier.domain.invitations import HORIZON_DAYS, Pacing, days_for
from tests.integration.notifier.world import notice
from worktime.calendar import calendar_of

KYIV = ZoneInfo("Europe/Kyiv")
MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
WEEKS = st.lists(st.integers(0, 4), min_size=7, max_size=7).filter(any)
INVITED = st.dictionaries(st.integers(0, 20).map(lambda number: MONDAY + number * DAY), st.integers(0, 6))


def pacing(**a_day: int) -> Pacing:
    """Return that of the sample with one office that invites so many by weekdays (`Mo_Th`)."""
    sample = load_catalogue(CATALOGUE)
    terms = Invitations(a_day={days.replace("_", "-"): most for days, most in a_day.items()})
    offices = {**sample.offices, "kyiv-1": sample.offices["kyiv-1"].model_copy(update={"invitations": terms})}
    holidays = Holidays.model_validate({"dates": [MONDAY + 2 * DAY]})
    return Pacing(sample.model_copy(update={"offices": offices}), calendar_of(holidays), KYIV)


@given(st.integers(0, 60), INVITED, WEEKS)
def test_nobody_waits_longer_than_room_and_order_want(
    count: int, invited: Mapping[date, int], week: Sequence[int]
) -> None:
    """Days hold what they have room for, nobody goes before who stands ahead, no room is passed by."""

    def places(day: date) -> int:
        return week[day.weekday()]

    found = days_for(count, invited, places, MONDAY)

    used = Counter(found)
    assert count == len(found)
    assert found == sorted(found)
    assert all(invited.get(day, 0) + used[day] <= places(day) for day in used)
    for day in (MONDAY + number * DAY for number in range((max(found, default=MONDAY) - MONDAY).days)):
        assert invited.get(day, 0) + used[day] >= places(day)


@given(st.integers(0, 40), st.integers(0, 40), WEEKS)
def test_to_give_days_at_once_or_one_after_the_other_is_the_same(
    first: int, second: int, week: Sequence[int]
) -> None:
    """Batches do not matter: who comes later gets what the whole queue would have given them."""

    def places(day: date) -> int:
        return week[day.weekday()]

    one = days_for(first, {}, places, MONDAY)
    other = days_for(second, Counter(one), places, max(one, default=MONDAY))

    assert days_for(first + second, {}, places, MONDAY) == [*one, *other]


def test_where_no_day_has_room_all_are_told_at_once() -> None:
    """An office that would never invite anybody again keeps no one from knowing."""
    assert [MONDAY, MONDAY] == days_for(2, {}, lambda _: 0, MONDAY)
    late = MONDAY + (HORIZON_DAYS - 1) * DAY
    assert [late] == days_for(1, {}, lambda day: int(day == late), MONDAY)


def test_days_off_invite_nobody() -> None:
    """On holidays and on days that are left out nobody is told; where nothing is said everybody is."""
    places = pacing(Mo_Th=3, Fr=1).places("kyiv-1")

    assert [3, 3, 0, 3, 1, 0, 0] == [places(MONDAY + number * DAY) for number in range(7)]
    assert pacing(Mo=1).places("kyiv-2")(MONDAY) is None


def test_today_is_at_once_and_later_days_begin_at_nine() -> None:
    """Whose day has come is told now, others in the morning of theirs, by the office's clock."""
    now = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # half past midnight in Kyiv, on Tuesday

    assert MONDAY + DAY == pacing(Mo=1).today(now)
    assert now == pacing(Mo=1).moment(MONDAY + DAY, now)
    assert datetime(2026, 3, 4, 7, 0, tzinfo=UTC) == pacing(Mo=1).moment(MONDAY + 2 * DAY, now)


def test_only_who_is_to_come_there_is_invited() -> None:
    """A stage at which nothing is ready, a new follower and an office that invites all are told as ever."""
    rules = pacing(Mo=1)
    ready = notice(RecipientId(uuid4()), stage="arrived").model_copy(update={"office": "kyiv-1"})

    assert "kyiv-1" == rules.office_of(ready)
    assert rules.office_of(ready.model_copy(update={"office": "kyiv-2"})) is None
    assert rules.office_of(ready.model_copy(update={"stage": "shipped"})) is None
    assert rules.office_of(ready.model_copy(update={"kind": NoticeKind.FOLLOWER})) is None
