"""Makes the wall clock of the process that finds this on its path wrong; the monotonic clock stays as it is.

Python imports it by its name at every start. `WRONG_CLOCK_SECONDS` says by how much.
"""

import os
import time
from datetime import UTC, datetime, timedelta

from runtime.clock import SystemClock

_SECONDS = float(os.environ["WRONG_CLOCK_SECONDS"])
_true_time, _true_time_ns = time.time, time.time_ns


def _now(_clock: SystemClock) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=_SECONDS)


# `datetime` itself cannot be changed; the services ask it through their clock alone.
setattr(SystemClock, "now", _now)  # noqa: B010 - an assignment to a method is no type error this way
time.time = lambda: _true_time() + _SECONDS
time.time_ns = lambda: _true_time_ns() + int(_SECONDS * 1e9)
