"""What NATS refused us: a login without a right that its service needs makes it unready, and says which.

A refusal comes beside the call that it is for, which only times out; nobody else would say why.
"""

import re

from runtime.clock import Clock

KEPT_SECONDS = 60.0
_REFUSAL = re.compile(r"permissions violation for (.*)", re.IGNORECASE | re.DOTALL)


class RefusedRights:
    """Remembers the last refusal for a minute: whoever still needs the right is refused again by then."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: tuple[float, str] | None = None

    def note(self, error: Exception) -> None:
        """Take an error of the connection in; what is no refusal is left out."""
        refusal = _REFUSAL.search(str(error))
        if refusal is not None:
            self._last = (self._clock.monotonic(), refusal[1].strip(" '"))

    async def check(self) -> str | None:
        """Say what was refused within the last minute."""
        if self._last is None or self._clock.monotonic() - self._last[0] > KEPT_SECONDS:
            return None
        return f"NATS refuses this login {self._last[1]}"
