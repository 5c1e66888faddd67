"""A tracker for real: its tables, its streams, as many of it at once as a test asks for."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client
from pydantic import SecretStr, TypeAdapter

from contracts.catalogue import Catalogue, load_catalogue
from contracts.claims import claim_hash
from contracts.messages.base import Message
from contracts.messages.ids import (
    ApplicationKey,
    EventId,
    Publisher,
    RecipientId,
)
from contracts.messages.notice import NOTICE, Notice
from contracts.messages.outcome import OUTCOME, Outcome
from contracts.messages.rpc import (
    IssueClaim,
    Redeem,
    Redeemed,
    Refused,
)
from contracts.messages.stage import StageEvent
from contracts.streams import NOTICES, OUTCOMES, STAGE_SUBJECT
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, open_pool
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from runtime.process.lifecycle import Stop
from services.tracker.app import build
from services.tracker.domain.batch import Arrival, Source
from services.tracker.domain.ownership import among
from services.tracker.domain.working_days import rules_of
from services.tracker.following.claims import Claims
from services.tracker.following.joining import Joining
from services.tracker.following.recipient_queries import RecipientQueries
from services.tracker.following.sharing import ShareLimits, Sharing
from services.tracker.following.subscriptions import Subscriptions
from services.tracker.following.typed_code_limits import TypedCodeLimits
from services.tracker.intake.decoding import arrival
from services.tracker.intake.events import Intake
from services.tracker.ledger.publisher_queries import PublisherQueries
from services.tracker.operators.publishers import Publishers
from services.tracker.settings import TrackerSettings
from tests.conftest import Databases

SAMPLE = Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue"
RECEIPT_KEY = bytes(range(32))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STAGES = ["accepted", "verification", "printing", "shipped", "arrived", "issued"]
M = TypeVar("M", bound=Message)


def key(number: int = 0) -> ApplicationKey:
    """Return the key of the application number so-and-so."""
    return ApplicationKey(f"{number:064x}")


def stage_event(
    event_id: str, stage: str = "accepted", *, application: int = 0, **rest: object
) -> StageEvent:
    """Return an event; a later stage happened later unless told otherwise."""
    hours = STAGES.index(stage) if stage in STAGES else 0
    fields: dict[str, object] = {
        "publisher": Publisher("office"),
        "event_id": EventId(event_id),
        "digest": "0" * 64,
        "application_key": key(application),
        "masked": "...42",
        "document_type": "id_card",
        "stage": stage,
        "occurred_at": NOON + timedelta(hours=hours),
        "accepted_at": NOON + timedelta(days=1),
        **rest,
    }
    return StageEvent.model_validate(fields)


@dataclass
class Tracker:
    """One tracker's use cases without its loops, on a pool of its own."""

    pool: Pool
    catalogue: Catalogue
    sender: StreamWriter
    sequence: int = 0
    outbox: Outbox = field(init=False)
    intake: Intake = field(init=False)
    claims: Claims = field(init=False)
    typing: TypedCodeLimits = field(init=False)
    following: Subscriptions = field(init=False)
    own: RecipientQueries = field(init=False)
    sharing: Sharing = field(init=False)
    joining: Joining = field(init=False)
    questions: PublisherQueries = field(init=False)

    def __post_init__(self) -> None:
        clock = SystemClock()
        self.outbox = Outbox(self.pool, self.sender, clock)
        rules = rules_of(self.catalogue)
        self.intake = Intake(self.pool, self.outbox, clock, rules=rules)
        self.claims = Claims(self.pool, clock, 5)
        self.typing = TypedCodeLimits(self.pool, clock, each=3, all_together=5)
        limits = self.catalogue.agency.limits
        self.following = Subscriptions(
            self.pool, self.outbox, clock, RECEIPT_KEY, typing=self.typing, limits=limits, rules=rules
        )
        self.own = RecipientQueries(self.pool, clock, rules)
        life = ShareLimits(open=2, life=timedelta(days=7), followers=limits.followers_per_document)
        self.sharing = Sharing(self.pool, clock, RECEIPT_KEY, life)
        self.joining = Joining(self.pool, self.outbox, clock)
        self.questions = PublisherQueries(self.pool, clock)

    def arrivals(self, *bodies: StageEvent | bytes) -> list[Arrival]:
        """Return stream messages with these bodies, each with a sequence of its own."""
        found: list[Arrival] = []
        for body in bodies:
            self.sequence += 1
            payload = body if isinstance(body, bytes) else body.encoded()
            found.append(arrival(Source("STAGES", self.sequence, payload), self.catalogue))
        return found

    async def take(self, *bodies: StageEvent | bytes) -> None:
        """Take events in as one batch."""
        await self.intake.take(self.arrivals(*bodies))

    async def share_work(self, *publishers: str) -> None:
        """Let publishers write each other's applications."""
        desk = Publishers(self.pool, SystemClock(), "test")
        await desk.grant(among([Publisher(one) for one in publishers]))

    async def issue(self, application: int = 0, receipt: str | None = None, generation: int = 1) -> str:
        """Issue a claim and return its token."""
        token = secrets.token_urlsafe(16)
        reply = await self.claims.issue(claim(token, application, receipt or token, generation))
        assert not isinstance(reply, Refused)
        return token

    async def redeem(self, token: str, recipient: UUID | None = None) -> Redeemed:
        """Redeem a token that is good."""
        reply = await self.following.redeem(redeem(token, recipient))
        assert isinstance(reply, Redeemed)
        return reply

    async def books(self) -> Counter[str]:
        """Count the messages dealt with, by effect."""
        rows = await self.pool.fetch(
            "SELECT effect, count(*) AS n"
            " FROM (SELECT effect FROM event UNION ALL SELECT effect FROM set_aside) AS each GROUP BY effect"
        )
        return Counter({row["effect"]: row["n"] for row in rows})


