"""What a message costs where the agency pays for those that it begins, and when it begins none any more.

A session begins with what the citizen writes and lasts a day: within it everything is free.
"""

from datetime import datetime, timedelta
from typing import Literal

SESSION = timedelta(hours=24)

Price = Literal["free", "paid"]


def price(heard_at: datetime | None, now: datetime) -> Price:
    """Return whether a message that is sent now costs something.

    `heard_at` is when the citizen last wrote or tapped on this address; None: never.
    """
    return "free" if heard_at is not None and now - heard_at < SESSION else "paid"


def may_begin(paid_this_month: int, ceiling: int | None, *, actionable: bool) -> bool:
    """Tell whether one more paid message may go out in this month.

    A ceiling (None: there is none) holds back all but what the citizen must act on.
    """
    return actionable or ceiling is None or paid_this_month < ceiling
