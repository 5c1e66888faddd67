"""What does not go out although it is due: in quiet hours, and where it costs more than the agency pays.

Months are named by their first days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from runtime.database import sql
from runtime.database.postgres import Connection, Pool
from services.notifier.domain import deliveries
from services.notifier.domain.deliveries import Again, Flight, Step
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.domain.sessions import Allowance, Tariff
from services.notifier.metrics import AccountMetrics
from services.notifier.recipients.addresses import Contact

SQL = sql.load("services.notifier.delivery.sending", "restraint.sql")
_MARGIN = timedelta(minutes=1)
"""What is released because it is free must still be so when it is sent."""


class PaidMessages:
    """The messages of one account that cost the agency money."""

    def __init__(self, pool: Pool, account: str) -> None:
        self._pool = pool
        self._account = account

    async def open(self, month: date, ceiling: int | None) -> int:
        """Return how many messages were paid for in a month; write down how many may be."""
        return int(await self._pool.fetchval(SQL["open_month"], self._account, month, ceiling))

    async def spent(self, month: date) -> bool:
        """Tell whether the ceiling of a month is reached, if one is set; the answers that wait count too."""
        return bool(await self._pool.fetchval(SQL["spent"], self._account, month))

    async def count(self, connection: Connection, paid: Mapping[date, int]) -> None:
        """Add messages to their months, in the transaction that says that they were accepted."""
        if any(paid.values()):
            await connection.execute(SQL["count_paid"], self._account, list(paid), list(paid.values()))

    async def release(self, free_since: datetime | None, most: int | None) -> None:
        """Let go out what waits for the next month: what is free by now, and so many more (None: all).

        Free is what goes to sessions begun after an instant; None: nothing.
        """
        await self._pool.execute(SQL["release_unpaid"], self._account, free_since, most)


@dataclass(frozen=True)
class Paid:
    """A message goes out and costs money, in this month."""

    month: date


@dataclass(frozen=True)
class Held:
    """A message does not go out now: why, and what becomes of it."""

    why: str
    step: Step


class Restraint:
    """The restraint of one tenure upon all but answers; without a tariff nothing costs anything."""

    def __init__(
        self, quiet: Quiet, tariff: Tariff | None, paid: PaidMessages, metrics: AccountMetrics
    ) -> None:
        self._quiet = quiet
        self._allowance = None if tariff is None else Allowance(tariff)
        self._paid = paid
        self._metrics = metrics

    async def look(self, now: datetime) -> None:
        """Read how much was spent, where a month begins; before the first message is weighed."""
        allowance = self._allowance
        if allowance is not None and (month := allowance.tariff.month(now)) != allowance.month:
            allowance.begin(month, await self._paid.open(month, allowance.tariff.ceiling))

    def weigh(
        self, contact: Contact, flight: Flight, session_from: datetime, now: datetime
    ) -> Paid | Held | None:
        """Return whether a message costs money or is held; None: it goes out for nothing."""
        until = self._quiet.until(now, contact.zone, contact.quiet)
        if until is not None:
            # It was due before these hours began.
            wait = (until - now).total_seconds()
            return Held("quiet hours", Again(wait, flight.unknowns, flight.plain, held=True))
        allowance = self._allowance
        if allowance is None:
            return None
        cost = allowance.take(session_from, now, actionable=flight.actionable)
        if cost is None:
            wait = (allowance.tariff.end(allowance.month) - now).total_seconds()
            return Held("no more is paid for this month", deliveries.unpaid(flight, wait))
        return Paid(allowance.month) if cost == "paid" else None

    def answer(self, now: datetime) -> Paid | None:
        """Return whether an answer costs money, which goes out whatever was spent; None: it is free."""
        allowance = self._allowance
        if allowance is None or allowance.tariff.session is not None:
            return None
        allowance.take(None, now, actionable=True)
        return Paid(allowance.month)

    def settle(self, month: date, accepted: int) -> None:
        """Note that a paid message came to so many accepted ones, once it is written down."""
        if self._allowance is not None:
            self._allowance.settle(month, accepted)
            self._metrics.paid.inc(accepted)

    async def release(self, now: datetime) -> None:
        """Let go out what waited for the next month where it costs nothing by now, or may be paid again."""
        allowance = self._allowance
        if allowance is not None and allowance.month == allowance.tariff.month(now):
            session = allowance.tariff.session
            free_since = None if session is None else now - session + _MARGIN
            await self._paid.release(free_since, allowance.left)
