"""Booking, moving and giving back: who gets a place is decided by the unique indexes of the table.

Whoever asks must follow a document that is ready, as the tracker says; the desk learns no more of it than an
opaque name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from contracts.messages.desk.appointments import (
    Book,
    Booked,
    GiveBack,
    GivenBack,
    Refused,
    Status,
    Wait,
    Waiting,
)
from contracts.messages.desk.ready import OneAsked, Ready
from runtime.clock import Clock
from runtime.database.postgres import Connection, Pool, retrying, transaction
from runtime.messaging.jetstream import RpcUnavailableError
from services.desk.appointments.records import SQL, closed_at, new_code, told
from services.desk.appointments.tracker_client import Tracker
from services.desk.domain.slots import Slot, Timetable

TRIES = 200
"""Each that fails says that somebody else got a place meanwhile: no slot has more of them."""
NOT_READY, TAKEN, FULL = Refused(reason="not_ready"), Refused(reason="taken"), Refused(reason="full")
GONE, UNAVAILABLE = Refused(reason="gone"), Refused(reason="unavailable")


class _RefusedError(Exception):
    """What is asked may not be done: whatever was done on the way to it is rolled back."""

    def __init__(self, answer: Refused) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class _OvertakenError(Exception):
    """Somebody else took the place that was chosen: roll back and choose another one."""


@dataclass(frozen=True)
class Place:
    """Whose document waits at which office, and when people are served there."""

    who: Ready
    timetable: Timetable


@dataclass(frozen=True)
class Booking:
    """The calls of citizens that change something; each may be made again."""

    pool: Pool
    tracker: Tracker
    timetables: Mapping[str, Timetable]
    clock: Clock

    async def place(self, asked: OneAsked) -> Place | Refused:
        """Return where somebody may book."""
        try:
            (who,) = await self.tracker.ready([asked])
        except RpcUnavailableError:
            return UNAVAILABLE
        timetable = None if who is None else self.timetables.get(who.office)
        return NOT_READY if who is None or timetable is None else Place(who, timetable)

    async def book(self, request: Book) -> Booked | Refused:
        """Book a time, or move there what is booked; one an application."""
        place = await self.place(_asked(request))
        return place if isinstance(place, Refused) else await self._book(request, place)

    async def _book(self, request: Book, place: Place) -> Booked | Refused:
        slot = place.timetable.at(request.starts_at)
        if slot is None:
            return GONE
        try:
            for _ in range(TRIES):
                try:
                    return await retrying(lambda: self._once(request, place, slot), self.clock)
                except _OvertakenError:
                    continue
        except _RefusedError as refused:
            return refused.answer
        return UNAVAILABLE

    async def _once(self, request: Book, place: Place, slot: Slot) -> Booked:
        who, now = place.who, self.clock.now()
        async with transaction(self.pool) as connection:
            await connection.execute(SQL["share_office"], who.office)
            await connection.execute(SQL["hold_application"], who.application)
            own = await connection.fetchrow(SQL["booked"], who.application)
            if own is not None and own["recipient_id"] not in (who.recipient_id, request.recipient_id):
                raise _RefusedError(TAKEN)
            if own is not None and request.booking_id == own["appointment_id"]:
                return Booked(appointment=told(own))
            if await connection.fetchrow(SQL["by_id"], request.booking_id) is not None:
                # Asked again for what was booked and is over: what stands now is the answer.
                if own is None:
                    raise _RefusedError(GONE)
                return Booked(appointment=told(own))
            if own is not None and (own["office"], own["starts_at"]) == (who.office, slot.starts_at):
                return Booked(appointment=told(own))
            closed = await closed_at(connection, who.office, slot.starts_at, slot.ends_at)
            if not place.timetable.may_be_booked(slot, now, closed):
                raise _RefusedError(GONE)
            if own is not None:
                await connection.fetchrow(SQL["leave"], own["appointment_id"], Status.MOVED, now)
            booked = await self._insert(connection, request, who, slot)
            waited = await connection.fetchval(SQL["waits"], who.application)
            if waited and (own is None or slot.starts_at < own["starts_at"]):
                await connection.execute(SQL["stop_waiting"], who.application)
        return Booked(appointment=told(booked), moved_from=None if own is None else own["starts_at"])

    async def _insert(self, connection: Connection, request: Book, who: Ready, slot: Slot) -> asyncpg.Record:
        chosen = await connection.fetchval(
            SQL["free_place"], who.office, slot.starts_at, slot.ends_at, slot.places
        )
        if chosen is None:
            raise _RefusedError(FULL)
        row = await connection.fetchrow(
            SQL["insert"],
            request.booking_id,
            who.office,
            slot.starts_at,
            slot.ends_at,
            chosen,
            new_code(),
            who.publisher,
            who.document_type,
            who.application,
            who.recipient_id,
            who.subscription_id,
            self.clock.now(),
        )
        if row is None:
            raise _OvertakenError
        return row

    async def give_back(self, request: GiveBack) -> GivenBack | Refused:
        """Give back what is booked; nothing is changed where nothing is."""
        place = await self.place(_asked(request))
        return place if isinstance(place, Refused) else await self._give_back(request, place.who)

    async def _give_back(self, request: GiveBack, who: Ready) -> GivenBack | Refused:
        async def once() -> GivenBack | Refused:
            async with transaction(self.pool) as connection:
                await connection.execute(SQL["hold_application"], who.application)
                own = await connection.fetchrow(SQL["booked"], who.application)
                if own is None:
                    return GivenBack(changed=False)
                if own["recipient_id"] not in (who.recipient_id, request.recipient_id):
                    return TAKEN
                await connection.fetchrow(
                    SQL["leave"], own["appointment_id"], Status.GIVEN_BACK, self.clock.now()
                )
                await connection.execute(SQL["stop_waiting"], who.application)
            return GivenBack(changed=True)

        return await retrying(once, self.clock)

    async def wait(self, request: Wait) -> Waiting | Refused:
        """Begin or stop to wait for an earlier time, or for any where nothing is booked."""
        place = await self.place(_asked(request))
        return place if isinstance(place, Refused) else await self._wait(request, place.who)

    async def _wait(self, request: Wait, who: Ready) -> Waiting | Refused:
        async def once() -> Waiting | Refused:
            async with transaction(self.pool) as connection:
                await connection.execute(SQL["hold_application"], who.application)
                own = await connection.fetchrow(SQL["booked"], who.application)
                if own is not None and own["recipient_id"] not in (who.recipient_id, request.recipient_id):
                    return TAKEN
                if request.on:
                    described = who.application, who.office, who.publisher, who.document_type
                    person = who.recipient_id, who.subscription_id
                    await connection.execute(SQL["wait"], *described, *person, self.clock.now())
                else:
                    await connection.execute(SQL["stop_waiting"], who.application)
            return Waiting(on=request.on)

        return await retrying(once, self.clock)


def _asked(request: Book | GiveBack | Wait) -> OneAsked:
    return OneAsked(recipient_id=request.recipient_id, subscription_id=request.subscription_id)
