"""Web Push: a message to every device on which its reader wants to be told."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from runtime.clock import Clock
from runtime.database.postgres import UNUSABLE
from runtime.logs import logger
from services.notifier.channels.web.push_encryption import encrypted
from services.notifier.channels.web.push_service import PushService
from services.notifier.channels.web.push_subscriptions import Device, Subscriptions
from services.notifier.channels.web.vapid import Vapid
from services.notifier.domain.addresses.pushes import (
    GIVEN_UP_AFTER,
    WAITED_FOR,
    Gone,
    Outcome,
    PushMessage,
    PushResult,
    Taken,
)

LOG = logger(__name__)


class Pushes:
    """Sends pushes; the result says what came of it and whether to push the same once more."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        service: PushService,
        vapid: Vapid,
        clock: Clock,
        counted: Callable[[str], object] = str,
    ) -> None:
        """Take the parts; `counted` is told what came of each push, in one word."""
        self._counted = counted
        self._subscriptions = subscriptions
        self._service = service
        self._vapid = vapid
        self._clock = clock

    async def send(self, address: str, message: PushMessage) -> PushResult:
        """Push a message to all devices of a session, at once; a copy takes the place of what it repeats.

        No connection to the database is held meanwhile. Raises what a database that cannot be used raises,
        before anything is sent.
        """
        devices = await self._subscriptions.of(address)
        if not devices:
            return PushResult()
        payload = message.payload()
        outcomes = await asyncio.gather(*(self._push(device, payload, message) for device in devices))
        for outcome in outcomes:
            self._counted(type(outcome).__name__.lower())
        now = self._clock.now()
        await self._note(devices, outcomes, now)
        waited_for = [
            outcome
            for device, outcome in zip(devices, outcomes, strict=True)
            if device.failing_since is None or now - device.failing_since < WAITED_FOR
        ]
        return PushResult(outcomes, waited_for)

    async def _push(self, device: Device, payload: bytes, message: PushMessage) -> Outcome:
        subscription = device.subscription
        try:
            body = encrypted(payload, subscription)
        except ValueError:
            return Gone()  # its key is none: nobody will ever read anything under it
        now = self._clock.now()
        headers = {
            "Authorization": self._vapid.authorization(subscription.origin, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.seconds_left(now)),
            "Topic": message.tag,
            "Urgency": message.urgency,
        }
        return await self._service.post(subscription, body, headers)

    async def _note(self, devices: Sequence[Device], outcomes: Sequence[Outcome], now: datetime) -> None:
        gone, took, took_nothing = list[Device](), list[Device](), list[Device]()
        for device, outcome in zip(devices, outcomes, strict=True):
            since = device.failing_since
            if isinstance(outcome, Gone) or (
                not isinstance(outcome, Taken) and since is not None and now - since > GIVEN_UP_AFTER
            ):
                gone.append(device)
            elif not isinstance(outcome, Taken):
                took_nothing.append(device)
                LOG.info("a device was not told", outcome=type(outcome).__name__, detail=outcome.detail)
            elif since is not None:
                took.append(device)
        try:
            await self._subscriptions.note(gone=gone, took=took, took_nothing=took_nothing)
        except UNUSABLE as error:
            # What was pushed is pushed; the next message will find out the same.
            LOG.warning("what became of pushes is not noted", error=type(error).__name__)
