"""The rules of the simulated Viber: sessions, the hour's count, tokens, links, keyboards, retries."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.viber.api.keyboard import failing, needs_version, read_keyboard
from sandbox.viber.world import buttons
from sandbox.viber.world.billing import FREE, IN_SESSION, PAID, SESSION, billing, in_session, session_after
from sandbox.viber.world.errors import RefusalError
from sandbox.viber.world.links import LinkError, context_of
from sandbox.viber.world.rates import MOST_UNANSWERED, WITHIN, Rates, Tokens
from sandbox.viber.world.retries import RetrySettings
from sandbox.viber.world.wire import user_id_of

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
waits = st.lists(st.timedeltas(timedelta(0), timedelta(hours=30)), max_size=30)


@given(waits)
def test_a_session_lasts_a_day_from_its_first_message(pauses: list[timedelta]) -> None:
    """However often a citizen writes, a session ends 24 hours after the message that opened it."""
    began: datetime | None = None
    now = NOON
    for pause in pauses:
        now += pause
        before, began = began, session_after(began, now)
        assert in_session(began, now)
        assert began == (before if before is not None and now < before + SESSION else now)
    if began is not None:
        assert not in_session(began, began + SESSION)
        assert in_session(began, began + SESSION - timedelta(microseconds=1))


@given(st.none() | st.timedeltas(timedelta(0), timedelta(days=3)), st.integers(-1, 3))
def test_only_what_is_outside_a_session_is_billed(age: timedelta | None, free_left: int) -> None:
    """Within a session nothing is paid; outside it a month's free messages are used up first."""
    began = None if age is None else NOON - age
    expected = IN_SESSION if age is not None and age < SESSION else FREE if free_left > 0 else PAID

    assert expected == billing(began, NOON, free_left)


@given(st.lists(st.tuples(st.timedeltas(timedelta(0), timedelta(minutes=5)), st.booleans()), max_size=400))
def test_never_more_than_a_hundred_an_hour_unanswered(steps: list[tuple[timedelta, bool]]) -> None:
    """Within any hour at most a hundred messages pass since the last answer, and no fewer than could."""
    rates, now, passed = Rates(0, []), NOON, list[datetime]()
    for pause, answers in steps:
        now += pause
        if answers:
            rates.answered(1)
            passed.clear()
        recent = [at for at in passed if at > now - WITHIN]
        if len(recent) < MOST_UNANSWERED:
            rates.admit(1, now)
            passed.append(now)
        else:
            with pytest.raises(RefusalError, match="tooManyRequests"):
                rates.admit(1, now)


def test_free_messages_come_back_with_the_month() -> None:
    """A month's allowance is used up and comes back at the first of the next, in UTC."""
    rates = Rates(2, [])
    month_end = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)

    billed = [rates.bill(None, at) for at in (month_end,) * 3 + (month_end + timedelta(minutes=1),)]

    assert [FREE, FREE, PAID, FREE] == billed


class _Stopped:
    """A clock that does not move."""

    def now(self) -> datetime:
        """Return always the same."""
        return NOON

    def monotonic(self) -> float:
        """Return always the same."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Do not wait."""


def test_tokens_are_int64_above_what_a_float_holds() -> None:
    """Tokens grow even while the clock stands, and none would survive being read as a float."""
    tokens = Tokens(_Stopped())

    made = [tokens.new() for _ in range(1000)]

    assert sorted(set(made)) == made
    assert all(2**53 < token < 2**63 for token in made)
    assert any(int(float(token)) != token for token in made)


@given(st.text("abcXYZ019_-.", max_size=100))
def test_a_link_carries_its_context(context: str) -> None:
    """What a link carries comes out again, whatever the case of the bot's name."""
    assert context == context_of(f"viber://pa?chatURI=DocWatch&context={context}", "docwatch")


@pytest.mark.parametrize(
    "link", ["viber://pa?chatURI=x", "viber://add?number=1", "viber://pa/info?uri=me", "%", "viber://["]
)
def test_other_links_are_refused(link: str) -> None:
    """Only conversations with this bot are opened."""
    with pytest.raises(LinkError):
        context_of(link, "me")


def test_ids_differ_by_account() -> None:
    """The same citizen is another id for another bot."""
    assert 4 == len({user_id_of(citizen, uri) for citizen in (1, 2) for uri in ("a", "b")})


@given(st.lists(st.integers(1, buttons.WIDTH), min_size=1, max_size=40))
def test_rows_are_full_as_far_as_they_go(columns: list[int]) -> None:
    """Buttons keep their order, no row is wider than six columns, and a row ends only when it must."""
    keyboard = {"Buttons": [{"ActionBody": "x", "Columns": wide} for wide in columns]}
    rows = [[button["Columns"] for button in row] for row in buttons.rows(keyboard)]

    assert columns == [wide for row in rows for wide in row]
    assert all(sum(row) <= buttons.WIDTH for row in rows)
    assert all(sum(row) + after[0] > buttons.WIDTH for row, after in pairwise(rows))


def test_labels_lose_their_markup() -> None:
    """What a button shows is its text without tags, or its action where it has none."""
    texts = ['<font color="#fff"><b>Так &amp; ні</b></font>', "", "a < b", None]

    labels = [buttons.label({"ActionBody": "act", "Text": text}) for text in texts]

    assert ["Так & ні", "act", "a < b", "act"] == labels


@pytest.mark.parametrize(
    ("more", "button", "version"),
    [
        ({}, {}, 1),
        ({"HeightScale": 50}, {}, 3),
        ({}, {"ActionType": "share-phone"}, 3),
        ({"InputFieldState": "hidden"}, {}, 4),
        ({"InputFieldState": "hidden"}, {"Frame": {"BorderWidth": 1}}, 6),
    ],
)
def test_parts_need_their_version(more: dict[str, Any], button: dict[str, Any], version: int) -> None:
    """The least version of a keyboard is that of its newest part."""
    keyboard = {"Type": "keyboard", "Buttons": [{"ActionBody": "x"} | button]} | more

    assert version == needs_version(read_keyboard(keyboard))


@given(st.none() | st.integers() | st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_garbage_is_no_keyboard(given_value: object) -> None:
    """Whatever stands in place of a keyboard is refused with 3, never a crash."""
    with pytest.raises(RefusalError) as refused:
        read_keyboard(given_value)

    assert 3 == refused.value.status


def test_a_keyboard_can_be_too_tall_for_a_phone() -> None:
    """Twenty-four rows can be shown, one more cannot."""
    high, low = {"ActionBody": "x", "Rows": 2}, {"ActionBody": "x"}
    fits, tall = ({"Buttons": [high] * 12 + [low] * more} for more in (0, 1))

    assert (None, None) == (failing(None), failing(fits))
    assert failing(tall)


def test_attempts_come_ever_later() -> None:
    """Each pause is twice the one before, up to the longest."""
    retries = RetrySettings(first=1, longest=10)

    assert [1, 2, 4, 8, 10, 10] == [retries.delay(failures) for failures in range(1, 7)]
    assert 10 == retries.delay(10_000)
