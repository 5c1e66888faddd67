"""A notifier taken apart: the real store and database, a messenger and a tracker that follow a script."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg

from contracts.catalogue import Catalogue
from contracts.messages.delivery import DELIVERY_REPORT, DeliveryReport
from contracts.messages.following import Exported, History, Joined, Shared
from contracts.messages.ids import (
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.notice import Notice, NoticeKind
from contracts.messages.rpc import (
    Followed,
    Redeemed,
    Refused,
    StatusAnswer,
    Stopped,
)
from runtime.clock import SystemClock
from runtime.database.lease import Lease
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, transaction
from runtime.messaging.jetstream import RpcUnavailableError
from services.notifier.channels.telegram.channel import StartLinks
from services.notifier.conversation.handler import Handler
from services.notifier.conversation.intents import Intents
from services.notifier.conversation.picture_queue import PictureQueue
from services.notifier.conversation.tracker_client import Claim, Tracker
from services.notifier.delivery.at_once import Tenure
from services.notifier.delivery.sending.caller import Renderer, Told
from services.notifier.delivery.sending.claiming import Pace
from services.notifier.delivery.sending.health import Health
from services.notifier.delivery.sending.queue import Queue
from services.notifier.delivery.sending.sender import Sender, Tools
from services.notifier.delivery.store import ANY_CARRIER, Arrival, Store
from services.notifier.domain import deliveries
from services.notifier.domain.addresses.links import Links
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Reader
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.domain.results import Accepted, Result
from services.notifier.files.keeping import Files
from services.notifier.inbound.updates import Updates
from services.notifier.metrics import Metrics
from services.notifier.pictures.reader import PhotoReader
from services.notifier.recipients.addresses import Recipients
from services.notifier.recipients.conversations import Conversations
from services.notifier.wording.i18n import Voice
from services.notifier.wording.markup import bold, literal
from tests.integration.notifier.quiet_channel import QuietChannel
from tests.intents import INTENTS
from tests.waiting import until

CLOCK = SystemClock()
QUICK = Pace(rate_global=2000, rate_chat=1000, resend_after=0.1, sweep_every=0.05)
NEVER = Quiet(None, ZoneInfo("Europe/Kyiv"))
SECRET = "A" * 22
LINKS = Links(StartLinks("sample_bot"))


@dataclass
class ScriptedChannel(QuietChannel):
    """A messenger that answers each address as its script says, and accepts when that is done."""

    scripts: dict[str, list[Result]] = field(default_factory=dict)
    sent: list[tuple[str, Message]] = field(default_factory=list)
    taps: list[str] = field(default_factory=list)
    updates: asyncio.Queue[Sequence[Incoming]] = field(default_factory=asyncio.Queue)
    asked: list[int | None] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    pictures: dict[str, bytes] = field(default_factory=dict)
    flying: int = 0
    most: int = 0
    name: str = "telegram"

    async def send(self, address: str, message: Message, key: UUID) -> Result:  # noqa: ARG002 - knows no copies
        """Note the call; wait at the address's gate; answer as the script says."""
        self.sent.append((address, message))
        self.flying += 1
        self.most = max(self.most, self.flying)
        self.began.set()
        try:
            if address in self.gates:
                await self.gates[address].wait()
        finally:
            self.flying -= 1
        script = self.scripts.get(address, [])
        return script.pop(0) if script else Accepted(str(len(self.sent)))

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return the next scripted batch."""
        self.asked.append(after)
        return await asyncio.wait_for(self.updates.get(), wait)

    async def download(self, reference: str, most: int) -> bytes | None:
        """Return a scripted picture."""
        found = self.pictures.get(reference)
        return None if found is None or len(found) > most else found

    async def acknowledge(self, tapped: Tapped) -> None:
        """Note the tap."""
        self.taps.append(tapped.query)

    def texts(self, address: str) -> list[str]:
        """Return what was sent to an address, in order."""
        return [message.shown for to, message in self.sent if to == address]


@dataclass
class ScriptedTracker:
    """A tracker with fixed answers; `away` stands for no answer."""

    redeemed: Redeemed | Refused | None = None
    followed: tuple[Followed, ...] = ()
    away: bool = False
    redeems: list[RecipientId] = field(default_factory=list)
    joins: list[tuple[RecipientId, RecipientId]] = field(default_factory=list)
    known: tuple[str, ...] = (SECRET,)
    asked: list[str] = field(default_factory=list)

    async def redeem(self, claim: Claim) -> Redeemed | Refused:
        """Answer as set."""
        assert claim.secret
        assert claim.consented_at.tzinfo is not None
        self._answer()
        self.redeems.append(claim.recipient)
        return self.redeemed or Refused(reason="invalid")

    async def stands(self, token: str) -> bool:
        """Tell whether the token is one that the test knows."""
        self._answer()
        self.asked.append(token)
        return token in self.known

    async def status(self, _: RecipientId) -> StatusAnswer | Refused:
        """Answer as set."""
        self._answer()
        return StatusAnswer(followed=self.followed)

    async def stop(self, _: RecipientId, subscription: UUID | None) -> Stopped | Refused:
        """Answer that all ended."""
        self._answer()
        return Stopped(ended=1 if subscription else len(self.followed))

    async def history(self, _: RecipientId, subscription: UUID) -> History | Refused:
        """Answer with a way of one moment."""
        self._answer()
        found = [one for one in self.followed if one.subscription_id == subscription]
        if not found:
            return Refused(reason="invalid")
        return History(followed=found[0], moments=(), followers=(found[0].since,))

    async def share(self, _: RecipientId, subscription: UUID, share: UUID) -> Shared | Refused:
        """Answer with a token that the share's name gives."""
        self._answer()
        assert isinstance(subscription, UUID)
        token = base64.urlsafe_b64encode(share.bytes).decode().rstrip("=")
        return Shared(token=token, expires_at=datetime.now(UTC) + timedelta(days=7))

    async def export(self, _: RecipientId) -> Exported | Refused:
        """Answer that nothing is held."""
        self._answer()
        return Exported(holdings=())

    async def join(self, joining: RecipientId, into: RecipientId) -> Joined | Refused:
        """Answer that the one is the other now, and that all went over."""
        self._answer()
        self.joins.append((joining, into))
        return Joined(into=into, moved=len(self.followed))

    def _answer(self) -> None:
        if self.away:
            raise RpcUnavailableError("nobody answers")


