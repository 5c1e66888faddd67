"""One call to the messenger: the address opened, the message worded, the answer weighed and logged."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID, uuid5

from contracts.messages.desk.appointments import NEWS, AppointmentNews
from contracts.messages.notice import NOTICE, Notice
from runtime.clock import Clock
from runtime.database.lease import Lease
from runtime.keyring import DecryptionError
from runtime.logs import logger
from runtime.tracing import OFF, Tracing
from services.notifier.channels.base import Channel
from services.notifier.channels.fitting import fitted
from services.notifier.delivery.sending.attempts import Claimed
from services.notifier.delivery.sending.health import Health
from services.notifier.domain import deliveries
from services.notifier.domain.messages import Message
from services.notifier.domain.pacing.circuit_breaker import Breaker
from services.notifier.domain.pacing.token_buckets import Bucket, Rests
from services.notifier.domain.preferences import Reader, detail_of
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Moved,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
    name_and_detail,
)
from services.notifier.metrics import AccountMetrics
from services.notifier.recipients.addresses import Recipients

LOG = logger(__name__)

Told = Notice | AppointmentNews
Renderer = Callable[[Told, Reader, bool], Message]
"""Words what is told unasked for its reader, who may get it twice or not, before each call to the messenger.

What it raises counts as not sent.
"""


@dataclass(frozen=True)
class Caller:
    """Makes calls under one tenure of the lease; `unsubscribe` makes the link that ends an address."""

    channel: Channel
    recipients: Recipients
    render: Renderer
    metrics: AccountMetrics
    clock: Clock
    bucket: Bucket
    rests: Rests
    breaker: Breaker
    health: Health
    lease: Lease
    token: int
    deadline: float
    down_pause: float
    tracing: Tracing = OFF
    unsubscribe: Callable[[UUID], str] | None = None

    @property
    def ours(self) -> bool:
        """Tell whether the lease is surely held, by the monotonic clock."""
        return self.lease.token == self.token

    async def call(self, claimed: Claimed) -> Result | None:
        """Send a claimed delivery; None where the lease was lost before the call was made."""
        started = self.clock.monotonic()
        span = self.tracing.start(
            "call the messenger",
            "client",
            claimed.trace,
            delivery=str(claimed.delivery_id),
            attempt=claimed.flight.attempt,
        )
        result = await self._sent(claimed)
        span.end(result="not made" if result is None else name_and_detail(result)[0])
        if result is not None:
            self.metrics.call_seconds.observe(self.clock.monotonic() - started)
            self.metrics.attempts.labels(result=name_and_detail(result)[0]).inc()
            self._weigh(claimed, result)
        return result

    async def _sent(self, claimed: Claimed) -> Result | None:
        delivery = str(claimed.delivery_id)
        try:
            address = self.recipients.address(claimed.address_id, claimed.contact.address)
            told = _told(claimed)
            message = self._message(claimed, told)
        except DecryptionError as error:
            LOG.error("what is sealed does not open", delivery=delivery, reason=str(error))  # noqa: TRY400 - the trace says no more
            return NotSent("what is sealed does not open")
        except Exception:  # a fault in a text must not stop the sender; it was surely not sent
            LOG.exception("a message cannot be made", delivery=delivery)
            return NotSent("the message cannot be made")
        if not self.ours:
            return None
        begun = self.clock.monotonic()
        self.rests.sent(claimed.recipient_id, begun)
        result = await self._parts_sent(address, message, claimed)
        if isinstance(result, Accepted):
            self._observe(claimed, told)
        if not isinstance(result, Throttled | AccountDown):
            now = self.clock.monotonic()
            self.breaker.ended(now, now - begun, failed=isinstance(result, NotSent | Unknown))
            self.metrics.circuit_open.set(self.breaker.broken)
            if self.breaker.broken:
                self.health.down(self.clock.now(), "too many calls fail or are slow")
            elif isinstance(result, Accepted):
                self.health.accepted(self.clock.now())
        return result

    async def _parts_sent(self, address: str, message: Message, claimed: Claimed) -> Result:
        """Send what a message is at this messenger, part after part; the last one's result counts."""
        first, *rest = fitted(message, self.channel.capabilities).messages
        result = await self._answer(address, first, claimed.delivery_id)
        sent = 0
        for number, part in enumerate(rest, 1):
            if not isinstance(result, Accepted):
                return result
            sent += result.messages
            result = await self._answer(address, part, uuid5(claimed.delivery_id, str(number)))
            if isinstance(result, Throttled | NotSent | AccountDown):
                # Sent again it is sent from the start: what arrived already makes it one that may have.
                self._weigh(claimed, result)
                return Unknown("not all parts were sent")
        return replace(result, messages=sent + result.messages) if isinstance(result, Accepted) else result

    async def _answer(self, address: str, message: Message, delivery: UUID) -> Result:
        try:
            async with asyncio.timeout(self.deadline):
                return await self.channel.send(address, message, delivery)
        except TimeoutError:
            return Unknown("no answer within the deadline")
        except Exception:  # a fault in a channel must not stop the sender; it may have been sent
            LOG.exception("a channel raised an error", delivery=str(delivery))
            return Unknown("the channel raised an error")

    def _message(self, claimed: Claimed, told: Told | None) -> Message:
        contact, able = claimed.contact, self.channel.capabilities
        detail = detail_of(contact.detail, exposed=able.exposed, converses=able.converses)
        if told is not None:
            reader = self.recipients.reader(contact, detail, glances=able.glances)
            message = self.render(told, reader, claimed.may_repeat)
        else:
            message = self.recipients.answers.open(claimed.delivery_id, claimed.payload)
        # A guest has nothing that could be ended.
        if detail is not None and contact.language is not None and self.unsubscribe is not None:
            message = replace(message, unsubscribe=self.unsubscribe(claimed.address_id))
        return deliveries.without_markup(message) if claimed.flight.plain else message

    def _weigh(self, claimed: Claimed, result: Result) -> None:
        delivery, now = str(claimed.delivery_id), self.clock.monotonic()
        match result:
            case Accepted():
                self.metrics.account_down.set(0)
            case Throttled(seconds, "chat"):
                self.rests.rest(claimed.recipient_id, now + seconds)
                LOG.info("a chat is throttled", delivery=delivery, seconds=seconds)
            case Throttled(seconds):
                self.bucket.pause(now + seconds)
                self.metrics.paused_until.set(self.clock.now().timestamp() + seconds)
                LOG.warning("the account is throttled", seconds=seconds)
            case AccountDown(detail):
                self.metrics.account_down.set(1)
                self.bucket.pause(now + self.down_pause)
                self.health.down(self.clock.now(), f"the messenger refuses the account: {detail}")
                LOG.error("the messenger refuses the account; the queue is kept", detail=detail)
            case Permanent("unparseable", detail) if not claimed.flight.plain:
                self.metrics.malformed.inc()
                LOG.error(
                    "a message's markup is broken; it goes out as plain text",
                    delivery=delivery,
                    detail=detail,
                )
            case Permanent(reason, detail):
                LOG.error("the messenger refuses a message", delivery=delivery, reason=reason, detail=detail)
            case Unknown(detail) | NotSent(detail):
                LOG.warning(
                    "not accepted yet", delivery=delivery, result=name_and_detail(result)[0], detail=detail
                )
            case Unreachable(reason):
                LOG.info("a recipient is unreachable", delivery=delivery, reason=reason)
            case Moved():
                LOG.info("a chat has moved", delivery=delivery)
            case _ as never:
                assert_never(never)

    def _observe(self, claimed: Claimed, notice: Told | None) -> None:
        now = self.clock.now()
        if isinstance(notice, AppointmentNews):
            return
        if notice is None:
            self.metrics.answered_seconds.observe(max(0.0, (now - claimed.created_at).total_seconds()))
            return
        spans = (
            (self.metrics.since_occurred_seconds, notice.occurred_at),
            (self.metrics.latency_seconds, notice.accepted_at),
            (self.metrics.since_notice_seconds, notice.created_at),
        )
        for span, start in spans:
            # The promise of a minute leaves out what was held back on purpose.
            if start is not None and not (span is self.metrics.latency_seconds and claimed.held):
                span.observe(max(0.0, (now - start).total_seconds()))


def _told(claimed: Claimed) -> Told | None:
    """Return what is told unasked; None for an answer."""
    if claimed.kind == "notice":
        return NOTICE.validate_json(claimed.payload)
    return NEWS.validate_json(claimed.payload) if claimed.kind == "appointment" else None
