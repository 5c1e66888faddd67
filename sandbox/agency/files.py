"""A month as files: the export in two formats, the receipts, the citizens, and the truth beside them."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from sandbox.agency.month import Month

COLUMNS = (
    *("event_id", "application_number", "document_type", "stage", "office", "occurred_at"),
    *("sequence", "expected_at", "missing", "note", "correction", "restart"),
)


def write(month: Month, directory: Path) -> tuple[Path, ...]:
    """Write `events.jsonl`, `events.csv`, `receipts.jsonl`, `citizens.jsonl` and `truth.jsonl`.

    Both exports hold the same rows in the order of sending; in the CSV `missing` is `a|b`, a flag is `true`
    and what is not given is empty. A line of the truth is `{"event_id","application"}`, one for each event.
    A citizen's line holds what they follow: `[{"receipt_id","scans_at"}]`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    rows = [row.as_json() for row in month.rows]
    follows: dict[int, list[dict[str, object]]] = {citizen.citizen_id: [] for citizen in month.citizens}
    for follow in month.follows:
        scan: dict[str, object] = {"receipt_id": follow.receipt_id, "scans_at": follow.scans_at.isoformat()}
        follows[follow.citizen_id].append(scan)
    people = [
        {
            "citizen_id": citizen.citizen_id,
            "name": citizen.name,
            "language": citizen.language,
            "follows": follows[citizen.citizen_id],
        }
        for citizen in month.citizens
    ]
    truth = [
        {"event_id": event_id, "application": application} for event_id, application in month.truth.items()
    ]
    return (
        _jsonl(directory / "events.jsonl", rows),
        _csv(directory / "events.csv", rows),
        _jsonl(directory / "receipts.jsonl", [receipt.as_json() for receipt in month.receipts]),
        _jsonl(directory / "citizens.jsonl", people),
        _jsonl(directory / "truth.jsonl", truth),
    )


def _jsonl(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _csv(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return path


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return "|".join(str(part) for part in value) if isinstance(value, list) else str(value)
