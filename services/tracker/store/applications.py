"""Applications, their owners and their followers: locked, read as they are under the lock, and written."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg

from contracts.messages.ids import ApplicationKey, EventId, Publisher
from runtime.database import sql
from runtime.database.postgres import Connection
from services.tracker.domain.applications import Application, Follower
from services.tracker.domain.ownership import (
    EVERYTHING,
    Grant,
    granted,
    is_foreign,
    needed,
)
from services.tracker.domain.state import Known, Position, State
from services.tracker.store.details import details_of, paths_of

SQL = sql.load("services.tracker.store", "applications.sql")
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


async def insert_applications(
    connection: Connection, rows: Iterable[tuple[ApplicationKey, str, str]]
) -> None:
    """Make missing rows from (key, document type, masked number)."""
    keys, types, masked = sql.columns(rows, 3)
    await connection.execute(SQL["insert_applications"], keys, types, masked)


async def lock(connection: Connection, keys: Collection[ApplicationKey]) -> dict[ApplicationKey, Application]:
    """Lock applications in key order and return them as they are now; those without a row are left out."""
    rows = await connection.fetch(SQL["lock_applications"], list(keys))
    return {row["application_key"]: _application(row) for row in rows}


def _application(row: asyncpg.Record) -> Application:
    return Application(row["application_key"], row["document_type"], row["masked"], known_from(row))


def known_from(row: asyncpg.Record) -> Known:
    """Return what a row of `application` says is known."""
    if row["stage"] is None:
        return Known(revision=row["revision"], owner=row["owner"])
    head = (Publisher(row["head_publisher"]), EventId(row["head_event_id"]))
    state = State(row["cycle"], details_of(row), row["rank"], row["detour"], row["occurred_at"], *head)
    last = Position(
        row["last_occurred_at"],
        row["last_sequence"] is not None,
        row["last_sequence"] or 0,
        row["last_rank"],
        row["last_publisher"],
        row["last_event_id"],
    )
    # A version before owners may have made the row.
    return Known(state, last, row["revision"], row["owner"] or head[0])


async def grants(connection: Connection, wanted: Collection[Grant]) -> frozenset[Grant]:
    """Return which grants stand, alone or with everything; a revocation waits for this transaction."""
    whole = await _stand(connection, {grant._replace(key=EVERYTHING) for grant in wanted})
    return whole | await _stand(connection, [grant for grant in wanted if not granted(grant, whole)])


async def _stand(connection: Connection, wanted: Collection[Grant]) -> frozenset[Grant]:
    rows = await connection.fetch(SQL["grants"], *sql.columns(wanted, 3)) if wanted else ()
    return frozenset(Grant(*row) for row in rows)


async def may_name(connection: Connection, application: Application, publisher: Publisher) -> bool:
    """Tell whether a publisher may name an application whose lock is held; it owns what nobody has named."""
    key, owner = application.key, application.known.owner
    if owner is None:
        await connection.execute(SQL["own_application"], key, publisher)
        return True
    standing = await grants(connection, needed([(key, publisher)], {key: application.known}))
    return not is_foreign(owner, publisher, key, standing)


async def followers(
    connection: Connection, keys: Collection[ApplicationKey]
) -> dict[ApplicationKey, list[Follower]]:
    """Return who follows these applications; call it only while their locks are held."""
    following: dict[ApplicationKey, list[Follower]] = defaultdict(list)
    for row in await connection.fetch(SQL["followers"], list(keys)) if keys else ():
        following[row["application_key"]].append(Follower(row["subscription_id"], row["recipient_id"]))
    return following


async def move_applications(
    connection: Connection,
    known: Iterable[tuple[ApplicationKey, Known]],
    look_at: Callable[[State], datetime | None] = lambda _: AT_ONCE,
) -> None:
    """Write the states that were come to, and when somebody is to look whether they are overdue."""
    rows = [_moved(key, application, look_at) for key, application in known]
    if rows:
        await connection.execute(SQL["move_applications"], *sql.columns_of(rows, tuple(COLUMNS.values())))


def _moved(key: ApplicationKey, known: Known, look_at: Callable[[State], datetime | None]) -> "_Moved":
    if known.state is None or known.last is None:
        raise ValueError("an application that took an event in has a state")
    return _Moved(key, known.state, known.last, known.revision, known.owner, look_at(known.state))


@dataclass(frozen=True, slots=True)
class _Moved:
    """The row of an application that has a state; `look_at` None: never."""

    key: ApplicationKey
    state: State
    last: Position
    revision: int
    owner: Publisher | None
    look_at: datetime | None

    @property
    def missing(self) -> str:
        """The codes of missing papers in one text, for a column cannot be a list of lists."""
        return ",".join(self.state.details.missing)

    @property
    def last_sequence(self) -> int | None:
        """The sequence of the last event; None where it had none."""
        return self.last.sequence if self.last.sequenced else None


COLUMNS: Final = {
    "key": "key",
    **paths_of("state.details"),
    "missing": "missing",
    "revision": "revision",
    "cycle": "state.cycle",
    "rank": "state.rank",
    "detour": "state.detour",
    "occurred_at": "state.occurred_at",
    "head_publisher": "state.publisher",
    "head_event_id": "state.event_id",
    "last_occurred_at": "last.occurred_at",
    "last_sequence": "last_sequence",
    "last_rank": "last.rank",
    "last_publisher": "last.publisher",
    "last_event_id": "last.event_id",
    "look_at": "look_at",
    "owner": "owner",
}
"""The columns that `move_applications` takes, in its order, and where each stands in a row."""


async def forget_states(connection: Connection, known: Sequence[tuple[ApplicationKey, Known]]) -> None:
    """Write that applications have no state; they keep their revisions."""
    if known:
        revisions = [application.revision for _, application in known]
        await connection.execute(SQL["forget_state"], [key for key, _ in known], revisions)
