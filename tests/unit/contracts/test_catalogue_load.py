import shutil
import sys
from pathlib import Path

import pytest

from contracts.catalogue import CatalogueError, Problem, load_catalogue
from sandbox.agency import CATALOGUE

DEEP = sys.getrecursionlimit() + 1
"""Deeper than whatever calls itself for each level."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))


def _problems(source: Path) -> tuple[Problem, ...]:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(source)
    return caught.value.problems


def _edit(source: Path, file: str, old: str, new: str) -> int:
    """Replace the first occurrence and return the line, from 1, on which it stands."""
    path = source / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text.count("\n", 0, text.index(old)) + 1


@pytest.mark.parametrize(
    ("file", "edit", "path", "detail"),
    [
        (
            "stages.yaml",
            ("rank: 40", "rank: many"),
            "stages.printing.rank",
            "must be a whole number, not 'many'",
        ),
        ("stages.yaml", ("rank: 40", "rang: 40"), "stages.printing.rang", "is not a known key"),
        ("stages.yaml", ("en: Being made", "en: ''"), "stages.printing.name.en", "has an empty text in 'en'"),
        ("stages.yaml", ("en: Being made", "en:"), "stages.printing.name.en", "must be a text"),
        (
            "stages.yaml",
            ("en: Being made", "de: Druck"),
            "stages.printing.name.de",
            "is not one of the agency's",
        ),
        (
            "stages.yaml",
            ("terminal: true", "terminal: perhaps"),
            "stages.rejected.terminal",
            "must be true or",
        ),
        (
            "documents.yaml",
            ("printing, shipped", "painting, shipped"),
            "documents.foreign_passport.stages.2",
            "not a",
        ),
        (
            "documents.yaml",
            ("printing, shipped", "shipped, printing"),
            "documents.foreign_passport.stages.3",
            "rank",
        ),
        (
            "documents.yaml",
            ("[correction", "[issued, correction"),
            "documents.foreign_passport.aside.0",
            "twice",
        ),
        (
            "documents.yaml",
            ("arrived, issued]", "arrived]"),
            "documents.foreign_passport.stages.4",
            "terminal",
        ),
        (
            "documents.yaml",
            ("issued]", "rejected, issued]"),
            "documents.foreign_passport.stages.5",
            "only the last",
        ),
        (
            "documents.yaml",
            ("verification, p", "returned, p"),
            "documents.foreign_passport.stages.1",
            "is a detour",
        ),
        ("agency.yaml", ("Europe/Kyiv", "Europe/Atlantis"), "agency.time_zone", "is not a time zone"),
        ("agency.yaml", ("Europe/Kyiv", "Europe"), "agency.time_zone", "is not a time zone"),
        (
            "agency.yaml",
            ("documents_per_citizen: 10", "documents_per_citizen: 0"),
            "agency.limits.documents_per_citizen",
            "must be 1 or more, not '0'",
        ),
        (
            "agency.yaml",
            ("followers_per", "followers_of"),
            "agency.limits.followers_of_document",
            "is not a known key",
        ),
        (
            "stages.yaml",
            ("    expected_days: 7", "    expected_days: 0"),
            "stages.printing.expected_days",
            "must be 1 or more, not '0'",
        ),
        (
            "stages.yaml",
            ("    ttl_hours: 720", "    expected_days: 9"),
            "stages.arrived.expected_days",
            "is never counted: at 'arrived' it is the citizen's turn",
        ),
        (
            "stages.yaml",
            ("    rank: 90", "    expected_days: 9\n    rank: 90"),
            "stages.issued.expected_days",
            "is never counted: the way ends at 'issued'",
        ),
        (
            "documents.yaml",
            ("        next:", "        expected_days: 9\n        next:"),
            "documents.temporary_residence.overrides.arrived.expected_days",
            "is never counted: at 'arrived' it is the citizen's turn",
        ),
        (
            "offices.yaml",
            ("      id_card: {shipped: 5}", "      id_cart: {shipped: 5}"),
            "offices.uzhhorod.expected_days.id_cart",
            "'id_cart' is not a document type of the catalogue",
        ),
        (
            "offices.yaml",
            ("      id_card: {shipped: 5}", "      id_card: {chipped: 5}"),
            "offices.uzhhorod.expected_days.id_card.chipped",
            "id_card has no stage 'chipped'",
        ),
        (
            "offices.yaml",
            ("      id_card: {shipped: 5}", "      id_card: {arrived: 5}"),
            "offices.uzhhorod.expected_days.id_card.arrived",
            "is never counted",
        ),
        (
            "offices.yaml",
            ("      id_card: {shipped: 5}", "      id_card: {shipped: soon}"),
            "offices.uzhhorod.expected_days.id_card.shipped",
            "must be a whole number, not 'soon'",
        ),
        (
            "offices.yaml",
            ("      id_card: {shipped: 5}", "      id_card: 5"),
            "offices.uzhhorod.expected_days.id_card",
            "must be a mapping",
        ),
        ("agency.yaml", ("Europe/Kyiv", "../../etc/passwd"), "agency.time_zone", "is not a time zone"),
        ("agency.yaml", ("2026-12-31", "20261231"), "agency.holidays.dates.0", "is not a date"),
        *(
            ("agency.yaml", ("    dates: [2026-12-31]", f"    {given}"), f"agency.holidays.{path}", detail)
            for given, path, detail in (
                ("moved: {2026-12-12: 7 December}", "moved.2026-12-12", "is not a date"),
                ("moved: {2026-12-12: 2026-12-12}", "moved.2026-12-12", "in place of itself"),
                (
                    "moved: {2026-12-12: 2026-12-07, 2026-12-13: 2026-12-07}",
                    "moved.2026-12-13",
                    "2026-12-07 is off already for 2026-12-12",
                ),
                (
                    "moved: {2026-12-12: 2026-12-13, 2026-12-13: 2026-12-07}",
                    "moved.2026-12-12",
                    "2026-12-13 is worked itself",
                ),
                (
                    "moved: {2026-12-12: 2026-12-07}\n    dates: [2026-12-12]",
                    "moved.2026-12-12",
                    "is a day off under dates",
                ),
                ("school: [2026-12-28]", "school.0", "is no range of days"),
                ("school: [2027-01-10/2026-12-28]", "school.0", "ends on 2026-12-28, before it begins"),
                ("school: [2027-01-10/soon]", "school.0.last", "is not a date"),
            )
        ),
        (
            "agency.yaml",
            ("^[0-9]{10}$", "'^[0-9'"),
            "agency.number_patterns.0",
            "is not a regular expression",
        ),
        ("agency.yaml", ("[uk, ru, en]", "[uk, ru, en, uk]"), "agency.languages", "names a language twice"),
        (
            "offices.yaml",
            ("latitude: 50.4501", "latitude: 95"),
            "offices.kyiv-1.latitude",
            "must be 90.0 or less",
        ),
        ("notes.yaml", ("photo_retake:", "photo retake:"), "notes.photo retake", "does not have the form"),
        ("papers.yaml", ("  photograph:", "  photograph: &p"), "papers.photograph", "has an anchor"),
        (
            "papers.yaml",
            ("uk: фотографія", "uk: !!python/name:os.system фото"),
            "papers.photograph.uk",
            "the tag",
        ),
        ("papers.yaml", ("uk: фотографія", "uk: *p"), "papers.photograph.uk", "is an alias"),
        ("papers.yaml", ("papers:", "perpas:"), "perpas", "is not a section"),
    ],
)
def test_problem_names_file_line_and_path(
    copy: Path, file: str, edit: tuple[str, str], path: str, detail: str
) -> None:
    """Each kind of mistake is reported at its own line, with a sentence."""
    old, new = edit
    line = _edit(copy, file, old, new)

    problems = _problems(copy)

    found = [problem for problem in problems if problem.path == path]
    assert [(file, line)] == [(problem.file, problem.line) for problem in found], problems
    assert detail in found[0].detail


def test_a_country_without_known_holidays_is_reported_where_it_stands(copy: Path) -> None:
    """Whoever reckons with holidays says which countries they know; nobody else minds."""
    line = _edit(copy, "agency.yaml", "country: UA", "country: ZZ")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(copy, countries={"UA"})

    detail = "nobody knows the public holidays of 'ZZ'; list them under dates instead"
    assert (Problem("agency.yaml", line, "agency.holidays.country", detail),) == caught.value.problems
    assert "ZZ" == load_catalogue(copy).agency.holidays.country


def test_missing_language_is_reported_where_the_texts_stand(copy: Path) -> None:
    """A text without one of the agency's languages is reported at the line of its texts."""
    line = _edit(copy, "stages.yaml", "      ru: Изготовление\n", "") - 2

    problems = _problems(copy)

    expected = Problem("stages.yaml", line, "stages.printing.name.ru", "has no text in 'ru'")
    assert (expected,) == problems
    assert f"stages.yaml:{line}: stages.printing.name.ru: has no text in 'ru'" == str(problems[0])


