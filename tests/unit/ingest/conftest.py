"""The sample agency's rules and a well-formed event to vary."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import sandbox.agency
from contracts.catalogue import load_catalogue
from services.ingest.domain.events import CloudEvent, Rules
from services.ingest.domain.numbers import Numbering

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def rules() -> Rules:
    catalogue = load_catalogue(Path(sandbox.agency.__file__).parent / "catalogue")
    agency = catalogue.agency
    return Rules(
        catalogue, Numbering.of(agency.code, agency.number_patterns), b"p" * 32, ZoneInfo(agency.time_zone)
    )


@pytest.fixture(scope="session")
def raw() -> Make:
    """Make the JSON of an event; `data` fields by keyword, None leaves a field out."""

    def make(**fields: object) -> dict[str, Any]:
        data = {
            "application_number": "AB-123456789",
            "document_type": "foreign_passport",
            "stage": "printing",
            **fields,
        }
        envelope = {
            name: data.pop(name, default)
            for name, default in {
                "specversion": "1.0",
                "type": "docwatch.stage.v1",
                "source": "passports",
                "id": "e-1",
                "time": "2026-02-28T10:00:00+02:00",
            }.items()
        }
        kept = {name: value for name, value in data.items() if value is not None}
        return {**{name: value for name, value in envelope.items() if value is not None}, "data": kept}

    return make


@pytest.fixture(scope="session")
def cloud(raw: Make) -> Callable[..., CloudEvent]:
    """Make a well-formed event in memory."""
    return lambda **fields: CloudEvent.model_validate_json(json.dumps(raw(**fields)))


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW
