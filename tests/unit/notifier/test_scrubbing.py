"""What is kept of a missed question: no number, address, code, name of a document or of a person passes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import typed_code
from contracts.messages.question import LONGEST_MISS
from language import fold, words_of
from services.notifier.knowledge.scrubbing import GONE, scrubbed
from tests.intents import ANSWERING

KNOWN = ANSWERING.index.base.knows
WORDS = st.sampled_from(
    [
        "де",
        "мій",
        "паспорт",
        "коли",
        "буде",
        "готовий",
        "where",
        "is",
        "my",
        "document",
        "чи",
        "можна",
        "скільки",
    ]
)
CYRILLIC_NAME = st.from_regex(r"[А-ЯІЇЄ][а-яіїє]{2,11}(-[А-ЯІЇЄ][а-яіїє]{2,9})?", fullmatch=True)
LATIN_NAME = st.from_regex(r"[A-Z][a-z]{2,11}", fullmatch=True)
NAME = CYRILLIC_NAME | LATIN_NAME
EMAIL = st.from_regex(r"[a-z0-9._]{1,12}@[a-z0-9-]{1,12}\.[a-z]{2,4}", fullmatch=True)
PHONE = st.from_regex(r"\+?[0-9][0-9 ()-]{5,16}[0-9]", fullmatch=True)
DIGITS = st.text(st.characters(categories=["Nd", "No", "Nl"]), min_size=1, max_size=12)


@st.composite
def around(draw: st.DrawFn, secret: st.SearchStrategy[str]) -> tuple[str, str]:
    """A question with a secret somewhere in it, and the secret."""
    before, after = draw(st.lists(WORDS, max_size=6)), draw(st.lists(WORDS, max_size=6))
    hidden = draw(secret)
    return " ".join([*before, hidden, *after]), hidden


def passed(text: str, own: tuple[str, ...] = ()) -> set[str]:
    """The words that pass."""
    return set(scrubbed(text, KNOWN, own).split())


@given(text=st.text(max_size=600))
def test_nothing_with_a_digit_or_sign_passes(text: str) -> None:
    """Of any text only words of letters pass, in lower case, and no more than may be kept."""
    found = scrubbed(text, KNOWN)

    assert not any(one.isdigit() or one.isnumeric() or one in "@/+:#" for one in found)
    assert len(found) <= LONGEST_MISS
    assert all(word == GONE or re.sub("['’ʼ`-]", "", word).isalpha() for word in found.split())


@given(around(EMAIL | PHONE | DIGITS))
def test_numbers_and_addresses_never_pass(said: tuple[str, str]) -> None:
    """E-mail addresses, telephone numbers and digits of any script go, and so does what they are made of."""
    text, hidden = said
    found = passed(text)

    assert not {part for part in re.split(r"\s", hidden) if part} & found
    assert not any(char.isnumeric() or char == "@" for word in found for char in word)


@given(st.binary(min_size=7, max_size=8), st.sampled_from(["", "-", " "]), st.booleans())
def test_codes_never_pass(entropy: bytes, gap: str, lower: bool) -> None:  # noqa: FBT001 - drawn
    """A receipt's code goes, however it is grouped, in small letters too, also where it has no digit."""
    code = typed_code.encode(entropy[:8].ljust(8, b"\0"))
    shown = gap.join(code[start : start + 4] for start in range(0, len(code), 4))

    found = passed(f"where is {shown.lower() if lower else shown} please")

    assert not {part.lower() for part in shown.split()} & found


@given(around(NAME))
def test_names_never_pass(said: tuple[str, str]) -> None:
    """A word written like a name goes, unless it is a word of our phrasings."""
    text, hidden = said
    found = passed(text)

    assert hidden.lower() not in found or all(KNOWN(word) for word in words_of(hidden))


@given(
    st.lists(st.from_regex(r"[a-z]{3,12}|[а-яіїє]{3,12}", fullmatch=True), min_size=1, max_size=3), st.data()
)
def test_own_names_never_pass(own: list[str], data: st.DataObject) -> None:
    """What somebody called a document goes, in any case and alphabet that sounds the same."""
    word = data.draw(st.sampled_from(own))
    text = data.draw(st.sampled_from([word, word.upper(), word.title(), fold(word)]))

    found = passed(f"де {text} паспорт", (" ".join(own),))

    assert not {word, text.lower()} & found - {"де", "паспорт"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("мене звати іван петренко, де паспорт", "мене звати … де паспорт"),
        ("my name is john smith and i wait", "my name is … and i wait"),
        ("ШЕВЧЕНКО ТАРАС де паспорт?", "… де паспорт"),
        ("коваленко просить", "… просить"),
        ("скільки коштує apostille", "скільки коштує apostille"),
        ("чи обов'язковий блюрборт", "чи обов'язковий блюрборт"),
        ("", ""),
    ],
)
def test_examples(text: str, kept: str) -> None:
    """Names after the word for it, in capitals, with a name's ending go; what else is new stays."""
    assert kept == scrubbed(text, KNOWN)
