"""What Viber's statuses mean, those of tomorrow included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.redaction import Redaction
from services.notifier.channels.viber.statuses import CHAT_SECONDS, NUMBERS, detail_of, result_of
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

TOKEN = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"  # noqa: S105 - made up
REDACTED = Redaction(TOKEN)
DETAIL = "why"


@pytest.mark.parametrize(
    ("status", "result"),
    [
        *((status, AccountDown(DETAIL)) for status in (2, 7, 8, 9, 10, 15, 23, 24)),
        *((status, Permanent("rejected", DETAIL)) for status in (1, 3, 4, 13, 14, 16, 17, 18, 19, 20, 22)),
        (5, Unreachable("not_found")),
        (6, Unreachable("blocked")),
        (11, Unreachable("no_device")),
        (21, Unreachable("country")),
        (12, Throttled(CHAT_SECONDS, "chat")),
        (25, NotSent(DETAIL)),
        (-1, NotSent(DETAIL)),
        (2**70, NotSent(DETAIL)),
    ],
)
def test_every_status_has_its_result(status: int, result: Result) -> None:
    """Each documented status becomes the one result that it stands for, any other is tried again."""
    assert result == result_of(status, 5, DETAIL)


@given(st.integers(), st.none() | st.integers() | st.text() | st.floats() | st.booleans())
def test_nothing_but_a_status_of_0_with_a_token_is_accepted(status: int, token: object) -> None:
    """Every number is a result; it is accepted only where it is 0 and names the message by its token."""
    result = result_of(status, token, DETAIL)

    accepted = status == 0 and type(token) is int and token in NUMBERS
    assert (Accepted(str(token)) == result) is accepted
    assert isinstance(result, Unknown) is (status == 0 and not accepted)


@pytest.mark.parametrize("token", [2**63 - 1, -(2**63), 5741311803571721087])
def test_tokens_stay_whole(token: int) -> None:
    """A token of 64 bits is kept digit by digit."""
    assert Accepted(str(token)) == result_of(0, token, DETAIL)


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ("keyboard is not valid", "3 badData: keyboard is not valid"),
        ("no user 01234567890A= here", "3 badData: no user <...> here"),
        ("text 'Іване, ваш паспорт' is bad", "3 badData: text <quoted> is bad"),
        (f"token {TOKEN} is bad", "3 badData: token <token> is bad"),
        ("not found: qwertyuiopasdfghjklzxcvbnm==", "3 badData: not found: <...>"),
        ("Готово", "3 badData: ?"),
        (None, "3 badData"),
        (7, "3 badData"),
    ],
)
def test_details_hold_nothing_of_a_person(said: object, detail: str) -> None:
    """What operators read holds words, and no token, address or text."""
    assert detail == detail_of(3, said, REDACTED)


@given(st.integers(), st.text(max_size=3000))
def test_details_are_short_and_without_the_token(status: int, said: str) -> None:
    """However much Viber says, little of it is kept, and never the token."""
    detail = detail_of(status, f"{said[:500]}{TOKEN}{said}", REDACTED)

    assert len(detail) < 300 + len(str(status))
    assert TOKEN not in detail
