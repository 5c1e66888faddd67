import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.catalogue import load_catalogue
from sandbox.agency import CATALOGUE
from sandbox.agency.expected import expected_from_files, expected_standings
from sandbox.agency.files import write
from sandbox.agency.generate import generate, main
from sandbox.agency.month import Month, Options


@pytest.fixture(scope="module")
def month() -> Month:
    return generate(Options(until=datetime(2026, 11, 22, 12, 0, tzinfo=UTC), applications=60, citizens=40))


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_both_exports_hold_the_same_rows_in_order(month: Month, tmp_path: Path) -> None:
    """The CSV and the JSON lines are one export in two formats."""
    write(month, tmp_path)

    rows = _lines(tmp_path / "events.jsonl")
    with (tmp_path / "events.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    flat = [
        {
            name: "|".join(value) if isinstance(value, list) else str(value).replace("True", "true")
            for name, value in row.items()
        }
        for row in rows
    ]
    assert [row.as_json() for row in month.rows] == rows
    assert flat == [{name: cell for name, cell in row.items() if cell} for row in cells]


def test_files_beside_the_export_are_complete(month: Month, tmp_path: Path) -> None:
    """Every event has its truth, every citizen their follows, every receipt a line."""
    write(month, tmp_path)

    truth = {line["event_id"]: line["application"] for line in _lines(tmp_path / "truth.jsonl")}
    citizens = _lines(tmp_path / "citizens.jsonl")
    assert month.truth == truth
    assert [receipt.as_json() for receipt in month.receipts] == _lines(tmp_path / "receipts.jsonl")
    assert [person.name for person in month.citizens] == [line["name"] for line in citizens]
    assert len(month.follows) == sum(len(line["follows"]) for line in citizens)  # type: ignore[arg-type, misc]  # read from JSON


def test_the_files_are_enough_for_the_expected_standings(month: Month, tmp_path: Path) -> None:
    """The plain fold of the files is the plain fold of the month."""
    catalogue = load_catalogue(CATALOGUE)
    write(month, tmp_path)

    standings = expected_standings([row.as_json() for row in month.rows], month.truth, catalogue)

    assert {receipt.application for receipt in month.receipts} == set(standings)
    assert standings == expected_from_files(tmp_path, catalogue)


def test_the_command_writes_the_same_files_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line makes the month of its options and names the files."""
    sizes = ["--applications", "20", "--citizens", "5", "--seed", "7", "--until", "2026-11-22T12:00:00+02:00"]
    for name in ("a", "b"):
        with pytest.raises(SystemExit) as ended:
            main([*sizes, "--out", str(tmp_path / name)])
        assert ended.value.code in (None, 0)

    written = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert ["citizens.jsonl", "events.csv", "events.jsonl", "receipts.jsonl", "truth.jsonl"] == written
    assert all(
        (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in written
    )
    assert "events.jsonl" in capsys.readouterr().err


def test_the_command_refuses_a_moment_without_a_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A naive --until is an error of use."""
    with pytest.raises(SystemExit) as ended:
        main(["--until", "2026-11-22T12:00:00", "--out", str(tmp_path)])

    assert ended.value.code == 2
    assert "needs a time zone" in capsys.readouterr().err
