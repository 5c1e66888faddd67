"""What the tests of calls share: a tracker that says what a test wants, callers, entries on the list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from nats.aio.client import Client

from contracts.catalogue import Catalogue, load_catalogue
from contracts.messages.desk.calls import (
    CALL_MADE,
    CallEntry,
    CallMade,
    CallOver,
    CallsAnswer,
    CallsOverAnswer,
    CallsOverQuery,
    CallsQuery,
    Settled,
)
from contracts.messages.rpc import Refused
from contracts.streams import CALLS
from runtime.clock import Clock, SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.jetstream import RpcUnavailableError
from runtime.messaging.stream_writer import StreamWriter
from sandbox.agency import CATALOGUE
from services.desk.calls.listing import Listing, Wanted
from services.desk.calls.settling import Settling
from services.desk.calls.work import Calls
from services.desk.domain.calling import Rules
from services.desk.domain.viewers import Viewer
from services.desk.metrics import Metrics

TUESDAY = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
"""Noon in Kyiv, on a day on which calls are made."""


@dataclass
class At(Clock):
    """A clock that a test sets."""

    at: datetime = TUESDAY

    def now(self) -> datetime:
        """Return the time that is set."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds that go with it."""
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


@dataclass
class FakeTracker:
    """A tracker with these entries, of which some are over; `away`: it does not answer."""

    entries: list[CallEntry] = field(default_factory=list)
    over_: dict[UUID, Settled] = field(default_factory=dict)
    away: bool = False

    async def listed(self, query: CallsQuery) -> CallsAnswer | Refused:
        """Return a page."""
        self._there()
        fit = [one for one in self.entries if one.number > query.after and one.at > query.since]
        page = tuple(sorted(fit, key=lambda one: one.number)[: query.limit])
        more = len(page) == query.limit
        last = max((one.number for one in self.entries), default=0)
        return CallsAnswer(rows=page, after=page[-1].number if more else last, more=more)

    async def over(self, query: CallsOverQuery) -> CallsOverAnswer | Refused:
        """Return what is over."""
        self._there()
        found = (
            CallOver(**one.model_dump(), why=self.over_[one.call_id])
            for one in query.calls
            if one.call_id in self.over_
        )
        return CallsOverAnswer(over=tuple(found))

    def _there(self) -> None:
        if self.away:
            raise RpcUnavailableError("away")


def entry(number: int = 1, call_id: UUID | None = None, **changes: object) -> CallEntry:
    """Return an entry of the tracker's list."""
    fields: dict[str, object] = {
        "call_id": call_id or uuid4(),
        "number": number,
        "publisher": "office",
        "event_id": f"e-{number}",
        "document_type": "id_card",
        "stage": "arrived",
        "office": "kyiv-1",
        "language": "uk",
        "end": "undeliverable",
        "at": TUESDAY - timedelta(hours=30) + timedelta(minutes=number),
    }
    return CallEntry.model_validate({**fields, **changes})


def viewer(*languages: str, offices: Sequence[str] = (), staff_id: UUID | None = None) -> Viewer:
    """Return a caller who speaks these languages; none: all."""
    return Viewer(
        staff_id or uuid4(),
        "Ira",
        "Ira",
        frozenset({"caller"}),
        frozenset(languages),
        frozenset(),
        frozenset(offices),
    )


@dataclass
class Desk:
    """The room of calls without its loops."""

    pool: Pool
    client: Client
    clock: At = field(default_factory=At)
    tracker: FakeTracker = field(default_factory=FakeTracker)
    metrics: Metrics = field(default_factory=Metrics)
    catalogue: Catalogue = field(default_factory=lambda: load_catalogue(CATALOGUE))

    def __post_init__(self) -> None:
        terms = self.catalogue.agency.calls
        assert terms is not None
        self.outbox = Outbox(self.pool, StreamWriter(self.client), SystemClock())
        self.settling = Settling(self.pool, self.tracker, self.clock, self.metrics)
        rules = Rules.of(self.catalogue.agency, terms)
        self.calls = Calls(
            self.pool, self.outbox, self.clock, freshness=self.settling, metrics=self.metrics, rules=rules
        )
        self.listing = Listing(self.pool, self.tracker, self.settling, self.clock, Wanted.of(self.catalogue))

    async def hear_of(self, *entries: CallEntry) -> None:
        """Put entries on the tracker's list, and have them read."""
        self.tracker.entries += entries
        await self.listing.look()

    async def hire(self, *people: Viewer) -> None:
        """Let people be staff."""
        for one in people:
            await self.pool.execute(
                "INSERT INTO staff (id, login, name, public_name, roles, languages, topics, offices,"
                " by_directory, created_at)"
                " VALUES ($1, $2, 'Ira', '', '{caller}', '{}', '{}', '{}', true, now())",
                one.staff_id,
                str(one.staff_id),
            )

    async def caller(self, *languages: str, offices: Sequence[str] = ()) -> Viewer:
        """Hire one."""
        found = viewer(*languages, offices=offices)
        await self.hire(found)
        return found

    async def state(self, call_id: UUID) -> tuple[str | None, int, datetime]:
        """Return why an entry is over, how many calls were made, and from when it is due."""
        row = await self.pool.fetchrow("SELECT ended_as, tries, due_at FROM call WHERE call_id = $1", call_id)
        assert row is not None
        return row["ended_as"], row["tries"], row["due_at"]

    async def told(self) -> list[CallMade]:
        """Return what is on its way to the tracker."""
        rows = await self.pool.fetch("SELECT payload FROM outbox ORDER BY created_at")
        return [CALL_MADE.validate_json(row["payload"]) for row in rows]


async def in_stream(client: Client) -> list[CallMade]:
    """Return what the stream CALLS holds."""
    js = client.jetstream()
    state = (await js.stream_info(CALLS.name)).state
    numbers = range(state.first_seq, state.first_seq + state.messages)
    return [CALL_MADE.validate_json((await js.get_msg(CALLS.name, number)).data or b"") for number in numbers]
