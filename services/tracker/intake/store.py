"""The tracker's tables for the intake of events: reading under the lock, writing a batch set by set."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from contracts.messages.ids import (
    ApplicationKey,
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.notice import NoticeKind
from contracts.messages.outcome import Effect
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection
from services.tracker.domain.batch import (
    Aside,
    Identity,
    Seen,
    Source,
    Taken,
)
from services.tracker.domain.ownership import (
    EVERYTHING,
    Grant,
    granted,
    is_foreign,
    needed,
)
from services.tracker.domain.state import (
    Details,
    Event,
    Known,
    Position,
    State,
)
from services.tracker.intake.publisher_brake import held_among

SQL = sql.load("services.tracker.intake", "store.sql")

LONGEST_NAME = 512
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


class RacedError(Exception):
    """Another tracker took an identity in between our look and our write; decide the batch again."""


@dataclass(frozen=True, slots=True)
class Application:
    """An application's row: what is known of it and how it is shown."""

    key: ApplicationKey
    document_type: str
    masked: str
    known: Known


@dataclass(frozen=True, slots=True)
class Follower:
    """One active subscription."""

    subscription_id: SubscriptionId
    recipient_id: RecipientId


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One entry of the ledger; `cause` is None where no event caused it."""

    notice_id: NoticeId
    follower: Follower
    application_key: ApplicationKey
    cause: Identity | None
    kind: NoticeKind
    revision: int


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
    details = Details(
        row["document_type"],
        row["stage"],
        row["office"],
        tuple(row["missing"]),
        row["note"],
        row["expected_at"],
    )
    head = (Publisher(row["head_publisher"]), EventId(row["head_event_id"]))
    state = State(row["cycle"], details, row["rank"], row["detour"], row["occurred_at"], *head)
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
    found = await _stand(connection, {one._replace(key=EVERYTHING) for one in wanted})
    return found | await _stand(connection, [one for one in wanted if not granted(one, found)])


async def _stand(connection: Connection, wanted: Collection[Grant]) -> frozenset[Grant]:
    rows = await connection.fetch(SQL["grants"], *sql.columns(wanted, 3)) if wanted else ()
    return frozenset(Grant(*row) for row in rows)


async def may_name(connection: Connection, application: Application, publisher: Publisher) -> bool:
    """Tell whether a publisher may name an application whose lock is held; it owns what nobody has named."""
    key, owner = application.key, application.known.owner
    if owner is None:
        await connection.execute(SQL["own_application"], key, publisher)
        return True
    found = await grants(connection, needed([(key, publisher)], {key: application.known}))
    return not is_foreign(owner, publisher, key, found)


async def inbox(connection: Connection, identities: Collection[Identity]) -> dict[Identity, Seen]:
    """Return what was taken in under these identities."""
    rows = await connection.fetch(SQL["inbox"], *sql.columns(identities, 2))
    return {Identity(r["publisher"], r["event_id"]): Seen(r["digest"], r["stream_sequence"]) for r in rows}


async def dealt_with(connection: Connection, sources: Iterable[Source]) -> set[UUID]:
    """Return the ids of messages that were set aside before."""
    rows = await connection.fetch(SQL["dealt_with"], [source.id for source in sources])
    return {row["id"] for row in rows}


async def histories(
    connection: Connection, keys: Collection[ApplicationKey]
) -> dict[ApplicationKey, list[Event]]:
    """Return every event of these applications, in no order."""
    found: dict[ApplicationKey, list[Event]] = {key: [] for key in keys}
    for row in await connection.fetch(SQL["histories"], list(keys)) if keys else ():
        found[row["application_key"]].append(event(row))
    return found


def event(row: asyncpg.Record) -> Event:
    """Return what a row of `event` says happened."""
    return Event(
        publisher=row["publisher"],
        event_id=row["event_id"],
        document_type=row["document_type"],
        stage=row["stage"],
        rank=row["rank"],
        detour=row["detour"],
        occurred_at=row["occurred_at"],
        office=row["office"],
        sequence=row["sequence"],
        expected_at=row["expected_at"],
        missing=tuple(row["missing"]),
        note=row["note"],
        correction=row["correction"],
        restart=row["restart"],
        notify=row["notify"],
    )


async def followers(
    connection: Connection, keys: Collection[ApplicationKey]
) -> dict[ApplicationKey, list[Follower]]:
    """Return who follows these applications; call it only while their locks are held."""
    found: dict[ApplicationKey, list[Follower]] = defaultdict(list)
    for row in await connection.fetch(SQL["followers"], list(keys)) if keys else ():
        found[row["application_key"]].append(Follower(row["subscription_id"], row["recipient_id"]))
    return found


async def insert_events(
    connection: Connection, taken: Sequence[Taken], told: Sequence[int], now: datetime
) -> None:
    """Write what was taken in, with how many are told of each; raise RacedError where one stood already."""
    if not taken:
        return
    given = sql.columns((_event_row(one, count) for one, count in zip(taken, told, strict=True)), 21)
    written = await connection.fetch(SQL["insert_events"], *given, now)
    if len(written) != len(taken):
        raise RacedError


def _event_row(taken: Taken, told: int) -> tuple[object, ...]:
    body, event = taken.arrival.body, taken.event
    return (
        *(event.publisher, event.event_id, body.digest, body.application_key),
        *(event.document_type, event.stage, event.rank, event.detour, event.office),
        *(event.occurred_at, event.sequence, event.expected_at, ",".join(event.missing), event.note),
        *(event.correction, event.restart, event.notify, taken.decision.effect, told),
        *(taken.arrival.source.sequence, body.accepted_at),
    )


async def move_applications(
    connection: Connection,
    known: Iterable[tuple[ApplicationKey, Known]],
    look_at: Callable[[State], datetime | None] = lambda _: AT_ONCE,
) -> None:
    """Write the states that were come to, and when somebody is to look whether they are overdue."""
    rows = [_application_row(key, one, look_at) for key, one in known]
    if rows:
        await connection.execute(SQL["move_applications"], *sql.columns(rows, 21))


async def forget_states(connection: Connection, known: Sequence[tuple[ApplicationKey, Known]]) -> None:
    """Write that applications have no state; they keep their revisions."""
    if known:
        await connection.execute(
            SQL["forget_state"], [key for key, _ in known], [one.revision for _, one in known]
        )


def _application_row(
    key: ApplicationKey, known: Known, look_at: Callable[[State], datetime | None]
) -> tuple[object, ...]:
    state, last = known.state, known.last
    if state is None or last is None:
        raise ValueError("an application that took an event in has a state")
    details = state.details
    return (
        *(key, details.document_type, known.revision, state.cycle, details.stage, state.rank, state.detour),
        *(details.office, ",".join(details.missing), details.note, details.expected_at, state.occurred_at),
        *(state.publisher, state.event_id, last.occurred_at),
        *(last.sequence if last.sequenced else None, last.rank, last.publisher, last.event_id),
        *(look_at(state), known.owner),
    )


async def insert_notices(connection: Connection, notices: Sequence[NoticeRow], now: datetime) -> None:
    """Enter notices into the ledger."""
    rows = (
        (
            one.notice_id,
            one.follower.subscription_id,
            one.follower.recipient_id,
            one.application_key,
            *(one.cause or (None, None)),
            one.kind,
            one.revision,
        )
        for one in notices
    )
    if notices:
        await connection.execute(SQL["insert_notices"], *sql.columns(rows, 8), now)


async def keep_back(
    connection: Connection, pairs: Sequence[tuple[NoticeRow, Row]], now: datetime
) -> list[Row]:
    """Keep the messages of held publishers back until their release; return the others."""
    publishers = {entry.cause.publisher for entry, _ in pairs if entry.cause is not None}
    held = await held_among(connection, publishers)
    kept = [
        (row.id, entry.cause.publisher, row.payload)
        for entry, row in pairs
        if entry.cause is not None and entry.cause.publisher in held
    ]
    if kept:
        await connection.execute(SQL["keep_back"], *sql.columns(kept, 3), now)
    back = {one for one, _, _ in kept}
    return [row for _, row in pairs if row.id not in back]


async def put_aside(connection: Connection, aside: Sequence[Aside], now: datetime) -> set[UUID]:
    """Account for messages without effect; return the ids of those that were not accounted for before."""
    if not aside:
        return set()
    rows = await connection.fetch(SQL["put_aside"], *sql.columns(map(_aside_row, aside), 10), now)
    return {row["id"] for row in rows}


def _aside_row(aside: Aside) -> tuple[object, ...]:
    source, body = aside.source, aside.body
    said: tuple[str | None, ...] = (None,) * 4
    if body is not None:
        said = (storable(body.publisher), storable(body.event_id), body.document_type, body.stage)
    payload = None if aside.effect is Effect.DUPLICATE else source.payload
    return (source.id, source.stream, source.sequence, aside.effect, *said, aside.reason, payload)


def storable(text: str) -> str | None:
    """Return a name that a text column can hold and an index can hold too, else None."""
    return None if "\x00" in text or len(text) > LONGEST_NAME else text
