"""How long to wait before trying again, as a pure function of the attempt."""

import random


def backoff(attempt: int, *, first: float = 0.1, cap: float = 10.0, spread: float = 0.5) -> float:
    """Return seconds before the retry that follows failed attempt number `attempt` (from 1).

    Doubles from `first` to `cap`, shortened at random by up to `spread` so that many do not retry together.
    """
    full = min(cap, first * float(2 ** min(attempt - 1, 30)))
    return full * (1.0 - spread * random.random())  # noqa: S311 - jitter is no secret
