"""The shapes of a generated month: what the back office exports and who follows what."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Options:
    """How large a month is wanted, and up to which instant (aware); the same options give the same month."""

    until: datetime
    seed: int = 1
    applications: int = 200
    citizens: int = 150
    offices: int = 12
    days: int = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the export, as the back office's system writes it; `missing` are codes of papers."""

    event_id: str
    application_number: str
    document_type: str
    stage: str
    office: str
    occurred_at: datetime
    sequence: int | None = None
    expected_at: date | None = None
    missing: tuple[str, ...] = ()
    note: str | None = None
    correction: bool = False
    restart: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the row for JSON: dates in ISO 8601, and only the optional fields that are given."""
        optional: dict[str, object] = {
            "sequence": self.sequence,
            "expected_at": self.expected_at.isoformat() if self.expected_at else None,
            "missing": list(self.missing) or None,
            "note": self.note,
            "correction": self.correction or None,
            "restart": self.restart or None,
        }
        return {
            "event_id": self.event_id,
            "application_number": self.application_number,
            "document_type": self.document_type,
            "stage": self.stage,
            "office": self.office,
            "occurred_at": self.occurred_at.isoformat(),
            **{name: value for name, value in optional.items() if value is not None},
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A row with what the export does not say: when it was sent and whose it truly is.

    `application` is the canonical number, however the row spells it.
    """

    row: Row
    sent_at: datetime
    application: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the desk printed for one application.

    `holder` is for the phone's display only, `application` is the canonical number, as truth for tests.
    """

    receipt_id: str
    application_number: str
    document_type: str
    holder: str
    issued_at: datetime
    application: str

    def as_json(self) -> dict[str, object]:
        """Return the receipt for JSON."""
        return {
            "receipt_id": self.receipt_id,
            "application_number": self.application_number,
            "document_type": self.document_type,
            "holder": self.holder,
            "issued_at": self.issued_at.isoformat(),
            "application": self.application,
        }


@dataclass(frozen=True, slots=True)
class Follow:
    """One citizen scans one receipt at an instant of the month."""

    citizen_id: int
    receipt_id: str
    scans_at: datetime


@dataclass(frozen=True, slots=True)
class Citizen:
    """An invented person with a phone, numbered from 1; `language` is one of the agency's."""

    citizen_id: int
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the agency's life; `lines` are in the order in which the back office sends them."""

    options: Options
    lines: tuple[Line, ...]
    receipts: tuple[Receipt, ...]
    citizens: tuple[Citizen, ...]
    follows: tuple[Follow, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The export itself."""
        return tuple(line.row for line in self.lines)

    @property
    def truth(self) -> dict[str, str]:
        """Event id -> the canonical number of the application it truly belongs to."""
        return {line.row.event_id: line.application for line in self.lines}
