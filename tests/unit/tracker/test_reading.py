from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import Catalogue, load_catalogue
from contracts.messages.stage import StageEvent
from services.tracker.domain.batch import Readable, Source, Unusable
from services.tracker.intake.decoding import arrival
from services.tracker.ledger.reports import Unreadable, report
from tests.unit.tracker.conftest import NOON

CATALOGUE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(CATALOGUE)


def payload(**rest: object) -> bytes:
    fields: dict[str, object] = {
        "publisher": "office",
        "event_id": "e1",
        "digest": "0" * 64,
        "application_key": "a" * 64,
        "masked": "...42",
        "document_type": "id_card",
        "stage": "correction_needed",
        "occurred_at": NOON,
        "accepted_at": NOON,
        **rest,
    }
    return StageEvent.model_validate(fields).encoded()


def test_an_event_carries_what_the_catalogue_says_of_its_stage(catalogue: Catalogue) -> None:
    """Rank and detour are the catalogue's, missing papers are sorted and named once."""
    found = arrival(Source("STAGES", 1, payload(missing=["photo", "id", "photo"])), catalogue)

    assert isinstance(found, Readable)
    assert found.event is not None
    assert (found.event.rank, found.event.detour, found.event.details.missing) == (30, True, ("id", "photo"))


@pytest.mark.parametrize("unknown", [{"stage": "in_orbit"}, {"document_type": "licence"}])
def test_what_the_catalogue_does_not_know_is_readable_without_an_event(
    catalogue: Catalogue, unknown: dict[str, str]
) -> None:
    """An unknown stage or document type is read, but is no event yet."""
    found = arrival(Source("STAGES", 1, payload(**unknown)), catalogue)

    assert isinstance(found, Readable)
    assert found.event is None


def test_a_complaint_names_fields_and_no_values(catalogue: Catalogue) -> None:
    """Why a message is unusable says which field is wrong and never what stood in it."""
    found = arrival(Source("STAGES", 1, payload().replace(b"id_card", b"AB 123456789")), catalogue)

    assert isinstance(found, Unusable)
    assert "document_type" in found.detail
    assert "123456789" not in found.detail


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reading(catalogue: Catalogue, raw: bytes) -> None:
    """Whatever a stream holds becomes an arrival or a report that says what is wrong."""
    assert isinstance(arrival(Source("STAGES", 1, raw), catalogue), Unusable)
    assert isinstance(report(Source("DELIVERIES", 1, raw)), Unreadable)
