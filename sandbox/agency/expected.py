"""Where every application must stand in the end: a plain fold, to check the tracker from outside.

It shares no code with any service. It is slow and simple on purpose: gather an application's events, leave
out those of strangers, sort them, walk along and ask of each one whether it moves the state.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an application stands; `head` is the id of the event that said so, `expected_at` an ISO date.

    `missing` is sorted and holds no code twice: what is missing is a set.
    """

    stage: str
    office: str | None
    note: str | None
    missing: tuple[str, ...]
    expected_at: str | None
    head: str


@dataclass(frozen=True, slots=True)
class _Event:
    occurred_at: datetime
    sequence: int | None
    rank: int
    publisher: str
    event_id: str
    detour: bool
    correction: bool
    restart: bool
    standing: Standing

    def place(self) -> tuple[datetime, bool, int, int, str, str]:
        """The place in the total order; an event without a sequence comes before those with one."""
        numbered = self.sequence is not None
        return (self.occurred_at, numbered, self.sequence or 0, self.rank, self.publisher, self.event_id)


def expected_standings(
    rows: Iterable[Mapping[str, object]],
    truth: Mapping[str, str],
    catalogue: Catalogue,
    granted: Collection[tuple[str, str]] = (),
) -> dict[str, Standing]:
    """Return canonical application number -> where it must stand once all the rows are taken in.

    `rows` are the export's rows as JSON objects (`publisher` optional), in any order but for this: the first
    row of an application says whose it is. Rows of another publisher do not count, unless `granted` holds
    (owner, that publisher). `truth` tells which application an event belongs to. An event id that comes again
    is the same event; rows whose document type or stage the catalogue does not know do not count.
    """
    events: dict[tuple[str, str], tuple[str, _Event]] = {}
    for row in rows:
        if not catalogue.knows(str(row["document_type"]), str(row["stage"])):
            continue
        event = _event(row, catalogue)
        events.setdefault((event.publisher, event.event_id), (truth[event.event_id], event))
    owners: dict[str, str] = {}
    applications: dict[str, list[_Event]] = {}
    for application, event in events.values():
        owner = owners.setdefault(application, event.publisher)
        if event.publisher == owner or (owner, event.publisher) in granted:
            applications.setdefault(application, []).append(event)
    return {application: _fold(its_events) for application, its_events in applications.items()}


def expected_from_files(directory: Path, catalogue: Catalogue) -> dict[str, Standing]:
    """Return the same for the files that the generator wrote: `events.jsonl` and `truth.jsonl`."""
    rows = _lines(directory / "events.jsonl")
    truth = {str(line["event_id"]): str(line["application"]) for line in _lines(directory / "truth.jsonl")}
    return expected_standings(rows, truth, catalogue)


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _event(row: Mapping[str, object], catalogue: Catalogue) -> _Event:
    stage = catalogue.stages[str(row["stage"])]
    event_id = str(row["event_id"])
    missing = row.get("missing")
    sequence = row.get("sequence")
    return _Event(
        occurred_at=datetime.fromisoformat(str(row["occurred_at"])),
        sequence=None if sequence is None else int(str(sequence)),
        rank=stage.rank,
        publisher=str(row.get("publisher", "")),
        event_id=event_id,
        detour=stage.detour,
        correction=bool(row.get("correction")),
        restart=bool(row.get("restart")),
        standing=Standing(
            stage=stage.code,
            office=_text(row.get("office")),
            note=_text(row.get("note")),
            missing=tuple(sorted({str(code) for code in missing})) if isinstance(missing, list) else (),
            expected_at=_text(row.get("expected_at")),
            head=event_id,
        ),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _fold(events: list[_Event]) -> Standing:
    first, *rest = sorted(events, key=_Event.place)
    now = first
    for event in rest:
        if _moves(now, event):
            now = event
    return now.standing


def _moves(now: _Event, event: _Event) -> bool:
    if event.restart:
        return True
    if _details(now) == _details(event):
        return False
    if event.correction:
        return True
    if event.standing.stage == now.standing.stage:
        return True
    return now.detour or event.rank > now.rank


def _details(event: _Event) -> tuple[object, ...]:
    standing = event.standing
    return (standing.stage, standing.office, standing.note, standing.missing, standing.expected_at)
