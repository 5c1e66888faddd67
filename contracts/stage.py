"""What ingest tells the tracker: one stage of one application, its number already keyed."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints, TypeAdapter
from pydantic_core import SchemaSerializer, core_schema

from contracts.ids import ApplicationKey, EventId, Publisher
from contracts.message import Code, Hex64, Message


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
_WRITER = SchemaSerializer(
    core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(core_schema.any_schema()) for name in StageEvent.model_fields}
    )
)


def written(fields: Mapping[str, object]) -> bytes:
    """Return what `StageEvent(**fields).encoded()` does for fields that are valid, all there and in order.

    To build the model only to write it costs four times as much.
    """
    return _WRITER.to_json(fields, exclude_none=True)
