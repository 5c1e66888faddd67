"""What a caller sees of the list, as frozen values, and what they may be answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from contracts.messages.desk.calls import CallResult, Wish
from services.desk.domain.calling import Ended
from services.desk.domain.viewers import Viewer

NotTaken = Literal["closed", "nothing", "gone", "off"]
"""Why nobody is called: not now; nothing is due; that entry is another's or over; calls are not set up."""
NotRecorded = Literal["lost", "off"]
"""Why an outcome is not entered: another caller has the entry by now; calls are not set up."""


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call, known by opaque references.

    Attributes:
        call_id, number: the person, and which news it is about.
        publisher, event_id, receipt_id: the back office and its own names, by which it finds the number.
        document_type, stage, office, missing, note: codes of the catalogue.
        language: in which they read; None: nobody knows.
        missed_as, missed_why, missed_at: how the message ended, why, and when that was known.
        actionable: whether they have something to do.
        tries, unanswered: calls until now, and those of them that nobody answered.
        due_at, promised: from when they may be called, and whether they asked for that time.
        held_by, held_until, lease_id: who has the entry, until when without a sign of life, by which lease.
        held_number, held_publisher, held_event_id: which news they are calling about.
        ended_as: why nobody calls any more; None while somebody is to.
    """

    call_id: UUID
    number: int
    publisher: str
    event_id: str
    receipt_id: str | None
    document_type: str
    stage: str
    office: str | None
    missing: Sequence[str]
    note: str | None
    language: str | None
    missed_as: str
    missed_why: str | None
    missed_at: datetime
    actionable: bool
    tries: int
    unanswered: int
    due_at: datetime
    promised: bool
    held_by: UUID | None
    held_number: int | None
    held_publisher: str | None
    held_event_id: str | None
    held_until: datetime | None
    lease_id: UUID | None
    ended_as: Ended | None

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Call":
        """Return what a row says."""
        values: dict[str, Any] = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**values)

    def fits(self, viewer: Viewer) -> bool:
        """Tell whether somebody speaks the language and works for the office; what is unknown fits all."""
        speaks = not viewer.languages or self.language is None or self.language in viewer.languages
        return speaks and (self.office is None or viewer.works_for(self.office))

    def held(self, at: datetime) -> bool:
        """Tell whether somebody has the entry at an instant."""
        return self.held_until is not None and self.held_until >= at and self.ended_as is None


@dataclass(frozen=True, slots=True)
class Try:
    """One call that was made before."""

    result: CallResult
    wants: Wish | None
    again_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry with the calls that were made, newest first."""

    call: Call
    tries: Sequence[Try]


@dataclass(frozen=True, slots=True)
class Recorded:
    """How a call went is entered; `again`: it had been before, and nothing changed."""

    ended: Ended | None
    due_at: datetime | None
    again: bool = False
