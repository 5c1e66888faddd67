"""What NATS refused makes a service unready for as long as somebody may still run into it."""

import nats.errors

from runtime.clock import SystemClock
from runtime.messaging.refused_rights import KEPT_SECONDS, RefusedRights


class Hand(SystemClock):
    """A clock that is set by hand."""

    time = 0.0

    def monotonic(self) -> float:
        """Return what was set."""
        return self.time


async def test_a_refusal_is_said_for_a_minute() -> None:
    """The subject that was refused is named, until a minute has passed without another refusal."""
    clock = Hand()
    refused_rights = RefusedRights(clock)
    refused_rights.note(
        nats.errors.Error("nats: 'Permissions Violation for Publish to \"docwatch.stage.v1\"'")
    )
    at_once = await refused_rights.check()
    clock.time = KEPT_SECONDS
    still = await refused_rights.check()
    clock.time += 0.1

    assert 'NATS refuses this login Publish to "docwatch.stage.v1"' == at_once == still
    assert await refused_rights.check() is None


async def test_other_errors_are_no_refusals() -> None:
    """A connection that was lost says nothing of rights."""
    refused_rights = RefusedRights(SystemClock())
    refused_rights.note(nats.errors.StaleConnectionError())

    assert await refused_rights.check() is None
