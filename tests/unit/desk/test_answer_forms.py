"""An answer as an editor writes it: what a form says, and what is wrong with it."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import Catalogue, load_catalogue
from contracts.knowledge import LONGEST_QUESTION, LONGEST_TEXT, MOST_VARIANTS, Answer
from sandbox.agency import CATALOGUE
from services.desk.domain.answer_forms import Fault, faults_of, fields_of, only_ours, read
from services.desk.domain.finding import Wrong

SAMPLE = load_catalogue(CATALOGUE)
FORM = {
    "id": "dogs",
    "topic": "visit",
    "questions.uk": "чи можна з собакою\n  \nпустять   з собакою",
    "questions.ru": "можно ли с собакой",
    "questions.en": "may I bring my dog",
    "text.uk": "Лише собаки-поводирі.",
    "text.ru": "Только собаки-поводыри.",
    "text.en": "Guide dogs only.",
}
WORDS = st.text("абвгґїabc’", min_size=1, max_size=12)
LINES = st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return SAMPLE


def faults(catalogue: Catalogue, **changes: str) -> list[Fault]:
    """Return what is wrong with the form once some of its fields say something else."""
    given_ = {**FORM, **{name.replace("__", "."): value for name, value in changes.items()}}
    return list(read(only_ours(given_), catalogue).faults)


def test_a_form_becomes_an_answer(catalogue: Catalogue) -> None:
    """Each line is a variant with single blanks, empty lines are none, check boxes are codes."""
    form = {**FORM, "document.id_card": "on", "stage.arrived": "on", "valid_until": "2027-01-31", "csrf": "x"}

    found = read(only_ours(form), catalogue).answer

    assert found is not None
    assert ("чи можна з собакою", "пустять з собакою") == found.questions["uk"]
    assert (("id_card",), ("arrived",), date(2027, 1, 31), None) == (
        found.documents,
        found.stages,
        found.valid_until,
        found.valid_from,
    )


@given(questions=st.fixed_dictionaries({"uk": LINES, "ru": LINES, "en": LINES}), mixed=LINES)
def test_what_is_shown_is_read_again(questions: Mapping[str, list[str]], mixed: list[str]) -> None:
    """The form of an answer, posted as it is shown, is that answer."""
    texts = {language: lines[0] for language, lines in questions.items()}
    answer = Answer.model_validate(
        {
            "id": "one",
            "topic": "visit",
            "questions": {**questions, "mixed": mixed},
            "text": texts,
            "documents": ["id_card"],
            "valid_from": "2026-01-01",
        }
    )

    posted = {name: value.replace("\n", "\r\n") for name, value in fields_of(answer).items()}

    assert answer == read(only_ours(posted), SAMPLE).answer


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"id": "Dogs!"}, Fault("id", "code", ("Dogs!",))),
        ({"topic": " "}, Fault("topic", "missing")),
        ({"text__ru": ""}, Fault("text.ru", "missing")),
        ({"questions__en": " \n "}, Fault("questions.en", "missing")),
        ({"valid_from": "soon"}, Fault("valid_from", "date", ("soon",))),
        ({"valid_from": "2027-02-01", "valid_until": "2027-01-01"}, Fault("valid_until", "order")),
        ({"document__id_card": "on", "stage__nowhere": "on"}, None),
    ],
)
def test_a_mistake_is_told_by_its_field(
    catalogue: Catalogue, changes: dict[str, str], wanted: Fault | None
) -> None:
    """Whatever is missing or malformed is named with its field; unknown codes are passed over."""
    assert ([] if wanted is None else [wanted]) == faults(catalogue, **changes)


def test_bounds_are_told(catalogue: Catalogue) -> None:
    """Too many variants, too long ones, too long a text: each is a fault and nothing is cut."""
    many = "\n".join(f"собака {number}" for number in range(MOST_VARIANTS + 1))

    assert ["many"] == [one.kind for one in faults(catalogue, questions__uk=many)]
    assert ["long"] == [one.kind for one in faults(catalogue, questions__uk="щ" * (LONGEST_QUESTION + 1))]
    assert ["long"] == [one.kind for one in faults(catalogue, text__uk="щ" * (LONGEST_TEXT + 1))]


@pytest.mark.parametrize("text", ["До {gate}.", "До {office", "}{"])
def test_braces_are_placeholders_alone(catalogue: Catalogue, text: str) -> None:
    """A text may have the placeholders that are known, and no other brace."""
    assert ["placeholder"] == [one.kind for one in faults(catalogue, text__uk=text)]
    assert [] == faults(catalogue, text__uk="До {office}.")


def test_what_is_wrong_among_the_others_stands_at_its_field() -> None:
    """A variant that is somebody else's is told at the questions of its language."""
    variant = Wrong(("dogs", "questions", "uk", 0), "rivals", ("x", "cats"))
    whole = Wrong(("dogs", "questions"), "unfound")

    assert [Fault("questions.uk", "rivals", ("x", "cats")), Fault("questions", "unfound")] == list(
        faults_of([variant, whole])
    )
