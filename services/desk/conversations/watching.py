"""What a supervisor looks at, and the gauges that only the database knows."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from runtime.database import sql
from services.desk.conversations.ground import Ground
from services.desk.conversations.telling import Telling
from services.desk.conversations.views import Present, Wall
from services.desk.domain.queueing import AT_RISK, PRESENT
from services.desk.domain.shares import Rated, Shares, shares_of

SQL = sql.load("services.desk.conversations", "wall.sql")
RATED_DAYS = 30
PROMISES = timedelta(hours=24)
UNOPENED_AFTER = timedelta(minutes=1)
"""A beginning that is so much later than what followed it is missed."""


class Watching:
    """Looks at all conversations together; at no text of any."""

    def __init__(self, ground: Ground, telling: Telling, zone: ZoneInfo) -> None:
        self._pool = ground.pool
        self._clock = ground.clock
        self._terms = ground.terms
        self._metrics = ground.metrics
        self._telling = telling
        self._zone = zone

    def risk(self, now: datetime) -> datetime:
        """Return the instant before which a promise is at risk that ends there."""
        hours = self._terms.hours
        last = hours.after(now, AT_RISK)
        # What ends while nobody works is at risk as soon as what ends when work begins again.
        return now + AT_RISK if last is None else hours.opens(last) or last

    async def wall(self) -> Wall:
        """Return what a supervisor looks at."""
        now = self._clock.now()
        hours = self._terms.hours
        counts = await self._pool.fetchrow(SQL["counts"], now, self.risk(now))
        promises = await self._pool.fetchrow(SQL["promises"], now - PROMISES)
        load = await self._telling.load(self._pool)
        is_open = hours.is_open(now)
        if counts is None or promises is None:
            raise RuntimeError("counting gives one row")
        return Wall(
            waiting=counts["waiting"],
            urgent=counts["urgent"],
            oldest=counts["oldest"],
            held=counts["held"],
            answered=counts["answered"],
            at_risk=counts["at_risk"],
            broken=counts["broken"],
            present=[Present(**row) for row in await self._pool.fetch(SQL["present"], PRESENT)],
            usual=load.usual,
            is_open=is_open,
            opens_at=None if is_open else hours.opens(now),
            kept=promises["kept"],
            given=promises["given"],
            shares=await self.shares(),
        )

    async def shares(self) -> Shares:
        """Return how content people were in the last days."""
        since = self._clock.now().astimezone(self._zone).date() - timedelta(days=RATED_DAYS)
        rated = [Rated(**row) for row in await self._pool.fetch(SQL["ratings"], since)]
        staff = {row["staff_group"]: row["staff"] for row in await self._pool.fetch(SQL["groups"])}
        return shares_of(rated, staff)

    async def look(self) -> None:
        """Make the gauges what the database says."""
        metrics = self._metrics
        wall, now = await self.wall(), self._clock.now()
        standings = {"waiting": wall.waiting, "held": wall.held, "answered": wall.answered}
        standings["unopened"] = await self._pool.fetchval(SQL["unopened"], UNOPENED_AFTER)
        for standing, count in standings.items():
            metrics.conversations.labels(standing).set(count)
        metrics.oldest.set(0 if wall.oldest is None else max(0.0, (now - wall.oldest).total_seconds()))
        metrics.promises_open.labels("at_risk").set(wall.at_risk)
        metrics.promises_open.labels("broken").set(wall.broken)
        metrics.staff.labels("present").set(len(wall.present))
        metrics.staff.labels("holding").set(sum(one.held > 0 for one in wall.present))
        metrics.is_open.set(wall.is_open)
        together = wall.shares.together
        metrics.rated_lately.set(0 if together is None else together.rated)
        metrics.content_share.set(1 if together is None else together.share)
