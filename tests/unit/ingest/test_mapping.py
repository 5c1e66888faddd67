"""Column mappings: an export as the old system writes it becomes the events that ingest wants."""

from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.publish.lines import opened
from cli.publish.mapping import ColumnMap, load_mapping
from cli.publish.rows import BrokenRow, Row, as_event, read_rows

MAPPING = """
encoding: cp1251
delimiter: "|"
columns: {№: event_id, Заява: application_number, Стан: stage, Коли: occurred_at, Офіс: office}
values: {stage: {Готово: arrived}}
constants: {document_type: id_card}
time: {format: "%d.%m.%Y %H:%M", zone: Europe/Kyiv}
"""


@pytest.fixture
def mapping(tmp_path: Path) -> ColumnMap:
    path = tmp_path / "mapping.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return load_mapping(path)


def test_an_old_export_becomes_events(tmp_path: Path, mapping: ColumnMap) -> None:
    """Columns, codes, constants, the time's form and zone and the encoding are the mapping's."""
    export = tmp_path / "export.csv"
    export.write_text("№|ЗАЯВА|Стан|Коли|Офіс\n7|АВ123456789|Готово|05.02.2026 09:30|\n", encoding="cp1251")

    with opened(export, mapping.encoding) as lines:
        (row,) = read_rows(lines, "csv", mapping)

    assert isinstance(row, Row)
    assert {
        "event_id": "7",
        "application_number": "АВ123456789",
        "stage": "arrived",
        "occurred_at": "2026-02-05T09:30:00+02:00",
        "document_type": "id_card",
    } == row.fields


def test_a_moment_in_another_form_is_its_lines_fault(mapping: ColumnMap) -> None:
    """The line is named, the value is not repeated."""
    (found,) = read_rows(["№|Заява|Стан|Коли\n", "7|1234567890|x|2026-02-05\n"], "csv", mapping)

    assert BrokenRow(2, "occurred_at is not written as %d.%m.%Y %H:%M") == found


@pytest.mark.parametrize(
    "text", ["columns: {a: b}", "colums: {}", "[", "time: {format: x, zone: Mars/One}", "3"]
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, text: str) -> None:
    """Nothing is published by a mapping with a mistake in it."""
    path = tmp_path / "mapping.yaml"
    path.write_text(text)

    with pytest.raises(CommandError, match=r"mapping\.yaml"):
        load_mapping(path)


def test_a_baseline_tells_nobody() -> None:
    """History goes in with notify false, also where the line is a whole CloudEvent."""
    rows = [
        Row(1, {"event_id": "e-1", "notify": True}),
        Row(2, {"specversion": "1.0", "data": {"stage": "x"}}),
    ]

    events = [as_event(row, "passports", baseline=True) for row in rows]

    assert [{"notify": False}, {"stage": "x", "notify": False}] == [one["data"] for one in events]
