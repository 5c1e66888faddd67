"""What an event says of a stage, as it stands in the columns of `event` and of `application` alike."""

from operator import itemgetter
from typing import Any

import asyncpg

from contracts.messages.stage import DETAILS, StageDetails

_VALUES = itemgetter(*DETAILS)


def fields_of(row: asyncpg.Record) -> dict[str, Any]:
    """Return what a row says of a stage by the names that it has in messages; none before any event."""
    fields = dict(zip(DETAILS, _VALUES(row), strict=True))
    fields["missing"] = tuple(fields["missing"])
    return fields


def details_of(row: asyncpg.Record) -> StageDetails:
    """Return what a row that has a stage says of it."""
    return StageDetails(**fields_of(row))


def paths_of(where: str) -> dict[str, str]:
    """Return the path of each column that takes a detail as it is: all but `missing`."""
    return {name: f"{where}.{name}" for name in DETAILS if name != "missing"}
