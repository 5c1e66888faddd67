"""A stage event as a CloudEvent, and the judgement whether it may enter and with which warnings."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache, partial
from json.encoder import encode_basestring
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from contracts.catalogue import Catalogue
from contracts.digest import canonical, digest
from contracts.lookalikes import compact
from contracts.messages.base import Code
from contracts.messages.ids import EventId, Publisher
from contracts.messages.stage import STAGE_EVENT, StageEvent, written
from services.ingest.domain.faults import Fault, capped, pointer
from services.ingest.domain.numbers import LONGEST, Application, Numbering, application, mentions

MAX_AHEAD = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
EVENT_TYPE = "docwatch.stage.v1"
_NO_NUMBER = "must not contain the application number, for ids and codes are stored"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _instant(value: object) -> object:
    if not isinstance(value, str) or not _INSTANT.match(value):
        raise ValueError("must be an instant such as 2026-01-31T10:00:00+02:00")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
# Not strict, for behind a validator of ours a text is no longer seen as JSON.
Instant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_instant)]


class StageData(BaseModel):
    """The payload of a stage event; unknown fields are ignored, null says the same as leaving a field out."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    application_number: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
    document_type: Code
    stage: Code
    office: Code | None = None
    sequence: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    expected_at: Annotated[str, StringConstraints(max_length=40)] | None = None
    missing: Annotated[tuple[Code, ...], Field(max_length=50, fail_fast=True)] | None = None
    note: Code | None = None
    correction: bool | None = None
    restart: bool | None = None
    notify: bool | None = None


class CloudEvent(BaseModel):
    """The envelope, CloudEvents 1.0: `time` is when it happened, `source` the publisher."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    specversion: Literal["1.0"]
    type: Literal["docwatch.stage.v1"]
    source: Name
    id: Name
    time: Instant
    data: StageData


Codes = tuple[str, str, str | None, str | None, tuple[str, ...] | None]
"""Document type, stage, office, note and missing papers of an event."""


@dataclass(frozen=True)
class Rules:
    """What an event is judged by."""

    catalogue: Catalogue
    numbering: Numbering
    pepper: bytes
    zone: ZoneInfo

    @cached_property
    def warnings(self) -> Callable[[Codes], tuple[Fault, ...]]:
        """What is to be said of an event's codes, remembered: few combinations are in use."""
        return lru_cache(maxsize=1024)(partial(_warnings, self.catalogue))


class Fit(NamedTuple):
    """The event may enter: what the stream gets, and what else must be known of it.

    `encoded` is the `StageEvent` written out at once: to build the model only to write it costs half as
    much as all the rest of the judgement.
    """

    event_id: EventId
    document_type: str
    office: str | None
    message_id: str
    encoded: bytes
    warnings: tuple[Fault, ...]

    @property
    def event(self) -> StageEvent:
        """Return the event as others read it."""
        return STAGE_EVENT.validate_json(self.encoded)


@dataclass(frozen=True, slots=True)
class Unfit:
    """The event may not enter; `id` is None where repeating it would spell the number out."""

    id: str | None
    faults: tuple[Fault, ...]


def judge(cloud: CloudEvent, publisher: Publisher, rules: Rules, now: datetime) -> Fit | Unfit:
    """Decide on one well-formed event; unknown codes only warn, for the catalogue may learn them later."""
    data = cloud.data
    faults = [] if cloud.source == publisher else [Fault("/source", "is not the publisher of this key")]
    occurred = _utc(cloud.time)
    faults += _time_faults(occurred, now)
    expected = _expected(data.expected_at, rules.zone)
    if isinstance(expected, Fault):
        faults.append(expected)
    number = rules.numbering.match_key(data.application_number)
    spelled_out = mentions(cloud.id, number or compact(data.application_number))
    if number is None:
        faults.append(Fault("/data/application_number", "is not an application number of this agency"))
    elif spelled_out:
        faults.append(Fault("/id", _NO_NUMBER))
    warnings = rules.warnings((data.document_type, data.stage, data.office, data.note, data.missing))
    if number is not None and warnings:
        # A code of the catalogue is no number; one that it does not know could be.
        faults += [Fault(where, _NO_NUMBER) for where, code in _codes(data) if mentions(code, number)]
    if faults or number is None or isinstance(expected, Fault):
        return Unfit(None if spelled_out else cloud.id, capped(faults))
    target = application(rules.numbering, rules.pepper, number)
    stated = canonical(_stated(data, target, occurred, expected))
    event_id, body_digest = EventId(cloud.id), digest(stated)
    encoded = written(
        {
            "version": 1,
            "publisher": publisher,
            "event_id": event_id,
            "digest": body_digest,
            "masked": target.masked,
            "accepted_at": now,
        },
        stated,
    )
    stream_id = message_id(publisher, event_id, body_digest)
    return Fit(event_id, data.document_type, data.office, stream_id, encoded, warnings)


