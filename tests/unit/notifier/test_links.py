"""Links that bring a payload: made for one account, read whichever account of ours they are for."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.incoming import update_number
from services.notifier.domain.links import links_of

PAYLOADS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@dataclass(frozen=True)
class Form:
    """Links of one form."""

    form: str

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along."""
        return self.form.format(payload)


QUERY = Form("https://chat.example/agency?start={}")
CONTEXT = Form("other://pa?chatURI=agency&context={}")
PAGE = Form("https://docs.example/agency/r/{}")
ALL = links_of(QUERY, (QUERY, CONTEXT, PAGE))


@given(
    PAYLOADS,
    st.sampled_from([QUERY, CONTEXT, PAGE]),
    st.sampled_from(["{}", "look: {}, is it mine?", "({})"]),
)
def test_every_link_of_ours_is_read(payload: str, made: Form, around: str) -> None:
    """Whichever account or page it is for, its payload comes back, whatever stands around it."""
    assert payload == ALL.payload_in(around.format(made.link(payload)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://elsewhere.example/agency/r/abc",
        "https://docs.example/agency/x/abc",
        "https://chat.example/agency?begin=abc",
        "start=abc",
        "?start=" + "x" * 65,
    ],
)
def test_other_links_are_none_of_ours(text: str) -> None:
    """A link without a payload, or of another form, says nothing."""
    assert ALL.payload_in(text) is None


def test_a_link_is_read_in_the_forms_that_people_get_it() -> None:
    """It may have lost what stands before its host; with a parameter it is known whatever opens it."""
    forms = (
        "app://resolve?domain=agency&start=abc",
        "chat.example/agency?start=abc",
        "docs.example/agency/r/abc",
    )

    assert ["abc"] * 3 == [ALL.payload_in(text) for text in forms]


def test_without_links_nothing_is_read() -> None:
    """Where no account has links, no text holds one."""
    assert links_of(None, ()).payload_in(QUERY.link("abc")) is None


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_number_is_its_own_identity(number: int) -> None:
    """What a messenger counts keeps its number, as versions before kept it."""
    assert number == update_number(str(number))


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_identity_has_a_number_of_its_own(one: str, other: str) -> None:
    """Any two identities have two numbers that a table can hold."""
    assert -(2**63) <= update_number(one) < 2**63
    assert (one == other) == (update_number(one) == update_number(other))


@pytest.mark.parametrize("identity", ["007", "+7", " 7", "7 ", "٧", "-0", str(2**63), "9" * 5000])
def test_what_only_looks_like_a_number_is_a_name(identity: str) -> None:
    """Another spelling of a number is another identity, however long."""
    assert update_number(identity) not in {7, 0}
