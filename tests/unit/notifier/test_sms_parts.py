"""How many parts a text takes by SMS, and where it is cut."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.messages.notice import NoticeKind
from services.notifier.channels.fitting import fitted
from services.notifier.channels.sms.channel import CAPABILITIES
from services.notifier.channels.sms.parts import (
    Counted,
    alphabet_of,
    cheapest,
    counted,
    gsm,
    parts_of,
)
from services.notifier.domain.preferences import Reader
from services.notifier.wording.i18n import Voice
from services.notifier.wording.letterbox import render_outside
from tests.unit.notifier.conftest import MakeNotice

HOME = "https://docs.agency.example/"
ESCAPED = "^{}\\[~]|€\f"
GSM = st.text(alphabet="@£Δ èÇabcXYZ0189?!'\"\n" + ESCAPED, max_size=700)
ANY = st.text(max_size=300) | st.text(alphabet="абвії😀🇺🇦a€", max_size=300)


def units(text: str) -> int:
    """Count by definition: septets where the alphabet has everything, else UTF-16 units."""
    septets = gsm(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if septets is None else len(septets)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Counted("gsm", 0, 0)),
        ("a" * 160, Counted("gsm", 160, 1)),
        ("a" * 161, Counted("gsm", 161, 2)),
        ("a" * 306, Counted("gsm", 306, 2)),
        ("a" * 307, Counted("gsm", 307, 3)),
        ("€" * 80, Counted("gsm", 160, 1)),
        ("€" * 81, Counted("gsm", 162, 2)),
        # 152 letters and a pair that does not fit any more: one septet of the first part stays empty.
        ("a" * 152 + "€" * 77, Counted("gsm", 306, 3)),
        ("ї" * 70, Counted("ucs2", 70, 1)),
        ("ї" * 71, Counted("ucs2", 71, 2)),
        ("ї" * 134, Counted("ucs2", 134, 2)),
        ("ї" * 135, Counted("ucs2", 135, 3)),
        ("😀" * 35, Counted("ucs2", 70, 1)),
        # 33 pairs fill 66 of 67 units.
        ("😀" * 67, Counted("ucs2", 134, 3)),
        ("`", Counted("ucs2", 1, 1)),
    ],
)
def test_a_text_is_counted_as_networks_count_it(text: str, expected: Counted) -> None:
    """160 and 153 septets, 70 and 67 units, an escaped character or a pair is two that stay together."""
    assert expected == counted(text)


@given(GSM | ANY)
@example("a" * 152 + "€" * 77)
def test_parts_are_the_text(text: str) -> None:
    """Together the parts are the text, none is too long, and there are as many as are counted."""
    found, count = parts_of(text), counted(text)
    alone, each = (160, 153) if count.alphabet == "gsm" else (70, 67)

    assert text == "".join(found)
    assert count.parts == len(found)
    assert count.units == units(text)
    assert all(0 < units_in(part, count.alphabet) <= (alone if len(found) == 1 else each) for part in found)


def units_in(part: str, alphabet: str) -> int:
    """Count a part in the alphabet of its whole."""
    if alphabet == "gsm":
        return len(gsm(part) or b"")
    return len(part.encode("utf-16-le", "surrogatepass")) // 2


@given(GSM | ANY, st.sampled_from(["a", "€", "ї", "😀"]))
def test_a_longer_text_never_takes_fewer_parts(text: str, more: str) -> None:
    """What is added costs nothing or more."""
    assert counted(text).parts <= counted(text + more).parts


@given(GSM | ANY)
def test_a_text_fits_where_the_alphabet_has_it(text: str) -> None:
    """The alphabet is the default one exactly where it has every character."""
    assert ("gsm" if gsm(text) is not None else "ucs2") == alphabet_of(text)


def test_the_default_alphabet_is_that_of_the_standard() -> None:
    """Every septet but the escape stands for one character, and the extension has ten."""
    singles = [bytes([code]) for code in range(128) if code != 0x1B]
    letters = {gsm(chr(code)): chr(code) for code in range(0x2100) if gsm(chr(code)) is not None}

    assert singles == sorted(one for one in letters if one is not None and len(one) == 1)
    assert set(ESCAPED) == {letter for code, letter in letters.items() if code is not None and len(code) == 2}
    assert (b"\x00", b"\x1b\x65", b"\x10\x5f") == (gsm("@"), gsm("€"), gsm("Δ§"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ready — “today”…", 'Ready - "today"...'),
        ("Готово — «сьогодні»…", "Готово — «сьогодні»…"),
        ("plain", "plain"),
    ],
)
def test_typography_never_costs_a_second_part(text: str, expected: str) -> None:
    """Dashes and quotes become plain ones where only they keep a text out of the alphabet; letters stay."""
    assert expected == cheapest(text)


@given(ANY | GSM)
def test_what_is_cheapest_is_no_dearer(text: str) -> None:
    """It takes as many parts as the text or fewer, and has the same letters."""
    found = cheapest(text)

    assert counted(found).parts <= counted(text).parts or alphabet_of(text) == "gsm"
    assert [one for one in text if one.isalnum()] == [one for one in found if one.isalnum()]


@pytest.mark.parametrize("language", ["uk", "ru", "en"])
@pytest.mark.parametrize("kind", NoticeKind)
def test_news_are_one_part(voice: Voice, notice_of: MakeNotice, kind: NoticeKind, language: str) -> None:
    """What is told where others may read costs one part in every language, the page to open with it."""
    told = render_outside(notice_of(kind=kind), Reader(language, detail="news"), voice, home=HOME)
    messages = fitted(told, CAPABILITIES).messages

    assert [1] == [counted(cheapest(message.shown)).parts for message in messages]
    assert HOME in messages[0].shown