def test_new_language_is_missed_everywhere(copy: Path) -> None:
    """With one more language every set of texts in every file that has some is reported."""
    _edit(copy, "agency.yaml", "[uk, ru, en]", "[uk, ru, en, pl]")

    problems = _problems(copy)

    assert {path.name for path in copy.iterdir()} - {"words.yaml"} == {problem.file for problem in problems}
    assert {"has no text in 'pl'", "has no question in 'pl'"} == {problem.detail for problem in problems}
    assert "documents.temporary_residence.overrides.arrived.next.pl" in {problem.path for problem in problems}


def test_all_problems_are_reported_at_once(copy: Path) -> None:
    """One mistake does not hide another, in whichever file and of whichever kind."""
    edits = [
        ("agency.yaml", _edit(copy, "agency.yaml", "Europe/Kyiv", "Kyiv time")),
        ("documents.yaml", _edit(copy, "documents.yaml", "printing, shipped", "painting, shipped")),
        ("offices.yaml", _edit(copy, "offices.yaml", "phone:", "fax:")),
        ("stages.yaml", _edit(copy, "stages.yaml", "en: Being made", "en: ''")),
        ("stages.yaml", _edit(copy, "stages.yaml", "rank: 50", "rank: -1")),
    ]

    problems = _problems(copy)

    assert set(edits) <= {(problem.file, problem.line) for problem in problems}