def notice(
    recipient: RecipientId,
    *,
    subscription: UUID | None = None,
    revision: int = 1,
    stage: str = "verification",
    created_at: datetime | None = None,
) -> Notice:
    """Return a notice about a foreign passport."""
    now = created_at or datetime.now(UTC)
    return Notice(
        notice_id=NoticeId(uuid4()),
        kind=NoticeKind.ADVANCE,
        revision=revision,
        publisher=Publisher("test"),
        event_id=EventId("e1"),
        subscription_id=SubscriptionId(uuid4() if subscription is None else subscription),
        recipient_id=recipient,
        document_type="foreign_passport",
        masked="…123",
        stage=stage,
        occurred_at=now,
        accepted_at=now,
        created_at=now,
    )


def render(told: Notice, reader: Reader, may_repeat: bool) -> Message:  # noqa: FBT001 - a Renderer
    """Word a notice so that tests can tell one from another."""
    twice = " perhaps twice" if may_repeat else ""
    return Message((*bold(told.stage), *literal(f" {told.revision} {reader.language}{twice}")))


def notices_by(word: Callable[[Notice, Reader, bool], Message]) -> Renderer:
    """Return a renderer for a test in which nothing but notices is told unasked."""

    def worded(told: Told, reader: Reader, may_repeat: bool) -> Message:  # noqa: FBT001 - a Renderer
        assert isinstance(told, Notice)
        return word(told, reader, may_repeat)

    return worded


