"""What `docwatch catalogue check` says of an agency's own phrasings."""

import shutil
from pathlib import Path

from contracts.catalogue import CatalogueError, read_catalogue
from sandbox.agency import CATALOGUE
from services.notifier.conversation.phrase_checks import examine


def _problems(tmp_path: Path, text: str) -> list[str]:
    folder = Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
    (folder / "more.yaml").write_text(text, encoding="utf-8")
    try:
        loaded = read_catalogue(folder)
    except CatalogueError as error:
        return [str(problem) for problem in error.problems]
    return [str(loaded.problem(*fault)) for fault in examine(loaded.catalogue)]


def test_a_line_that_finds_another_label(tmp_path: Path) -> None:
    """A line of ours under another label is named with its file and line."""
    (problem,) = _problems(tmp_path, "phrases:\n  fee:\n    uk:\n      - графік роботи\n")

    assert problem.startswith("more.yaml:4: phrases.fee.uk.0: ")
    assert "rather than fee" in problem


def test_a_line_that_leaves(tmp_path: Path) -> None:
    """A line that a rule takes for leaving cannot stand under a question."""
    problems = _problems(tmp_path, "phrases:\n  when:\n    uk:\n      - не пишіть мені більше\n")

    assert any("people say who want to stop" in problem for problem in problems)


def test_a_label_that_nobody_knows(tmp_path: Path) -> None:
    """A label with a slip in it is named where it stands."""
    problems = _problems(tmp_path, "phrases:\n  wehre:\n    en: [zebra crossing]\n")

    assert any(problem.startswith("more.yaml:2: phrases.wehre: is not a label") for problem in problems)


def test_a_line_given_twice(tmp_path: Path) -> None:
    """The same line under two labels is a mistake by itself."""
    problems = _problems(tmp_path, "phrases:\n  fee:\n    en: [zebra]\n  child:\n    en: [Zebra]\n")

    assert any("is given twice" in problem for problem in problems)
