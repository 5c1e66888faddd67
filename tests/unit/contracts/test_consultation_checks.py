"""What is wrong with a consultation is named with its file and line, in words for who wrote it."""

import shutil
from pathlib import Path

import pytest

from contracts.catalogue import CatalogueError, load_catalogue
from sandbox.agency import CATALOGUE

WHOLE = """\
consultations:
  id_card:
    questions:
      age:
        text: {en: How old}
        answers: {child: {en: Under 14}, adult: {en: Older}}
      lost:
        text: {en: Lost}
        answers: {"yes": {en: Yes}, "no": {en: No}}
        unsure: {means: "no", remark: {en: We took it for found.}}
      where:
        when: {lost: "yes"}
        text: {en: Lost where}
        answers: {home: {en: At home}, abroad: {en: Abroad}}
    papers:
      - paper: photograph
      - {paper: police_extract, when: {where: home}}
      - {paper: previous_passport, when: {lost: "no", age: adult}}
    terms:
      - {name: {en: Usual}, days: 20, fee: 1.50}
    where:
      - {offices: [kyiv-1], when: {where: abroad}}
    advice:
      - {text: {en: From 14 on only.}, when: {age: child}, ends: true}
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    folder = Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
    for file in folder.glob("*.yaml"):
        # One language is enough for what is looked at here.
        file.unlink()
    (folder / "rest.yaml").write_text(REST, encoding="utf-8")
    (folder / "consultations.yaml").write_text(text, encoding="utf-8")
    try:
        load_catalogue(folder)
    except CatalogueError as error:
        return [str(problem) for problem in error.problems]
    return []


REST = """\
agency: {code: a, name: {en: A}, languages: [en], time_zone: Europe/Kyiv, consent_version: "1", currency: EUR}
stages:
  done: {rank: 1, name: {en: Done}, text: {en: Done.}, next: {en: Come.}, terminal: true}
documents:
  id_card: {name: {en: Card}, stages: [done]}
offices:
  kyiv-1: {name: {en: K}, address: {en: K}, hours: "24/7", latitude: 1, longitude: 1, phone: "123456"}
papers:
  photograph: {en: a photograph}
  police_extract: {en: an extract}
  previous_passport: {en: the passport}
"""
LONG = ", ".join(f"a{number}: {{en: A}}" for number in range(13))


def test_one_that_is_fit(tmp_path: Path) -> None:
    """What the mistakes below are made in has none."""
    assert [] == problems(tmp_path, WHOLE)


@pytest.mark.parametrize(
    ("old", "new", "line", "wanted"),
    [
        ("  id_card:", "  card:", 2, "consultations.card: 'card' is not a document type of the catalogue"),
        ("{en: Abroad}", "{de: Fort}", 14, "questions.where.answers.abroad.en: has no text in 'en'"),
        ("en: We took it for found.", "en: ''", 10, "questions.lost.unsure.remark.en: has an empty text"),
        ("{en: At home}", "{en: " + "At home " * 7 + "}", 14, "is longer than 48 letters"),
        ('when: {lost: "yes"}', "when: {found: x}", 12, "'found' is not a question here; they are age, lost"),
        ('when: {lost: "yes"}', "when: {lost: maybe}", 12, "'maybe' is not an answer of lost; they are yes"),
        ('when: {lost: "yes"}', "when: {where: home}", 12, "'where' is asked later; put it above 'where'"),
        (
            "text: {en: How old}",
            'text: {en: How old}\n        when: {lost: "no"}',
            6,
            "'lost' is asked later; put it above 'age', or the two wait for each other",
        ),
        ('means: "no"', "means: x", 10, "questions.lost.unsure.means: 'x' is not an answer of lost"),
        ("paper: photograph", "paper: photo", 16, "papers.0: 'photo' is not one of the catalogue's papers"),
        ("[kyiv-1]", "[kyiv-9]", 22, "where.0: 'kyiv-9' is not an office"),
        ("ends: true", "ends: true, instead: x", 24, "advice.0: 'x' is not a consultation"),
        ("days: 20, fee: 1.50", "", 20, "terms.0: says neither days nor fee"),
        ("fee: 1.50", "fee: 1.505", 20, "terms.0.fee: "),
        ("when: {where: abroad}", "when: {where: abroad, age: child}", 22, "is never told: nobody's answers"),
        (
            "when: {where: abroad}",
            "when: {where: abroad, age: [child, adult]}",
            22,
            "where.0.when: nobody who is meant here answers age with 'child'",
        ),
        ('when: {lost: "yes"}', 'when: [{lost: "yes", age: child}]', 11, "questions.where: is never asked"),
        (', when: {lost: "no", age: adult}', "", 7, ""),
        ("- paper: photograph", "- {paper: photograph, when: {where: home}}", 15, "papers: are none where"),
        ("{child: {en: Under 14}, adult: {en: Older}}", f"{{{LONG}}}", 6, "questions.age.answers: "),
        ("{child: {en: Under 14}, adult: {en: Older}}", "{child: {en: A}}", 6, "must not be empty"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, line: int, wanted: str) -> None:
    """One mistake is one problem, or more, and one of them says it at its line."""
    assert old in WHOLE

    found = problems(tmp_path, WHOLE.replace(old, new, 1))

    if not wanted:
        assert [] == found
    else:
        assert any(one.startswith(f"consultations.yaml:{line}: ") and wanted in one for one in found), found


def test_a_question_in_vain(tmp_path: Path) -> None:
    """A question that nothing depends on need not be asked."""
    more = "      eyes: {text: {en: Blue eyes}, answers: {a: {en: A}, b: {en: B}}}\n    papers:\n"

    (found,) = problems(tmp_path, WHOLE.replace("    papers:\n", more, 1))

    assert found.startswith("consultations.yaml:15: consultations.id_card.questions.eyes: is asked in vain")


def many(count: int, answers: str) -> str:
    questions = "".join(
        f"      q{one}: {{text: {{en: Q}}, answers: {{{answers}}}}}\n" for one in range(count)
    )
    papers = "".join(f"      - {{paper: photograph, when: {{q{one}: a}}}}\n" for one in range(count))
    head = "consultations:\n  id_card:\n    questions:\n"
    return f"{head}{questions}    papers:\n      - paper: photograph\n{papers}"


@pytest.mark.parametrize(("count", "wanted"), [(10, []), (11, ["asks 11 questions; at most 10"]), (17, [""])])
def test_too_many_questions(tmp_path: Path, count: int, wanted: list[str]) -> None:
    """Nobody is asked more than ten questions, and nobody writes more than sixteen."""
    found = problems(tmp_path, many(count, "a: {en: A}, b: {en: B}"))

    assert len(wanted) == len(found)
    assert all(part in one for part, one in zip(wanted, found, strict=True))


def test_too_many_ways(tmp_path: Path) -> None:
    """What depends on more ways than can be walked is refused, and not walked for ever."""
    answers = ", ".join(f"a{one}: {{en: A}}" for one in range(12))
    case = ", ".join(f"q{one}: a0" for one in range(9))
    text = many(9, answers).replace("a}}", "a0}}") + f"      - {{paper: photograph, when: {{{case}}}}}\n"

    (found,) = problems(tmp_path, text)

    assert "has more than 5000 ways through it; ask less" in found
