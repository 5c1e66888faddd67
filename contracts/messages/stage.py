"""What ingest tells the tracker: one stage of one application, its number already keyed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import AwareDatetime, StringConstraints, TypeAdapter

from contracts.messages.base import Code, Hex64, Message
from contracts.messages.ids import ApplicationKey, EventId, Publisher


@dataclass(frozen=True, slots=True)
class StageDetails:
    """What an event says of a stage: all that people are shown of it.

    A new attribute goes here, into `StageFields`, into `StageEvent.details` and into the tracker's tables.

    Attributes:
        document_type: a code of the catalogue, as every other code here.
        stage: the stage that the document is in.
        office: where that is; None where the publisher does not say.
        missing: the papers that the citizen is to bring, sorted, each once.
        note: a text of the catalogue for this stage; None for none.
        expected_at: the publisher's own date of the next stage; None where it gives none.
    """

    document_type: str
    stage: str
    office: str | None = None
    missing: tuple[str, ...] = ()
    note: str | None = None
    expected_at: date | None = None

    def fields(self) -> dict[str, Any]:
        """Return them by the names that they have in messages."""
        return {name: getattr(self, name) for name in DETAILS}


DETAILS: Final = tuple(StageDetails.__dataclass_fields__)
"""The names of `StageDetails`, in its order."""


class StageFields(Message):
    """What every message about a stage may say of it; `StageDetails` tells what each field means."""

    office: Code | None = None
    expected_at: date | None = None
    missing: tuple[Code, ...] = ()
    note: Code | None = None


class StageEvent(StageFields):
    """One accepted stage event, subject `docwatch.stage.v1`.

    `digest` is the SHA-256 of what the publisher explicitly said; the same `(publisher, event_id)` with
    another digest is a conflict. `masked` shows the number's tail and nothing more.
    """

    version: Literal[1] = 1
    publisher: Publisher
    event_id: EventId
    digest: Hex64
    application_key: Annotated[ApplicationKey, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    masked: Annotated[str, StringConstraints(max_length=16)]
    document_type: Code
    stage: Code
    occurred_at: AwareDatetime
    sequence: int | None = None
    correction: bool = False
    restart: bool = False
    notify: bool = True
    accepted_at: AwareDatetime

    @property
    def details(self) -> StageDetails:
        """What it says of its stage, each missing paper once and in order."""
        return StageDetails(
            document_type=self.document_type,
            stage=self.stage,
            office=self.office,
            missing=tuple(sorted(set(self.missing))),
            note=self.note,
            expected_at=self.expected_at,
        )


STAGE_EVENT = TypeAdapter(StageEvent)


def written(fields: Mapping[str, object], said: bytes) -> bytes:
    """Return a `StageEvent` as it goes on the wire; what is left out has its default.

    `fields` are valid, some of them; `said` is a JSON object of all others. To build the model only to write
    it costs ten times as much.
    """
    return orjson.dumps(fields, option=orjson.OPT_UTC_Z)[:-1] + b"," + said[1:]
