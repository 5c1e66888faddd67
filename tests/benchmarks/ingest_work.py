"""Prepared work for ingest: requests as they go over the wire, and the stream's messages they end as."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from contracts.catalogue import load_catalogue
from contracts.messages.ids import Publisher
from services.ingest.domain.events import CloudEvent, Fit, Rules, judge
from services.ingest.domain.numbers import Numbering
from tests.benchmarks.http_load import request
from tests.benchmarks.kit import CATALOGUE
from tests.benchmarks.records import write_records

PUBLISHER = "passports"
BATCH = 500
STAGES = ("accepted", "verification", "printing", "shipped")
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)
_EVENT = (
    '{"specversion":"1.0","type":"docwatch.stage.v1","source":"passports","id":"%s","time":"%s","data":{'
    '"application_number":"AB-%09d","document_type":"id_card","stage":"%s","office":"kyiv-1","sequence":%d,'
    '"expected_at":"2026-03-01"}}'
)
_ADAPTER = TypeAdapter(CloudEvent)


def bodies(run: str, count: int) -> list[bytes]:
    """Return so many events, a body each; `run` makes their ids new."""
    return [
        (
            _EVENT
            % (
                f"{run}-{number:08d}",
                (FIRST + timedelta(seconds=number)).isoformat(),
                100_000_000 + number // len(STAGES),
                STAGES[number % len(STAGES)],
                number % len(STAGES),
            )
        ).encode()
        for number in range(count)
    ]


def batches(run: str, count: int, key: str) -> list[bytes]:
    """Return requests of 500 lines each with so many events."""
    lines = bodies(run, count)
    parts = (lines[start : start + BATCH] for start in range(0, count, BATCH))
    return [request("/v1/events", b"\n".join(part) + b"\n", "application/x-ndjson", key) for part in parts]


def singles(run: str, count: int, key: str) -> list[bytes]:
    """Return requests with one event each."""
    return [request("/v1/events", one, "application/cloudevents+json", key) for one in bodies(run, count)]


def messages(run: str, count: int) -> Iterator[bytes]:
    """Yield message id and body of each of so many events, as ingest puts them into the stream."""
    catalogue = load_catalogue(CATALOGUE)
    agency = catalogue.agency
    rules = Rules(
        catalogue,
        Numbering.of(agency.code, agency.number_patterns),
        b"\xab" * 32,
        ZoneInfo(agency.time_zone),
    )
    now = datetime.now(UTC)
    for body in bodies(run, count):
        verdict = judge(_ADAPTER.validate_json(body), Publisher(PUBLISHER), rules, now)
        if not isinstance(verdict, Fit):
            raise TypeError(verdict)
        yield verdict.message_id.encode()
        yield verdict.encoded


def written(path: Path, records: Iterable[bytes] | Sequence[bytes]) -> str:
    """Write records and return where."""
    write_records(path, records)
    return str(path)
