"""What one tenure may claim, and has claimed: its rates, rests and places, and what is in the air."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from contracts.messages.ids import RecipientId
from runtime.clock import Clock
from runtime.database.postgres import Connection
from services.notifier.delivery.sending.attempts import Claimed
from services.notifier.delivery.sending.queue import Queue
from services.notifier.domain.deliveries import DeliveryClass
from services.notifier.domain.pacing.circuit_breaker import Breaker, Terms
from services.notifier.domain.pacing.token_buckets import Bucket, Rests
from services.notifier.metrics import AccountMetrics

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Pace:
    """How fast and how often: rates in messages a second, times in seconds."""

    rate_global: float = 30.0
    rate_chat: float = 1.0
    resend_after: float = 60.0
    concurrency: int = 50
    call_deadline: float = 30.0
    down_pause: float = 30.0
    sweep_every: float = 10.0
    settle: float = 8.0
    breaker: Terms = field(default_factory=Terms)

    @property
    def worth_claiming(self) -> int:
        """So many places must be free before pushes are claimed again: a claim for each costs too much."""
        return max(1, self.concurrency // 4)

    @property
    def kept_for_answers(self) -> int:
        """So many places are never taken by pushes."""
        return self.concurrency // 10

    @property
    def most_unrecorded(self) -> int:
        """So many claimed deliveries may be without a record, whether their calls are over or not."""
        return 4 * self.concurrency


@dataclass
class Claiming:
    """The claims of one tenure, with empty buckets at first.

    `begun` are the attempts to make now, `flying` all that are in the air. `overtaken` are subscriptions of
    which something older waits than what was claimed. `drained`: the last claim of what is due left nothing.
    """

    queue: Queue
    pace: Pace
    clock: Clock
    metrics: AccountMetrics
    token: int
    bucket: Bucket = field(init=False)
    rests: Rests = field(init=False)
    breaker: Breaker = field(init=False)
    begun: asyncio.Queue[Claimed] = field(default_factory=asyncio.Queue)
    flying: dict[UUID, RecipientId] = field(default_factory=dict)
    overtaken: list[UUID] = field(default_factory=list)
    calling: int = 0
    _line: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wanted: bool = False
    drained: bool = False
    _retries: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = self.clock.monotonic()
        self.bucket = Bucket(self.pace.rate_global, now)
        self.rests = Rests(self.pace.rate_chat, now)
        self.breaker = Breaker(self.pace.breaker)
        self.metrics.rate_limit.set(self.pace.rate_global)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Let nobody else claim meanwhile; what somebody has claimed is in the air by then, or is dropped."""
        self._wanted = True
        try:
            async with self._line:
                yield
        finally:
            self._wanted = False

    async def due(self) -> float:
        """Begin what may be sent now; return the seconds to wait before looking again. Called `alone`."""
        now = self.clock.monotonic()
        self.drained = False
        if now < self.rests.opens:
            return self.rests.opens - now
        count, urgency = self._allowed(now)
        if count <= 0:
            return max(self.bucket.wait(now), self.breaker.wait(now)) if self.free() > 0 else POLL_SECONDS
        resting = self.rests.resting(now)
        claims: list[Claimed] = []
        self.bucket.take(count, now)
        try:
            claims = await self.queue.claim(
                self.token, count, urgency=urgency, resting=[*resting, *self.flying.values()]
            )
        finally:
            self._settle(claims, count, now)
        self._begin(claims)
        self.drained = len(claims) < count
        if not self.drained:
            return 0.0
        # Rows of former owners that wait for a retry are found by the poll.
        return min(
            until - now for until in (now + POLL_SECONDS, *resting.values(), *self._retries_after(now))
        )

    async def claim_stored(self, connection: Connection, deliveries: Sequence[UUID]) -> "Stored | None":
        """Claim of what a transaction has stored what may be sent now.

        None where somebody claims already, or where more waited at the last claim, for that goes first.
        """
        now = self.clock.monotonic()
        if self._wanted or self._line.locked() or not self.drained:
            return None
        count, urgency = self._allowed(now)
        count = min(count, len(deliveries))
        if count <= 0:
            return None
        claims: list[Claimed] = []
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._line)
            self.bucket.take(count, now)
            try:
                resting = [*self.rests.resting(now), *self.flying.values()]
                claims = await self.queue.claim_stored(
                    connection, self.token, count, deliveries, urgency=urgency, resting=resting
                )
            finally:
                self._settle(claims, count, now)
            stack.pop_all()
        return Stored(self, claims)

    def settled(self, claims: Sequence[Claimed], *, committed: bool) -> None:
        """Begin what was claimed at once, or forget it; whoever waits for the line claims next."""
        if committed:
            self._begin(claims)
        else:
            for claimed in claims:
                del self.flying[claimed.delivery_id]
        self._line.release()

    def free(self) -> int:
        """Return how many calls may be begun; what is over and not yet recorded counts only in the end."""
        return min(self.pace.concurrency - self.calling, self.pace.most_unrecorded - len(self.flying))

    def retry_at(self, instants: Sequence[float]) -> None:
        """Note when attempts are due again, by the monotonic clock."""
        self._retries += instants

    def _begin(self, claims: Sequence[Claimed]) -> None:
        for claimed in claims:
            self.begun.put_nowait(claimed)
            if claimed.overtakes and claimed.subscription_id is not None:
                self.overtaken.append(claimed.subscription_id)

    def _allowed(self, now: float) -> tuple[int, DeliveryClass]:
        """Return how many may be claimed, and of which class at most."""
        free = self.free()
        # The last places are kept for answers, which never wait for a crowd of slow pushes.
        crowded = free < self.pace.worth_claiming
        room = free if crowded else free - self.pace.kept_for_answers
        count = min(room, self.bucket.available(now), self.breaker.allowed(now))
        return count, DeliveryClass.ANSWER if crowded else DeliveryClass.OTHER

    def _settle(self, claims: Sequence[Claimed], count: int, now: float) -> None:
        self.bucket.give_back(count - len(claims))
        self.metrics.bucket_tokens.set(self.bucket.available(now))
        if claims:
            self.breaker.begun(now)
        self.flying.update((claimed.delivery_id, claimed.recipient_id) for claimed in claims)

    def _retries_after(self, now: float) -> list[float]:
        self._retries = [until for until in self._retries if until > now]
        return self._retries


@dataclass(frozen=True)
class Stored:
    """What a transaction claimed of what it stored."""

    claiming: Claiming
    claims: Sequence[Claimed]

    def __len__(self) -> int:
        return len(self.claims)

    def committed(self) -> None:
        """Make the attempts."""
        self.claiming.settled(self.claims, committed=True)

    def failed(self) -> None:
        """Forget them; where they were committed all the same they are found as nobody makes them."""
        self.claiming.settled(self.claims, committed=False)
