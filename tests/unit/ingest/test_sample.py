"""The sample agency's whole export, as its files hold it, goes in without a warning."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from cli.publish.rows import Form, Row, as_event, read_rows
from contracts.messages.ids import Publisher
from contracts.messages.stage import StageEvent
from sandbox.agency.files import write
from sandbox.agency.generate import generate
from sandbox.agency.month import Month, Options
from services.ingest.domain.events import CloudEvent, Fit, Rules, judge
from services.ingest.events.bodies import parse_lines

PASSPORTS = Publisher("passports")


def exported(now: datetime) -> Month:
    """A month that ended yesterday."""
    return generate(Options(until=now - timedelta(days=1), applications=200))


def taken_in(path: Path, form: Form, rules: Rules, now: datetime) -> list[StageEvent]:
    """Read a file as the command does and judge each line; nothing may be wrong or odd."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in read_rows(lines, form) if isinstance(row, Row)]
    events = [as_event(row, PASSPORTS) for row in rows]
    items = parse_lines([json.dumps(event).encode() for event in events])
    verdicts = [judge(item, PASSPORTS, rules, now) for item in items if isinstance(item, CloudEvent)]
    assert all(isinstance(one, Fit) and not one.warnings for one in verdicts)
    assert len(rows) == len(verdicts)
    return [one.event for one in verdicts if isinstance(one, Fit)]


def test_every_spelling_leads_to_its_application(tmp_path: Path, rules: Rules, now: datetime) -> None:
    """All events of one true application, however its number was typed, have one key, and no others have."""
    month = exported(now)
    write(month, tmp_path)

    events = taken_in(tmp_path / "events.jsonl", "jsonl", rules, now)

    pairs = {
        (line.application, event.application_key) for line, event in zip(month.lines, events, strict=True)
    }
    assert len({truth for truth, _ in pairs}) == len({key for _, key in pairs}) == len(pairs)


def test_both_formats_say_the_same(tmp_path: Path, rules: Rules, now: datetime) -> None:
    """An export sent as CSV and again as JSON lines is a copy, not a conflict."""
    write(exported(now), tmp_path)

    as_json = taken_in(tmp_path / "events.jsonl", "jsonl", rules, now)
    as_csv = taken_in(tmp_path / "events.csv", "csv", rules, now)

    assert as_json == as_csv
