"""How fast the sender goes, how often it looks, and how many calls it makes at once."""

from dataclasses import dataclass, field

from services.notifier.domain.pacing.circuit_breaker import Terms


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
