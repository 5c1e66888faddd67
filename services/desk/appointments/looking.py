"""The calls that only look: free times, what somebody has, what a publisher's documents have."""

from itertools import groupby

from contracts.messages.desk.appointments import (
    DaySlots,
    ListAnswer,
    ListQuery,
    OwnAnswer,
    OwnQuery,
    Refused,
    Slots,
    SlotsQuery,
)
from contracts.messages.desk.ready import OneAsked
from runtime.database.postgres import retrying
from services.desk.appointments.booking import TAKEN, Booking
from services.desk.appointments.records import SQL, free_slots, listed, told


class Looking:
    """Looks for those who book."""

    def __init__(self, booking: Booking) -> None:
        self._booking = booking
        self._pool = booking.pool

    async def slots(self, query: SlotsQuery) -> Slots | Refused:
        """Say when a document can be handed over, and what is booked for it."""
        asked = OneAsked(recipient_id=query.recipient_id, subscription_id=query.subscription_id)
        place = await self._booking.place(asked)
        if isinstance(place, Refused):
            return place
        who, table = place.who, place.timetable
        own = await self._pool.fetchrow(SQL["booked"], who.application)
        if own is not None and own["recipient_id"] not in (who.recipient_id, query.recipient_id):
            return TAKEN
        free = await free_slots(self._pool, table, self._booking.clock.now())
        starts = [slot.starts_at for slot, _ in free]
        days = [
            DaySlots(day=day, free=len(found), starts=tuple(found) if day == query.day else ())
            for day, grouped in groupby(starts, key=lambda at: at.astimezone(table.zone).date())
            if query.day in (None, day) and (found := list(grouped))
        ]
        return Slots(
            office=who.office,
            days=tuple(days),
            booked=None if own is None else told(own),
            waiting=await self._pool.fetchval(SQL["waits"], who.application),
        )

    async def own(self, query: OwnQuery) -> OwnAnswer:
        """Say all that is held of somebody's appointments."""
        rows = await retrying(lambda: self._pool.fetch(SQL["own"], query.recipient_id), self._booking.clock)
        return OwnAnswer(appointments=tuple(told(row) for row in rows))

    async def list(self, query: ListQuery) -> ListAnswer:
        """Say what is booked for a publisher's documents."""
        rows = await retrying(
            lambda: self._pool.fetch(
                SQL["listed"],
                query.publisher,
                query.office,
                query.since,
                query.until,
                query.documents,
                query.offices,
                query.after,
                query.limit,
            ),
            self._booking.clock,
        )
        return ListAnswer(rows=tuple(listed(row) for row in rows))
