"""The page of faults names tests that exist, and every deliberate breakage still fits the code."""

import re
from pathlib import Path

from tests.faults.mutate import breakages
from tests.faults.scenarios import SCENARIOS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
RULES = ROOT / "deploy" / "prometheus" / "rules"


def named() -> set[tuple[str, str]]:
    """Return file and first words of every test that the page names."""
    tests = (part for _, cell in ROW.findall(PAGE) for part in cell.split(";") if ":" in part)
    pairs = (part.partition(":") for part in tests)
    return {(file.strip(), words.partition("(")[0].strip()) for file, _, words in pairs}


def test_every_named_test_is_there() -> None:
    """Each test that the page names stands in a file of that name, or is a scenario of the faults."""
    written: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        written[path.stem] = written.get(path.stem, "") + path.read_text(encoding="utf-8")
    alerts = "".join(path.read_text(encoding="utf-8") for path in RULES.glob("*.yml"))

    def there(file: str, words: str) -> bool:
        match file:
            case "each_fault":
                return words in SCENARIOS
            case "alerts":
                return f"alert: {words}\n" in alerts
            case _:
                return f"def test_{words}" in written[f"test_{file}"]

    missing = {(file, words) for file, words in named() if not there(file, words)}

    assert set() == missing


def test_every_fault_and_attack_has_its_row() -> None:
    """58 faults and 22 attacks stand on the page, each once."""
    assert [*range(1, 59), *range(1, 23)] == [int(number) for number, _ in ROW.findall(PAGE)]


def test_every_breakage_finds_its_place() -> None:
    """Each deliberate breakage names a text that stands in its file exactly once."""
    lost = [
        one.name for one in breakages() if (ROOT / one.file).read_text(encoding="utf-8").count(one.old) != 1
    ]

    assert [] == lost