def test_code_given_twice_is_reported_with_its_first_line(copy: Path) -> None:
    """A second entry under one code is never silently the winner, in one file or in two."""
    (copy / "consultations.yaml").unlink()  # it names papers
    (copy / "papers.yaml").write_text("papers:\n  a: {uk: а, ru: а, en: a}\n  a: {uk: б, ru: б, en: b}\n")
    (copy / "zz.yaml").write_text("papers:\n  a: {uk: в, ru: в, en: c}\n", encoding="utf-8")

    problems = _problems(copy)

    assert (
        Problem("papers.yaml", 3, "papers.a", "is given twice; the first is on line 2"),
        Problem("zz.yaml", 2, "papers.a", "is given twice; the first is at papers.yaml:2"),
    ) == problems


@pytest.mark.parametrize(
    ("content", "line", "detail"),
    [
        (b"stages: [", 1, "is not YAML"),
        (b"a: b\n c: d", 2, "is not YAML"),
        (b"stages: \xff", None, "is not UTF-8"),
        (b"stages:\n  a: \x07", 2, "forbids"),
        (b"- a\n", 1, "must be a mapping of sections"),
        (b"stages: {}\n---\nstages: {}", 3, "second YAML document"),
        (b'stages: "\\U99999999"', None, "is not YAML"),
        (b"stages: " + b"[" * DEEP + b"]" * DEEP, 1, "nested more than"),
        (b"stages: {[a]: b}", 1, "a key is a word"),
        (b"", None, "is missing or empty"),
    ],
)
def test_broken_file_is_a_problem(tmp_path: Path, content: bytes, line: int | None, detail: str) -> None:
    """Whatever the bytes are, the answer is a list of problems."""
    path = tmp_path / "catalogue.yaml"
    path.write_bytes(content)

    problems = _problems(path)

    assert any(line == problem.line and detail in problem.detail for problem in problems), problems


def test_absent_catalogue_is_a_problem(tmp_path: Path) -> None:
    """A path where nothing is, and a directory without files, are reported, not raised as they come."""
    absent = _problems(tmp_path / "nowhere.yaml")

    assert ["cannot be read: No such file or directory"] == [problem.detail for problem in absent]
    assert "is missing or empty" in _problems(tmp_path)[0].detail
