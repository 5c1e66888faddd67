import shutil
from pathlib import Path

import pytest

from contracts.catalogue import CatalogueError, DeskTerms, load_catalogue
from contracts.catalogue.desk_terms import FileTerms
from sandbox.agency import CATALOGUE
from worktime.remarks import remarks_on


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))


def _desk(source: Path, written: str) -> int:
    """Write the desk's terms in place of the sample's; return the line, from 1, on which they begin."""
    path = source / "agency.yaml"
    before = path.read_text("utf-8").partition("  # When people of the agency answer")[0]
    path.write_text(before + written, "utf-8")
    return before.count("\n") + 1


def test_an_agency_says_when_its_people_answer(copy: Path) -> None:
    """What is left out of the terms has its default, and hours alone are enough."""
    _desk(copy, "  desk: {hours: Mo-Fr 09:00-18:00}\n")

    assert (
        DeskTerms(hours="Mo-Fr 09:00-18:00", promise_hours=24, keep_days=30)
        == load_catalogue(copy).agency.desk
    )


def test_files_are_off_unless_the_agency_wants_them(copy: Path) -> None:
    """Without their terms people take no files; with nothing but their name the defaults hold."""
    _desk(copy, "  # When people of the agency answer\n  desk: {hours: 24/7}\n")
    off = load_catalogue(copy).agency.desk
    _desk(copy, "  desk: {hours: 24/7, files: {}}\n")
    on = load_catalogue(copy).agency.desk

    assert off is not None
    assert on is not None
    assert (None, FileTerms()) == (off.files, on.files)


def test_nobody_answers_unless_the_agency_says_so(copy: Path) -> None:
    """A catalogue without the terms is read as before."""
    _desk(copy, "")

    assert load_catalogue(copy).agency.desk is None


@pytest.mark.parametrize(
    ("written", "path", "detail"),
    [
        ("{hours: 24/7, languages: [uk, de]}", "languages.1", "is not one of the agency's languages"),
        ("{hours: 24/7, promise_hours: 0}", "promise_hours", "must be 1 or more"),
        ("{promise_hours: 24}", "hours", "is missing"),
        ("{hours: 24/7, keep_days: 3, files: {keep_days: 4}}", "files.keep_days", "more than the 3 days"),
        ("{hours: 24/7, files: {types: [pdf, pdf]}}", "files.types.1", "pdf is there already"),
        ("{hours: 24/7, files: {types: []}}", "files.types", ""),
        ("{hours: 24/7, files: {most_bytes: 99999999}}", "files.most_bytes", "must be"),
        ("{hours: 24/7, keep_day: 3}", "keep_day", "is not a known key"),
    ],
)
def test_wrong_terms_are_told_with_their_line(copy: Path, written: str, path: str, detail: str) -> None:
    """A mistake in the terms stops the start, with file, line and place."""
    line = _desk(copy, f"  desk: {written}\n")

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(copy)

    (problem,) = caught.value.problems
    assert ("agency.yaml", line) == (problem.file, problem.line)
    assert problem.path.endswith(path), problem.path
    assert detail in problem.detail


def test_hours_that_nobody_can_count_are_remarked_on(copy: Path) -> None:
    """Who checks a catalogue is told where the desk's hours cannot be read."""
    _desk(copy, "  desk: {hours: sometimes}\n")

    (remark,) = [one for one in remarks_on(load_catalogue(copy)) if one.path == ("agency", "desk", "hours")]
    assert "cannot be read" in remark.detail
