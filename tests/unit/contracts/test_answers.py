"""The agency's answers: every mistake is told with file and line, and a file written is read as the same."""

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import (
    Catalogue,
    CatalogueError,
    load_catalogue,
    read_answers,
    read_catalogue,
    written,
)
from contracts.knowledge import ANSWER, PLACEHOLDERS, Answer, filled, laid_over, placeholders
from sandbox.agency import CATALOGUE

WHOLE = """\
answers:
  fee:
    topic: fees
    questions:
      uk: [скільки коштує]
      ru: [сколько стоит]
      en: [how much is it]
      mixed: [скільки стоит]
    text:
      uk: "{document}: сто гривень."
      ru: Сто гривен.
      en: A hundred hryvnias.
    documents: [id_card]
    stages: [accepted]
    valid_from: 2026-01-01
    valid_until: 2026-12-31
  other:
    topic: fees
    questions: {uk: [скільки за посвідку], ru: [сколько за вид], en: [how much is it]}
    text: {uk: А., ru: Б., en: C.}
    documents: [temporary_residence]
"""


@pytest.fixture(scope="module")
def sample() -> Catalogue:
    return load_catalogue(CATALOGUE)


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong with the sample's catalogue and these answers."""
    folder = Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
    (folder / "questions.yaml").write_text(text, encoding="utf-8")
    try:
        read_catalogue(folder)
    except CatalogueError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_answers_that_are_fit(tmp_path: Path) -> None:
    """The same question may find an answer for each document."""
    assert [] == problems(tmp_path, WHOLE)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("  fee:\n", "  Fee!:\n", "2: answers.Fee!.code: is 'Fee!'"),
        ("    topic: fees\n    questions:\n", "    questions:\n", "2: answers.fee.topic: is missing"),
        ("      en: [how much is it]\n", "", "4: answers.fee.questions.en: has no question in 'en'"),
        (
            "[how much is it]\n      mixed",
            "[]\n      mixed",
            "7: answers.fee.questions.en: has no question in",
        ),
        ("      en: A hundred hryvnias.\n", "", "9: answers.fee.text.en: has no text in 'en'"),
        ("en: A hundred hryvnias.", "en: ''", "12: answers.fee.text.en: must not be empty"),
        ("en: A hundred hryvnias.", "de: Hundert.", "12: answers.fee.text.de: is not one of the agency's"),
        ("mixed:", "pl:", "8: answers.fee.questions.pl: is not one of the agency's languages"),
        ("{document}", "{documents}", "10: answers.fee.text.uk: {documents} is no placeholder"),
        ("{document}", "{Document}", "10: answers.fee.text.uk: has a brace that is no placeholder"),
        ("[id_card]", "[id_cards]", "13: answers.fee.documents.0: 'id_cards' is not a document type"),
        ("[accepted]", "[acepted]", "14: answers.fee.stages.0: 'acepted' is not a stage"),
        ("2026-12-31", "2025-12-31", "16: answers.fee.valid_until: ends on 2025-12-31, before it begins"),
        ("2026-01-01", "20260101", "15: answers.fee.valid_from: '20260101' is not a date"),
        ("    stages:", "    stage:", "14: answers.fee.stage: is not a known key"),
        (
            "[temporary_residence]",
            "[id_card]",
            "19: answers.other.questions.en.0: 'how much is it' is given twice",
        ),
        ("[скільки коштує]", f"[{'а' * 201}]", "5: answers.fee.questions.uk.0: must not be longer than 200"),
        ("[скільки коштує]", f"[{', '.join(map(str, range(51)))}]", "5: answers.fee.questions.uk: "),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, wanted: str) -> None:
    """One mistake is told at its line, in words for a person."""
    assert old in WHOLE

    found = problems(tmp_path, WHOLE.replace(old, new, 1))

    assert any(one.startswith(f"questions.yaml:{wanted}") for one in found), found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "answers: is missing or empty"),
        ("answers:\n", "answers: is missing or empty"),
        ("stages:\n  x: {}\n", "file.yaml:1: stages: is not a section; the sections are answers"),
        ("answers: [a]\n", "file.yaml:1: answers: must be a mapping"),
        ("answers:\n  a: &x {}\n", "file.yaml:2: answers.a: has an anchor"),
        ("- a\n", "file.yaml:1: must be a mapping of sections"),
        ("a: [\n", "is not YAML"),
    ],
)
def test_a_file_of_something_else(sample: Catalogue, tmp_path: Path, text: str, wanted: str) -> None:
    """A file that holds no answers, or anything else, says so."""
    file = tmp_path / "file.yaml"
    file.write_text(text, "utf-8")

    with pytest.raises(CatalogueError) as caught:
        read_answers(file, sample)

    assert wanted in str(caught.value)