@dataclass(frozen=True)
class World:
    """The parts, and shorthands for what tests do with them."""

    pool: Pool
    store: Store
    outbox: Outbox
    recipients: Recipients
    channel: ScriptedChannel
    tracker: ScriptedTracker
    catalogue: Catalogue
    voice: Voice
    tools: Tools
    pictures: PictureQueue
    metrics: Metrics
    talks: Conversations | None = None

    def paced(self, pace: Pace) -> "Tools":
        """Return the sender's tools at another pace."""
        return replace(self.tools, pace=pace)

    def updates(
        self, tracker: Tracker | None = None, links: Links = LINKS, intents: Intents = INTENTS
    ) -> Updates:
        """Return the conversation of the scripted channel, with the scripted tracker or another."""
        handler = Handler(
            self.pool,
            self.store,
            self.recipients,
            self.channel,
            tracker or self.tracker,
            self.voice,
            intents,
            CLOCK,
            self.tools.metrics,
            self.pictures,
            links,
            self.talks,
        )
        return Updates(handler)

    async def person(self, address: str, language: str = "en") -> RecipientId:
        """Put somebody on record who has consented."""
        now = datetime.now(UTC)
        async with transaction(self.pool) as connection:
            place = await self.recipients.put(connection, None, address, now)
            await self.recipients.consent(connection, place.recipient_id, now, 1, language)
        return place.recipient_id

    async def keep(self, *notices: Notice) -> None:
        """Store notices as the intake does."""
        arrivals = [
            Arrival(
                one,
                one.encoded(),
                deliveries.class_of(one, self.catalogue),
                deliveries.expiry_of(one, self.catalogue),
                reach_within=deliveries.reach_within(one, self.catalogue),
            )
            for one in notices
        ]
        async with self.store.unit() as unit:
            await self.store.store_notices(unit, arrivals)
        self.tools.wake.set()

    async def lease(self, holder: str = "one", term: float = 60.0) -> Lease:
        """Take the lease of the account."""
        lease = Lease(self.pool, CLOCK, role_of(self.channel.name), holder, term=term)
        assert await lease.acquire() is not None
        return lease

    @asynccontextmanager
    async def sending(self, lease: Lease, pace: Pace = QUICK) -> AsyncIterator[asyncio.Task[None]]:
        """Run a tenure for the length of the block, then stop it in good order."""
        assert lease.token is not None
        stop = asyncio.Event()
        task = asyncio.ensure_future(Sender(self.paced(pace), lease, lease.token).run(stop))
        try:
            yield task
        finally:
            stop.set()
            self.tools.wake.set()
            if not task.cancelled():
                await asyncio.gather(task, return_exceptions=task.done())

    def measured(self, name: str, **labels: str) -> float | None:
        """Return a sample of the scripted account's metrics; `name` is without what all names begin with."""
        own = {"channel": "telegram", "account": self.channel.name, **labels}
        return self.metrics.registry.get_sample_value(f"docwatch_notifier_{name}", own)

    async def row(self, delivery: UUID) -> asyncpg.Record:
        """Return a delivery as it is stored."""
        found = await self.pool.fetchrow("SELECT * FROM delivery WHERE id = $1", delivery)
        assert found is not None
        return found

    async def state(self, delivery: UUID) -> str:
        """Return a delivery's state."""
        return str((await self.row(delivery))["state"])

    async def ended(self, *deliveries: UUID) -> None:
        """Wait until these deliveries have ended."""

        async def all_ended() -> bool:
            query = "SELECT count(*) = $2 FROM delivery WHERE id = ANY($1) AND ended_at IS NOT NULL"
            return bool(await self.pool.fetchval(query, list(deliveries), len(deliveries)))

        await until(all_ended)

    async def reports(self) -> dict[UUID, DeliveryReport]:
        """Return what waits in the outbox for the tracker, by notice."""
        rows = await self.pool.fetch("SELECT payload FROM outbox")
        found = [DELIVERY_REPORT.validate_json(row["payload"]) for row in rows]
        return {report.notice_id: report for report in found}

    async def count(self, table: Literal["recipient", "delivery", "attempt", "handled_update"]) -> int:
        """Return how many rows a table has."""
        queries = {
            "recipient": "SELECT count(*) FROM recipient",
            "delivery": "SELECT count(*) FROM delivery",
            "attempt": "SELECT count(*) FROM attempt",
            "handled_update": "SELECT count(*) FROM handled_update",
        }
        return int(await self.pool.fetchval(queries[table]))


def role_of(account: str) -> str:
    """Return the role of an account's owner."""
    return f"{account}:test"


ROLE = role_of("telegram")


def make_world(
    pool: Pool,
    outbox: Outbox,
    recipients: Recipients,
    catalogue: Catalogue,
    voice: Voice,
    *,
    receipts: bool = False,
    carriers: Carriers = ANY_CARRIER,
    talks: Conversations | None = None,
    files: Files | None = None,
) -> World:
    """Put the parts together."""
    metrics, channel = Metrics(), ScriptedChannel(name=recipients.channel)
    measured, wake = metrics.of(channel.name), asyncio.Event()
    tenures: dict[str, Tenure] = {}
    store = Store(pool, outbox, metrics, carriers, tenures=tenures, staffed=talks is not None)
    role = role_of(channel.name)
    queue = Queue(pool, store, recipients, channel.name, role, carriers=carriers, receipts=receipts)
    health = Health(pool, channel.name)
    tools = Tools(queue, channel, recipients, notices_by(render), measured, CLOCK, wake, QUICK, NEVER, health)
    tools = replace(tools, tenures=tenures)
    pictures = PictureQueue(pool, store, recipients, channel, voice, measured, PhotoReader(), files, LINKS)
    tracker = ScriptedTracker()
    return World(
        pool, store, outbox, recipients, channel, tracker, catalogue, voice, tools, pictures, metrics, talks
    )


AGES_AGO = timedelta(days=30)
