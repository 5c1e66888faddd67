"""How callbacks are repeated until the webhook takes them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """How callbacks are repeated: first after `first` seconds, then after twice as many, at most `longest`.

    After `for_seconds` nothing more is tried; a webhook has `answer_within` seconds each time.
    """

    first: float = 1.0
    longest: float = 300.0
    for_seconds: float = 3600.0
    answer_within: float = 10.0

    def delay(self, failures: int) -> float:
        """Return the seconds before the next attempt."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
