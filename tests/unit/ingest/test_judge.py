"""Which events may enter, which only with a warning, and what is said about those that may not."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from contracts.messages.ids import Publisher
from services.ingest.domain.events import CloudEvent, Fit, Rules, Unfit, judge
from services.ingest.domain.faults import Fault, pointer

Cloud = Callable[..., CloudEvent]
PASSPORTS = Publisher("passports")


def test_a_plain_event_enters_without_its_number(cloud: Cloud, rules: Rules, now: datetime) -> None:
    """What goes on says who, what and when, and of the number only a key and a tail."""
    verdict = judge(cloud(missing=["photograph"], sequence=3), PASSPORTS, rules, now)

    assert isinstance(verdict, Fit)
    assert "…6789" == verdict.event.masked
    assert datetime(2026, 2, 28, 8, tzinfo=UTC) == verdict.event.occurred_at
    assert ("passports", "e-1", ("photograph",), 3, True) == (
        verdict.event.publisher,
        verdict.event.event_id,
        verdict.event.missing,
        verdict.event.sequence,
        verdict.event.notify,
    )
    assert "123456789" not in verdict.event.encoded().decode()


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"source": "registry"}, "/source"),
        ({"time": "2026-03-02T12:00:01Z"}, "/time"),
        ({"time": "1999-12-31T23:59:59Z"}, "/time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "/time"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "/time"),
        ({"application_number": "12-34"}, "/data/application_number"),
        ({"id": "AB-123456789/4"}, "/id"),
        ({"office": "office-ab123456789"}, "/data/office"),
        ({"stage": "AB-123456789"}, "/data/stage"),
        ({"expected_at": "2026-02-30"}, "/data/expected_at"),
        ({"expected_at": "2026-03-10T09:00:00"}, "/data/expected_at"),
        ({"expected_at": "0001-01-01T00:00:00+14:00"}, "/data/expected_at"),
        ({"expected_at": "soon"}, "/data/expected_at"),
    ],
)
def test_what_cannot_be_right_is_refused(
    cloud: Cloud, rules: Rules, now: datetime, fields: dict[str, str], where: str
) -> None:
    """Each refusal points at its field and repeats no value."""
    verdict = judge(cloud(**fields), PASSPORTS, rules, now)

    assert isinstance(verdict, Unfit)
    assert [where] == [fault.pointer for fault in verdict.faults]
    assert "123456789" not in repr(verdict)


def test_a_day_ahead_is_still_believed(cloud: Cloud, rules: Rules, now: datetime) -> None:
    """Clocks and time zones may be wrong by up to a day."""
    verdict = judge(cloud(time="2026-03-02T12:00:00Z"), PASSPORTS, rules, now)

    assert isinstance(verdict, Fit)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-10", date(2026, 3, 10)),
        ("2026-03-10T22:30:00Z", date(2026, 3, 11)),
        ("2026-03-10T01:30:00+05:00", date(2026, 3, 9)),
    ],
)
def test_an_expected_instant_means_the_agencys_day(
    cloud: Cloud, rules: Rules, now: datetime, given: str, expected: date
) -> None:
    """An instant is turned into the date that the agency's own calendar shows then."""
    verdict = judge(cloud(expected_at=given), PASSPORTS, rules, now)

    assert isinstance(verdict, Fit)
    assert expected == verdict.event.expected_at


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"document_type": "moon_passport"}, "/data/document_type"),
        ({"stage": "teleported"}, "/data/stage"),
        ({"office": "atlantis"}, "/data/office"),
        ({"note": "whim"}, "/data/note"),
        ({"missing": ["photograph", "moonstone"]}, "/data/missing/1"),
    ],
)
def test_a_code_that_is_not_known_yet_only_warns(
    cloud: Cloud, rules: Rules, now: datetime, fields: dict[str, object], where: str
) -> None:
    """The catalogue may learn a code later, so the event is accepted."""
    verdict = judge(cloud(**fields), PASSPORTS, rules, now)

    assert isinstance(verdict, Fit)
    assert [where] == [fault.pointer for fault in verdict.warnings]


def test_every_fault_is_named_at_once(cloud: Cloud, rules: Rules, now: datetime) -> None:
    """Whoever corrects a file learns of all faults in one go."""
    verdict = judge(cloud(source="x", application_number="7", expected_at="?"), PASSPORTS, rules, now)

    assert isinstance(verdict, Unfit)
    assert ["/source", "/data/expected_at", "/data/application_number"] == [
        one.pointer for one in verdict.faults
    ]


def test_pointers_are_escaped() -> None:
    """A slash or a tilde in a name does not break the pointer."""
    assert "/a~1b/0/~0" == pointer("a/b", 0, "~")
    assert Fault("", "x").pointer == pointer()