def claim(token: str, application: int = 0, receipt: str = "r1", generation: int = 1) -> IssueClaim:
    """Return the request that issues a claim; its typed code goes with the token."""
    return IssueClaim(
        publisher=Publisher("office"),
        receipt_id=receipt,
        generation=generation,
        application_key=key(application),
        masked="...42",
        document_type="id_card",
        token_hash=claim_hash(RECEIPT_KEY, "token", token),
        code_hash=claim_hash(RECEIPT_KEY, "code", code(token)),
    )


def code(token: str) -> str:
    """Return the typed code that goes with a token here."""
    return token.encode().hex().upper()[:13]


def redeem(token: str, recipient: UUID | None = None) -> Redeem:
    """Return the request that redeems a token."""
    who = RecipientId(recipient or uuid4())
    return Redeem(token=token, recipient_id=who, consent_version="1", consented_at=NOON)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(SAMPLE)


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    async with open_pool(databases.url("tracker"), "tracker") as found:
        yield found


@pytest.fixture
async def tracker(pool: Pool, catalogue: Catalogue, nats_client: Client) -> Tracker:
    return Tracker(pool, catalogue, StreamWriter(nats_client))


@pytest.fixture
async def other(databases: Databases, catalogue: Catalogue, nats_client: Client) -> AsyncIterator[Tracker]:
    """A second tracker on connections of its own; its sequences are far from the first one's."""
    async with open_pool(databases.url("tracker"), "tracker") as found:
        yield Tracker(found, catalogue, StreamWriter(nats_client), sequence=1_000_000)


@asynccontextmanager
async def running(databases: Databases, nats_url: str) -> AsyncIterator[None]:
    """Run a whole tracker, loops and calls, as its process does."""
    stop = Stop()
    settings = TrackerSettings(
        nats_url=SecretStr(nats_url),
        database_url=SecretStr(databases.url("tracker")),
        catalogue=SAMPLE,
        receipt_key=SecretStr(RECEIPT_KEY.hex()),
    )
    async with build(settings)(stop) as service:
        tasks = [asyncio.ensure_future(loop()) for loop in service.loops]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)


async def publish(client: Client, *bodies: StageEvent | bytes) -> None:
    """Put messages into STAGES, each under a message id of its own."""
    payloads = [body if isinstance(body, bytes) else body.encoded() for body in bodies]
    outgoing = [Outgoing(STAGE_SUBJECT, str(uuid4()), payload) for payload in payloads]
    assert all(isinstance(one, Stored) for one in await StreamWriter(client).publish(outgoing))


async def stored(client: Client, stream: str, adapter: TypeAdapter[M]) -> list[M]:
    """Return everything in a stream."""
    js = client.jetstream()
    state = (await js.stream_info(stream)).state
    found = []
    for sequence in range(state.first_seq, state.first_seq + state.messages):
        message = await js.get_msg(stream, sequence)
        found.append(adapter.validate_json(message.data or b""))
    return found


async def notices(client: Client) -> list[Notice]:
    """Return every notice in its stream."""
    return await stored(client, NOTICES.name, NOTICE)


async def outcomes(client: Client) -> list[Outcome]:
    """Return every outcome in its stream."""
    return await stored(client, OUTCOMES.name, OUTCOME)
