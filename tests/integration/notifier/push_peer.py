"""A browser of the simulated push service as ours knows it, and a clock that is moved by hand."""

import json
from datetime import UTC, datetime, timedelta

from sandbox.push.service import PushWorld, Subscription
from services.notifier.domain.addresses.pushes import PushSubscription, read_subscription


def subscription_of(world: PushWorld, subscription: Subscription) -> PushSubscription:
    """Read what the browser told."""
    return read_subscription(json.dumps(world.described(subscription)).encode(), loopback=True)


class FakeTime:
    """A clock that stands until time passes by."""

    START = datetime(2026, 11, 30, 12, tzinfo=UTC)

    def __init__(self) -> None:
        self._passed = 0.0

    def now(self) -> datetime:
        """Return the time of day."""
        return self.START + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Return seconds."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Sleep by adding."""
        self._passed += seconds

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds
