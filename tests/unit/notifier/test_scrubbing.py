"""What is kept of a missed question: no number, address, code, name of a document or of a person passes."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import typed_code
from contracts.messages.desk.question import LONGEST_MISS
from language import fold, words_of
from services.notifier.knowledge.scrubbing import GONE, plain_words, scrubbed
from tests.benchmarks.understanding import held_out
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
CALLED = (
    "Олена Андрій Ірина Тарас Оксана Богдан Марія Остап Наталія Юрій Соломія Дмитро Леся Назар Ганна "
    "Роман Дарина Максим Віра Степан Надія Любов Людмила Світлана Галина Женя Саша Оля Катя Толік Вася "
    "Ваня Маша Лєна Таня Анна Сергей Светлана Алексей Татьяна Павел Вера Никита Елена Илья Надежда "
    "Любовь Слава Роза Лада Майя Лев Amara Daniel Grace Omar Lucas Priya Jonas Leyla Samuel John Mary "
    "Frank Jack Rose Faith Peter Oksana Ivan Olena Шевченко Коваленко Бондаренко Мельник Коваль Бойко "
    "Ткачук Кравчук Поліщук Мороз Лисенко Руденко Марченко Гнатюк Іваненко Петренко Савчук Романюк "
    "Клименко Павлюк Василенко Левченко Карпенко Гончар Сидоренко Вовк Козак Швець Иванов Петров "
    "Сидоров Малышев Быстров Новиков Горячев Старков Картавый Братков Женин Сынков Дорогин Смирнов "
    "Кузнецова Попова Новикова Быстрова Соколова Лебедева Козлова Морозова Волкова Малышева Старкова "
    "Дружинина Smith Brown Johnson Taylor Wilson Kovalchuk Shevchenko Petrenko Melnyk Bondar Tkachenko "
    "Moroz Ivanova Baker Марта Сирота Борода Зима Весна Школа Малий Лютий Хмельницький Чернов Николаев "
    "Луцький Кропивницький Котик Yulia Yuliia"
)
NAMES = CALLED.split()
"""First names and surnames, many of which begin as words do that people ask with."""
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
    """A word written like a name goes, unless it is known to be none."""
    text, hidden = said
    found = passed(text)

    assert hidden.lower() not in found or all(
        KNOWN(word) or plain_words().knows(word) for word in words_of(hidden)
    )


@given(
    st.lists(st.from_regex(r"[a-z]{3,12}|[а-яіїє]{3,12}", fullmatch=True), min_size=1, max_size=3), st.data()
)
def test_own_names_never_pass(own: list[str], data: st.DataObject) -> None:
    """What somebody called a document goes, in any case and alphabet that sounds the same."""
    word = data.draw(st.sampled_from(own))
    text = data.draw(st.sampled_from([word, word.upper(), word.title(), fold(word)]))

    found = passed(f"де {text} паспорт", (" ".join(own),))

    assert not {word, text.lower()} & found - {"де", "паспорт"}


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title, fold])
def test_names_in_any_letters_never_pass(spell: Callable[[str], str]) -> None:
    """What people are called goes in small letters, in capitals, and in the other alphabet."""
    kept = {name: passed(f"де {spell(name.lower())} паспорт") for name in NAMES}

    assert {} == {name: words for name, words in kept.items() if words != {"де", "паспорт", GONE}}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("мене звати іван петренко, де паспорт", "мене звати … де паспорт"),
        ("my name is john smith and i wait", "my name is … and i wait"),
        ("ШЕВЧЕНКО ТАРАС де паспорт?", "… де паспорт"),
        ("малышев быстров новиков де паспорт", "… де паспорт"),
        ("надія чекає на паспорт", "… чекає на паспорт"),
        ("скільки коштує apostille", "скільки коштує apostille"),
        ("як оформити субсидію на опалення", "як оформити субсидію на опалення"),
        ("чи обов'язковий блюрборт", "чи обов'язковий …"),
        ("", ""),
    ],
)
def test_examples(text: str, kept: str) -> None:
    """Words of the phrasings and of everyday matters stay, and no others, names least of all."""
    assert kept == scrubbed(text, KNOWN)


def test_most_of_what_people_ask_stays() -> None:
    """Of phrasings that the base never saw at least nine words in ten reach the editors."""
    words = [word for ask in held_out() for word in scrubbed(ask.text, KNOWN).split()]

    assert words.count(GONE) / len(words) <= 0.1
