"""The page of faults names tests that exist, and every deliberate breakage still fits the code."""

from collections import defaultdict
from pathlib import Path

from tests.faults.mutate import PAGE, breakages, page, written
from tests.faults.report import rows
from tests.faults.scenarios import SCENARIOS

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "prometheus" / "rules"


def test_every_named_test_is_there() -> None:
    """Each test that the page names stands in a file of that name, or is a scenario of the faults."""
    texts: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        texts[path.stem] = texts.get(path.stem, "") + path.read_text(encoding="utf-8")
    alerts = "".join(path.read_text(encoding="utf-8") for path in RULES.glob("*.yml"))

    def there(file: str, words: str) -> bool:
        match file:
            case "each_fault":
                return words in SCENARIOS
            case "alerts":
                return f"alert: {words}\n" in alerts
            case _:
                return f"def test_{words}" in texts[f"test_{file}"]

    missing = {test for row in rows() for test in row.tests if not there(*test)}

    assert set() == missing


def test_the_table_of_attacks_names_tests() -> None:
    """Each test of what attacks cost stands in a file of that name, and the table is not empty."""
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    table = page.partition("## Attacks")[2].partition("\n## ")[0]
    cells = [line.rsplit(" | ", 1)[1].removesuffix(" |") for line in table.splitlines() if line[:2] == "| "]
    named = [one for cell in cells[1:] for one in cell.split("; ")]
    written: dict[str, str] = defaultdict(str)
    for path in (ROOT / "tests").rglob("test_*.py"):
        written[path.stem] += path.read_text(encoding="utf-8")

    def there(name: str) -> bool:
        file, _, words = name.partition(": ")
        return f"def test_{words}" in written[f"test_{file}"]

    assert [] == [name for name in named if not there(name)]
    assert len(cells) > 40


def test_every_fault_and_attack_has_its_row() -> None:
    """65 faults and 22 attacks stand on the page, each once."""
    assert [*range(1, 66), *range(1, 23)] == [row.number for row in rows()]


def test_every_breakage_finds_its_place() -> None:
    """Each deliberate breakage names a text that stands in its file exactly once."""
    lost = [
        one.name for one in breakages() if (ROOT / one.file).read_text(encoding="utf-8").count(one.old) != 1
    ]

    assert [] == lost


def test_the_page_of_breakages_names_the_files_of_the_list() -> None:
    """What the page says of a breakage is about the file where it is now."""
    assert page(written()) == PAGE.read_text(encoding="utf-8")
