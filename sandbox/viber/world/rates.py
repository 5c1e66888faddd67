"""What the messenger counts: unanswered messages of an hour, free messages of a month, and tokens."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from runtime.clock import Clock
from sandbox.viber.world.billing import FREE, billing
from sandbox.viber.world.errors import RefusalError
from sandbox.viber.world.model import Message

MOST_UNANSWERED = 100
WITHIN = timedelta(hours=1)
# Milliseconds since 1970 in the upper bits: above what a float holds exactly, below the end of int64.
_SHIFT = 22


class Tokens:
    """Tokens of messages and callbacks: int64, growing, and none twice, also after a restart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def new(self) -> int:
        """Return a token that nothing else has."""
        now = int(self._clock.now().timestamp() * 1000) << _SHIFT
        self._last = max(self._last + 1, now)
        return self._last


class Rates:
    """The counts of one bot, per citizen and per month."""

    def __init__(self, free_a_month: int, stored: Iterable[Message]) -> None:
        """Take up the months' counts from what is stored; the hour's counts begin anew."""
        self._free_a_month = free_a_month
        self._unanswered: defaultdict[int, deque[datetime]] = defaultdict(deque)
        self._free = Counter(_month(message.at) for message in stored if message.billing == FREE)

    def reset(self) -> None:
        """Forget every count."""
        self._unanswered.clear()
        self._free.clear()

    def admit(self, citizen_id: int, at: datetime) -> None:
        """Count a message to somebody; raise RefusalError (12) where an hour's are unanswered."""
        sent = self._unanswered[citizen_id]
        while sent and sent[0] <= at - WITHIN:
            sent.popleft()
        if len(sent) >= MOST_UNANSWERED:
            raise RefusalError(12)
        sent.append(at)

    def answered(self, citizen_id: int) -> None:
        """Begin the count anew: they have written."""
        self._unanswered.pop(citizen_id, None)

    def ages(self, citizen_id: int, by: timedelta) -> None:
        """Move a citizen's count back in time."""
        self._unanswered[citizen_id] = deque(at - by for at in self._unanswered[citizen_id])

    def bill(self, session_from: datetime | None, at: datetime) -> int:
        """Return the billing status of a message sent now, and count it."""
        status = billing(session_from, at, self._free_a_month - self._free[_month(at)])
        if status == FREE:
            self._free[_month(at)] += 1
        return status


def _month(at: datetime) -> tuple[int, int]:
    at = at.astimezone(UTC)
    return at.year, at.month