LANGUAGES = ("uk", "ru", "en")
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="{}", exclude_categories=["C"]), max_size=60)
_SAID = _TEXT.map(str.strip).filter(bool)


def _by_language(values: st.SearchStrategy[object]) -> st.SearchStrategy[Mapping[str, object]]:
    return st.fixed_dictionaries(dict.fromkeys(LANGUAGES, values))


def _answer(number: int) -> st.SearchStrategy[Answer]:
    variants = st.lists(
        _SAID.map(lambda said: f"{said} {number}"), min_size=1, max_size=3, unique_by=str.casefold
    )
    texts = st.one_of(_SAID, st.sampled_from([f"{{{name}}}: x" for name in PLACEHOLDERS]))
    return st.builds(
        lambda questions, text, documents, until: ANSWER.validate_python(
            {
                "id": f"answer_{number}",
                "questions": questions,
                "text": text,
                "topic": "a.topic",
                "documents": documents,
                "valid_until": until,
            }
        ),
        _by_language(variants),
        _by_language(texts),
        st.lists(st.sampled_from(["id_card", "foreign_passport"]), unique=True),
        st.none() | st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    )


@given(st.data())
def test_what_is_written_is_read_as_the_same(
    sample: Catalogue, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever letters an answer has, a file of it is read as the same answer."""
    answers = [data.draw(_answer(number)) for number in range(data.draw(st.integers(1, 3)))]
    said = [" ".join(v.casefold().split()) for a in answers for vs in a.questions.values() for v in set(vs)]
    if len(set(said)) < len(said):
        return  # the same words in two languages or answers are a mistake, or stand twice
    file = tmp_path_factory.getbasetemp() / "answers.yaml"
    file.write_text(written(answers), "utf-8")

    assert {one.id: one for one in answers} == read_answers(file, sample).answers


def test_what_staff_made_stands_above_the_agencys_own() -> None:
    """Of the same id the one above holds; withdrawn, nothing does; and without it the agency's own."""

    def made(id_: str, topic: str, **more: object) -> Answer:
        return ANSWER.validate_python(
            {"id": id_, "topic": topic, "questions": {"en": ["x"]}, "text": {"en": "y"}, **more}
        )

    base = {"a": made("a", "own"), "b": made("b", "own"), "c": made("c", "own")}
    above = {"a": made("a", "staff"), "b": made("b", "staff", withdrawn=True), "d": made("d", "staff")}

    assert {"a": "staff", "c": "own", "d": "staff"} == {
        id_: one.topic for id_, one in laid_over(base, above).items()
    }


def test_an_answer_holds_for_whom_and_when() -> None:
    """Days are inclusive, documents and stages are those that are named, or any."""
    one = ANSWER.validate_python(
        {
            "id": "a",
            "topic": "t",
            "questions": {},
            "text": {},
            "documents": ["id_card"],
            "stages": ["arrived"],
            "valid_from": "2026-01-10",
            "valid_until": "2026-01-12",
        }
    )
    days = [date(2026, 1, day) for day in (9, 10, 12, 13)]

    assert [False, True, True, False] == [one.holds_on(day) for day in days]
    assert one.is_about("id_card", "arrived")
    assert not one.is_about("id_card", None)
    assert not one.is_about(None, "arrived")
    assert not one.model_copy(update={"withdrawn": True}).holds_on(days[1])
    assert not one.meets(one.model_copy(update={"documents": ("foreign_passport",)}))
    assert not one.meets(one.model_copy(update={"valid_from": date(2026, 1, 13), "valid_until": None}))
    assert one.meets(one.model_copy(update={"documents": (), "stages": ()}))


def test_placeholders_are_filled_as_far_as_they_are_known() -> None:
    """What nobody knows stays as it stands, and what is filled in is not looked at again."""
    text = "{document} at {office}, {x_y}"

    assert {"document", "office"} == placeholders(text)
    assert "{office} at {office}, {x_y}" == filled(text, {"document": "{office}"})
