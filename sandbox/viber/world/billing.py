"""What a message costs: free within the 24 hours of a session that the citizen began, paid outside it.

A session begins with a citizen's message where none is open, and ends 24 hours later whatever happens.
Months are those of UTC.
"""

from datetime import datetime, timedelta

SESSION = timedelta(hours=24)
NOT_BILLED = 0
IN_SESSION = 2
FREE = 4
PAID = 5


def session_after(began: datetime | None, wrote: datetime) -> datetime:
    """Return when the session began that a citizen's message falls into or opens."""
    return began if began is not None and in_session(began, wrote) else wrote


def in_session(began: datetime | None, at: datetime) -> bool:
    """Tell whether a session is open."""
    return began is not None and began <= at < began + SESSION


def billing(began: datetime | None, at: datetime, free_left: int) -> int:
    """Return the billing status of a bot's message: in a session, free of the month's allowance, or paid."""
    if in_session(began, at):
        return IN_SESSION
    return FREE if free_left > 0 else PAID
