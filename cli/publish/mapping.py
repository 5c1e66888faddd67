"""Column mappings: a small YAML that says which column of an export means what, and which text which code.

Unknown keys are mistakes. Names of columns are compared without regard to case, and `occurred_at` may be read
by a strptime format in a time zone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cli.errors import CommandError

Name = Literal[
    "event_id",
    "application_number",
    "document_type",
    "stage",
    "occurred_at",
    "office",
    "sequence",
    "expected_at",
    "missing",
    "note",
    "correction",
    "restart",
    "notify",
]


class UnreadableCellError(ValueError):
    """A cell that the mapping cannot read; the message names the field, not the value."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Moment(_Part):
    """How an export writes `occurred_at`."""

    format: str
    zone: str

    @field_validator("zone")
    @classmethod
    def known(cls, name: str) -> str:
        """Refuse a zone that does not exist."""
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("is no time zone, as Europe/Kyiv is") from None
        return name


class ColumnMap(_Part):
    """What a mapping may say; the empty one changes nothing."""

    encoding: str | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    columns: Mapping[str, Name] = Field(default_factory=dict)
    values: Mapping[Name, Mapping[str, str]] = Field(default_factory=dict)
    constants: Mapping[Name, str] = Field(default_factory=dict)
    time: Moment | None = None

    def renamed(self, header: Sequence[str]) -> list[str]:
        """Return the header's columns by our names."""
        known = {column.strip().lower(): name for column, name in self.columns.items()}
        cleaned = [column.strip().lower() for column in header]
        return [known.get(column, column) for column in cleaned]

    def meant(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return a row's cells as they are meant; UnreadableCellError."""
        values: dict[str, str] = {**dict(self.constants.items()), **cells}
        for name, texts in self.values.items():
            if name in values:
                values[name] = texts.get(values[name], values[name])
        if self.time is not None and "occurred_at" in values:
            values["occurred_at"] = _instant(values["occurred_at"], self.time)
        return values


def _instant(cell: str, moment: Moment) -> str:
    try:
        read = datetime.strptime(cell, moment.format)  # noqa: DTZ007 - the zone follows where it has none
    except ValueError:
        raise UnreadableCellError(f"occurred_at is not written as {moment.format}") from None
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(moment.zone))).isoformat()


def load_mapping(path: Path | None) -> ColumnMap:
    """Read a mapping; CommandError that names what is wrong. None is the empty one."""
    if path is None:
        return ColumnMap()
    try:
        return ColumnMap.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: is no YAML: {error}") from None
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise CommandError("\n".join(lines)) from None
