"""What ingest tells the tracker: one stage of one application, its number already keyed."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

import orjson
from pydantic import AwareDatetime, StringConstraints, TypeAdapter

from contracts.messages.base import Code, Hex64, Message
from contracts.messages.ids import ApplicationKey, EventId, Publisher


class StageEvent(Message):
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
    office: Code | None = None
    occurred_at: AwareDatetime
    sequence: int | None = None
    expected_at: date | None = None
    missing: tuple[Code, ...] = ()
    note: Code | None = None
    correction: bool = False
    restart: bool = False
    notify: bool = True
    accepted_at: AwareDatetime


STAGE_EVENT = TypeAdapter(StageEvent)


def written(fields: Mapping[str, object], said: bytes) -> bytes:
    """Return a `StageEvent` as it goes on the wire; what is left out has its default.

    `fields` are valid, some of them; `said` is a JSON object of all others. To build the model only to write
    it costs ten times as much.
    """
    return orjson.dumps(fields, option=orjson.OPT_UTC_Z)[:-1] + b"," + said[1:]
