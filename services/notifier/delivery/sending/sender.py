"""One tenure as the owner of a messenger account: claims what is due, has it sent, records the ends.

Made anew, with empty buckets, each time the lease is taken. No database connection is held during a call.
"""

import asyncio
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from runtime.clock import Clock
from runtime.database.lease import Lease
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from runtime.retry import backoff
from runtime.tracing import OFF, Tracing
from services.notifier.channels.base import Channel
from services.notifier.delivery.at_once import Tenure
from services.notifier.delivery.sending.attempts import (
    Adrift,
    Attempt,
    Claimed,
    Done,
)
from services.notifier.delivery.sending.caller import Caller, Renderer
from services.notifier.delivery.sending.claiming import POLL_SECONDS, Claiming, Pace
from services.notifier.delivery.sending.health import Health
from services.notifier.delivery.sending.queue import LIFTED_SHARE, LeaseLostError, Queue
from services.notifier.delivery.sending.restraint import Held, Paid, Restraint
from services.notifier.domain import deliveries
from services.notifier.domain.deliveries import Again, DeliveryClass
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.domain.results import NotSent, Result, Unknown
from services.notifier.domain.sessions import Tariff
from services.notifier.metrics import AccountMetrics
from services.notifier.recipients.addresses import Recipients

LOG = logger(__name__)


@dataclass(frozen=True)
class Tools:
    """What every tenure works with; `wake` is set whenever there may be something to send.

    `tariff` says what messages cost that we begin; None: nothing. `unsubscribe` makes the link that ends an
    address, for where there is no conversation. `tenures` are those of this process, which `Store` knows.
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
    tenures: MutableMapping[str, Tenure] = field(default_factory=dict)


class Sender:
    """Sends for as long as the lease is held under this token."""

    def __init__(self, tools: Tools, lease: Lease, token: int) -> None:
        self._queue = tools.queue
        self._clock = tools.clock
        self._wake = tools.wake
        self._pace = tools.pace
        self._token = token
        self._tenures, self._account = tools.tenures, tools.channel.name
        self._claiming = Claiming(tools.queue, tools.pace, tools.clock, tools.metrics, token)
        self._caller = Caller(
            channel=tools.channel,
            recipients=tools.recipients,
            render=tools.render,
            metrics=tools.metrics,
            clock=tools.clock,
            bucket=self._claiming.bucket,
            rests=self._claiming.rests,
            breaker=self._claiming.breaker,
            health=tools.health,
            lease=lease,
            token=token,
            deadline=tools.pace.call_deadline,
            down_pause=tools.pace.down_pause,
            tracing=tools.tracing,
            unsubscribe=tools.unsubscribe,
        )
        self._finished: asyncio.Queue[Done] = asyncio.Queue()
        self._look_at = tools.clock.monotonic()
        self._restraint = Restraint(tools.quiet, tools.tariff, tools.queue.paid, tools.metrics)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped or until the lease is lost; what is in the air at a stop is waited for."""
        async with asyncio.TaskGroup() as group:
            recorder = group.create_task(self._record())
            calls: set[asyncio.Task[None]] = set()
            helpers = [group.create_task(self._sweep()), group.create_task(self._call(group, calls))]
            self._tenures[self._account] = self._claiming
            try:
                await self._pump(stop, recorder)
            finally:
                del self._tenures[self._account]
            async with self._claiming.alone():
                until = self._clock.monotonic() + self._pace.settle
            while self._going(recorder) and self._claiming.flying and self._clock.monotonic() < until:
                self._wake.clear()
                await self._idle(0.1)
            for task in (recorder, *helpers, *calls):
                task.cancel()

    def _going(self, recorder: asyncio.Task[None]) -> bool:
        return self._caller.ours and not recorder.done()

    async def _call(self, group: asyncio.TaskGroup, calls: set[asyncio.Task[None]]) -> None:
        """Make every attempt that is begun."""
        while True:
            task = group.create_task(self._attempt(await self._claiming.begun.get()))
            calls.add(task)
            task.add_done_callback(calls.discard)

    async def _pump(self, stop: asyncio.Event, recorder: asyncio.Task[None]) -> None:
        failures = 0
        while self._going(recorder) and not stop.is_set():
            self._wake.clear()
            try:
                async with self._claiming.alone():
                    await self._take_up()
                    await self._restraint.look(self._clock.now())
                    pause = await self._claiming.due()
                overtaken, self._claiming.overtaken = self._claiming.overtaken, []
                await self._queue.end_overtaken_of(overtaken)
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
        attempts = await self._queue.adrift(self._token, self._claiming.flying)
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

    async def _attempt(self, claimed: Claimed) -> None:
        verdict = self._weighed(claimed)
        if isinstance(verdict, Held):
            self._finished.put_nowait(Done(claimed, NotSent(verdict.why), verdict.step))
            return
        self._claiming.calling += 1
        try:
            result = await self._caller.call(claimed)
        finally:
            self._claiming.calling -= 1
        if result is not None:
            done = self._done(claimed, result)
            self._finished.put_nowait(replace(done, paid_in=verdict.month) if verdict else done)
        if self._claiming.free() >= self._pace.worth_claiming:
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
        self._claiming.retry_at([now + over.step.wait for over in done if isinstance(over.step, Again)])

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
                del self._claiming.flying[over.attempt.delivery_id]
            waiting = []
            self._wake.set()


def _retry(attempt: int) -> float:
    return backoff(attempt, first=0.5, cap=60.0)
