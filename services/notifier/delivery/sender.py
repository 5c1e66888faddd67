"""One tenure as the owner of a messenger account: claims what is due, has it sent, records the ends.

Made anew, with empty buckets, each time the lease is taken. No database connection is held during a call.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.messages.ids import RecipientId
from runtime.clock import Clock
from runtime.database.lease import Lease
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from runtime.retry import backoff
from runtime.tracing import OFF, Tracing
from services.notifier.channels.base import Channel
from services.notifier.delivery.attempt import Caller, Renderer
from services.notifier.delivery.health import Health
from services.notifier.delivery.pace import Pace
from services.notifier.delivery.queue import (
    LIFTED_SHARE,
    Adrift,
    Attempt,
    Claimed,
    Done,
    LeaseLostError,
    Queue,
)
from services.notifier.delivery.restraint import Held, Paid, Restraint
from services.notifier.domain import deliveries
from services.notifier.domain.deliveries import Again, DeliveryClass
from services.notifier.domain.pacing.circuit_breaker import Breaker
from services.notifier.domain.pacing.token_buckets import Bucket, Rests
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.domain.results import NotSent, Result, Unknown
from services.notifier.domain.sessions import Tariff
from services.notifier.metrics import AccountMetrics
from services.notifier.recipients.addresses import Recipients

LOG = logger(__name__)
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Tools:
    """What every tenure works with; `wake` is set whenever there may be something to send.

    `tariff` says what messages cost that we begin; None: nothing. `unsubscribe` makes the link that ends an
    address, for where there is no conversation.
    """

    queue: Queue
    channel: Channel
    recipients: Recipients
    render: Renderer
    metrics: AccountMetrics
    clock: Clock
    wake: asyncio.Event
    pace: Pace
    quiet: Quiet
    health: Health
    tracing: Tracing = OFF
    tariff: Tariff | None = None
    unsubscribe: Callable[[UUID], str] | None = None


class Sender:
    """Sends for as long as the lease is held under this token."""

    def __init__(self, tools: Tools, lease: Lease, token: int) -> None:
        self._queue = tools.queue
        self._clock = tools.clock
        self._wake = tools.wake
        self._pace = tools.pace
        self._token = token
        now = tools.clock.monotonic()
        self._bucket = Bucket(tools.pace.rate_global, now)
        tools.metrics.rate_limit.set(tools.pace.rate_global)
        self._rests = Rests(tools.pace.rate_chat, now)
        self._breaker = Breaker(tools.pace.breaker)
        self._caller = Caller(
            channel=tools.channel,
            recipients=tools.recipients,
            render=tools.render,
            metrics=tools.metrics,
            clock=tools.clock,
            bucket=self._bucket,
            rests=self._rests,
            breaker=self._breaker,
            health=tools.health,
            lease=lease,
            token=token,
            deadline=tools.pace.call_deadline,
            down_pause=tools.pace.down_pause,
            tracing=tools.tracing,
            unsubscribe=tools.unsubscribe,
        )
        self._flying: dict[UUID, RecipientId] = {}
        self._calling = 0
        self._finished: asyncio.Queue[Done] = asyncio.Queue()
        self._retries: list[float] = []
        self._look_at = now
        self._restraint = Restraint(tools.quiet, tools.tariff, tools.queue.paid, tools.metrics)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped or until the lease is lost; what is in the air at a stop is waited for."""
        async with asyncio.TaskGroup() as group:
            recorder = group.create_task(self._record())
            sweeper = group.create_task(self._sweep())
            calls: set[asyncio.Task[None]] = set()
            await self._pump(stop, recorder, group, calls)
            until = self._clock.monotonic() + self._pace.settle
            while self._going(recorder) and self._flying and self._clock.monotonic() < until:
                self._wake.clear()
                await self._idle(0.1)
            for task in (recorder, sweeper, *calls):
                task.cancel()

    def _going(self, recorder: asyncio.Task[None]) -> bool:
        return self._caller.ours and not recorder.done()

    async def _pump(
        self,
        stop: asyncio.Event,
        recorder: asyncio.Task[None],
        group: asyncio.TaskGroup,
        calls: set[asyncio.Task[None]],
    ) -> None:
        failures = 0
        while self._going(recorder) and not stop.is_set():
            self._wake.clear()
            try:
                await self._take_up()
                await self._restraint.look(self._clock.now())
                claims, pause = await self._claim()
                for claimed in claims:
                    task = group.create_task(self._attempt(claimed))
                    calls.add(task)
                    task.add_done_callback(calls.discard)
                await self._queue.end_overtaken_of(
                    [
                        claimed.subscription_id
                        for claimed in claims
                        if claimed.overtakes and claimed.subscription_id is not None
                    ]
                )
                failures = 0
            except LeaseLostError:
                return
            except TRANSIENT as error:
                failures += 1
                LOG.warning("sender waits for the database", error=repr(error))
                pause = backoff(failures, cap=2.0)
            if pause > 0:
                await self._idle(min(pause, POLL_SECONDS), stop)

    async def _idle(self, seconds: float, *others: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._wake, *others)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in waits:
                waiting.cancel()

    async def _take_up(self) -> None:
        """Take up attempts in the air that nobody makes: a former owner's, or ours whose claim was lost."""
        now = self._clock.monotonic()
        if now < self._look_at:
            return
        attempts = await self._queue.adrift(self._token, self._flying)
        if attempts:
            LOG.warning("attempts without a maker", count=len(attempts))
            await self._keep([self._adrift(attempt) for attempt in attempts])
        self._look_at = now + self._pace.sweep_every

    async def _sweep(self) -> None:
        """End what need not be sent, now and then; apart from the pump, for a long queue takes its time."""
        lifted = max(1, int(self._pace.rate_global * self._pace.sweep_every * LIFTED_SHARE))
        while True:
            try:
                await self._queue.sweep(lifted)
                await self._restraint.release(self._clock.now())
            except TRANSIENT as error:
                LOG.warning("the sweep waits for the database", error=repr(error))
            await self._clock.sleep(self._pace.sweep_every)

    def _adrift(self, attempt: Adrift) -> Done:
        if attempt.ours:
            return self._done(attempt, NotSent("the claim's answer was lost"))
        return self._done(attempt, Unknown("the former owner of the account is gone"))

    async def _claim(self) -> tuple[list[Claimed], float]:
        """Claim what may be sent now; return it and the seconds to wait before looking again."""
        now = self._clock.monotonic()
        if now < self._rests.opens:
            return [], self._rests.opens - now
        free = self._free()
        if free <= 0:
            return [], POLL_SECONDS
        # The last places are kept for answers, which never wait for a crowd of slow pushes.
        crowded = free < self._pace.worth_claiming
        room = free if crowded else free - self._pace.kept_for_answers
        count = min(room, self._bucket.available(now), self._breaker.allowed(now))
        if not count:
            return [], max(self._bucket.wait(now), self._breaker.wait(now))
        resting = self._rests.resting(now)
        claims: list[Claimed] = []
        self._bucket.take(count, now)
        try:
            claims = await self._queue.claim(
                self._token,
                count,
                urgency=DeliveryClass.ANSWER if crowded else DeliveryClass.OTHER,
                resting=[*resting, *self._flying.values()],
            )
        finally:
            self._bucket.give_back(count - len(claims))
            self._caller.metrics.bucket_tokens.set(self._bucket.available(now))
            if claims:
                self._breaker.begun(now)
        self._flying.update((claimed.delivery_id, claimed.recipient_id) for claimed in claims)
        if len(claims) == count:
            return claims, 0.0
        # Rows of former owners that wait for a retry are found by the poll.
        return claims, min(
            until - now for until in (now + POLL_SECONDS, *resting.values(), *self._retries_after(now))
        )

    def _free(self) -> int:
        """Return how many calls may be begun; what is over and not yet recorded counts only in the end."""
        unrecorded = self._pace.most_unrecorded - len(self._flying)
        return min(self._pace.concurrency - self._calling, unrecorded)

    def _retries_after(self, now: float) -> list[float]:
        self._retries = [until for until in self._retries if until > now]
        return self._retries

    async def _attempt(self, claimed: Claimed) -> None:
        verdict = self._weighed(claimed)
        if isinstance(verdict, Held):
            self._finished.put_nowait(Done(claimed, NotSent(verdict.why), verdict.step))
            return
        self._calling += 1
        try:
            result = await self._caller.call(claimed)
        finally:
            self._calling -= 1
        if result is not None:
            done = self._done(claimed, result)
            self._finished.put_nowait(replace(done, paid_in=verdict.month) if verdict else done)
        if self._free() >= self._pace.worth_claiming:
            self._wake.set()

    def _weighed(self, claimed: Claimed) -> Paid | Held | None:
        if claimed.urgency is DeliveryClass.ANSWER:
            return self._restraint.answer(self._clock.now())
        return self._restraint.weigh(claimed.contact, claimed.flight, claimed.session_from, self._clock.now())

    def _done(self, attempt: Attempt, result: Result) -> Done:
        step = deliveries.step(result, attempt.flight, resend_after=self._pace.resend_after, backoff=_retry)
        return Done(attempt, result, step)

    async def _keep(self, done: list[Done]) -> None:
        await self._queue.record(self._token, done)
        for over in done:
            if over.paid_in is not None:
                self._restraint.settle(over.paid_in, over.paid)
        now = self._clock.monotonic()
        self._retries += [now + over.step.wait for over in done if isinstance(over.step, Again)]

    async def _record(self) -> None:
        """Record finished attempts, all that are there at once, until the lease is lost."""
        failures = 0
        waiting: list[Done] = []
        while True:
            if not waiting:
                waiting.append(await self._finished.get())
            while not self._finished.empty():
                waiting.append(self._finished.get_nowait())
            try:
                await self._keep(waiting)
            except LeaseLostError:
                LOG.warning("the lease was lost before ends were recorded", count=len(waiting))
                return
            except TRANSIENT as error:
                failures += 1
                LOG.warning("ends wait for the database", count=len(waiting), error=repr(error))
                await self._clock.sleep(backoff(failures, cap=2.0))
                continue
            failures = 0
            for over in waiting:
                del self._flying[over.attempt.delivery_id]
            waiting = []
            self._wake.set()


def _retry(attempt: int) -> float:
    return backoff(attempt, first=0.5, cap=60.0)