def message_id(publisher: Publisher, event_id: EventId, body_digest: str) -> str:
    """Return the id under which the stream drops copies; another body under one event id is no copy."""
    # A list as `json.dumps` writes it: written out, it costs a tenth.
    named = f'[{encode_basestring(publisher)}, {encode_basestring(event_id)}, "{body_digest}"]'
    return hashlib.sha256(named.encode()).hexdigest()


def _stated(
    data: StageData, target: Application, occurred: datetime, expected: date | None
) -> dict[str, object]:
    """Return what the publisher explicitly said, as fields of `StageEvent`."""
    stated: dict[str, object] = {name: value for name, value in vars(data).items() if value is not None}
    del stated["application_number"]
    stated["application_key"] = target.key
    stated["occurred_at"] = occurred
    if expected is not None:
        stated["expected_at"] = expected
    return stated


def _utc(instant: datetime) -> datetime:
    """Return an instant in UTC: times of one zone are compared ten times as fast as those of two."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # at the ends of the calendar, where hours no longer count
        return instant.replace(tzinfo=UTC)


def _time_faults(occurred: datetime, now: datetime) -> list[Fault]:
    if occurred > now + MAX_AHEAD:
        return [Fault("/time", "is more than a day ahead of now")]
    if occurred < EARLIEST:
        return [Fault("/time", "is before the year 2000")]
    return []


@lru_cache(maxsize=1024)
def _expected(text: str | None, zone: ZoneInfo) -> date | Fault | None:
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text) if _INSTANT.match(text) else None
        if instant is not None and instant.tzinfo is not None:
            return instant.astimezone(zone).date()
    except (ValueError, OverflowError):
        pass
    detail = "must be a date such as 2026-01-31, or an instant with its time zone"
    return Fault("/data/expected_at", detail)


def _codes(data: StageData) -> Iterator[tuple[str, str]]:
    """Yield each code of an event and where it stands."""
    yield "/data/document_type", data.document_type
    yield "/data/stage", data.stage
    for name in ("office", "note"):
        code: str | None = getattr(data, name)
        if code is not None:
            yield f"/data/{name}", code
    for index, paper in enumerate(data.missing or ()):
        yield pointer("data", "missing", index), paper


def _warnings(catalogue: Catalogue, codes: Codes) -> tuple[Fault, ...]:
    document_type, stage, office, note, missing = codes
    warnings: list[Fault] = []
    if document_type not in catalogue.documents:
        warnings.append(Fault("/data/document_type", "is not in the catalogue; kept until it is"))
    elif not catalogue.knows(document_type, stage):
        warnings.append(Fault("/data/stage", "is no stage of this document type; kept until it is"))
    if office is not None and office not in catalogue.offices:
        warnings.append(Fault("/data/office", "is not in the catalogue; citizens will not see it"))
    if note is not None and note not in catalogue.notes:
        warnings.append(Fault("/data/note", "is not in the catalogue; citizens will not see it"))
    for index, paper in enumerate(missing or ()):
        if paper not in catalogue.papers:
            where = pointer("data", "missing", index)
            warnings.append(Fault(where, "is not in the catalogue; citizens will not see it"))
    return capped(warnings)
