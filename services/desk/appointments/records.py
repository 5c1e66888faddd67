"""Appointments as rows, and as they are told to others."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import asyncpg

from contracts.messages.desk.appointments import (
    Appointment,
    AppointmentNews,
    Listed,
    NewsKind,
    Status,
)
from contracts.streams import APPOINTMENT_SUBJECT
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection, Pool
from services.desk.domain.slots import Closed, Slot, Timetable

SQL = sql.load("services.desk.appointments", "store.sql")
_MINUTE = timedelta(minutes=1)
_Span = tuple[datetime, datetime]
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NEWS = UUID("7c3f54d1-1f6b-4c0a-9f0b-0f7f9d2a4e55")


def told(row: asyncpg.Record) -> Appointment:
    """Return an appointment as its person is told of it."""
    return Appointment(
        appointment_id=row["appointment_id"],
        subscription_id=row["subscription_id"],
        document_type=row["document_type"],
        office=row["office"],
        starts_at=row["starts_at"],
        minutes=(row["ends_at"] - row["starts_at"]) // _MINUTE,
        code=row["code"],
        status=Status(row["status"]),
    )


def listed(row: asyncpg.Record) -> Listed:
    """Return an appointment as its publisher is told of it."""
    return Listed(
        appointment_id=row["appointment_id"],
        application=row["application"],
        document_type=row["document_type"],
        office=row["office"],
        starts_at=row["starts_at"],
        minutes=(row["ends_at"] - row["starts_at"]) // _MINUTE,
        code=row["code"],
        status=Status(row["status"]),
        changed_at=row["changed_at"],
    )


def news_of(row: asyncpg.Record, kind: NewsKind, now: datetime) -> Row:
    """Return the message that tells somebody of their appointment; the same again has the same id."""
    news = AppointmentNews(
        news_id=uuid5(_NEWS, f"{kind}\x1f{row['appointment_id']}"),
        kind=kind,
        recipient_id=row["recipient_id"],
        subscription_id=row["subscription_id"],
        document_type=row["document_type"],
        office=row["office"],
        starts_at=row["starts_at"],
        minutes=(row["ends_at"] - row["starts_at"]) // _MINUTE,
        code=row["code"],
        at=now,
        expires_at=row["starts_at"],
    )
    return Row(news.news_id, APPOINTMENT_SUBJECT, news.encoded())


def offer_of(row: asyncpg.Record, slot: Slot, now: datetime) -> Row:
    """Return the message that offers a time to somebody who waits for one."""
    news = AppointmentNews(
        news_id=uuid5(_NEWS, f"{NewsKind.EARLIER}\x1f{row['application']}\x1f{slot.starts_at.isoformat()}"),
        kind=NewsKind.EARLIER,
        recipient_id=row["recipient_id"],
        subscription_id=row["subscription_id"],
        document_type=row["document_type"],
        office=row["office"],
        starts_at=slot.starts_at,
        minutes=slot.minutes,
        at=now,
        expires_at=slot.starts_at,
    )
    return Row(news.news_id, APPOINTMENT_SUBJECT, news.encoded())


def new_code() -> str:
    """Return what somebody says at the counter."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))


async def closed_at(
    connection: Connection | Pool, office: str, since: datetime, until: datetime
) -> Sequence[Closed]:
    """Return when an office serves nobody between two instants."""
    rows = await connection.fetch(SQL["closed"], office, since, until)
    return [Closed(row["starts_at"], row["ends_at"]) for row in rows]


async def free_slots(
    connection: Connection | Pool, timetable: Timetable, now: datetime
) -> Sequence[tuple[Slot, int]]:
    """Return the slots of an office that somebody could book now, in order, with how many places are left."""
    office = timetable.office.code
    today = now.astimezone(timetable.zone).date()
    since, until = timetable.bounds(today, today + timedelta(days=timetable.terms.ahead_days))
    slots = timetable.bookable(now, await closed_at(connection, office, since, until))
    # One that began up to a day before may reach into them where slots were longer then.
    taken = await connection.fetch(SQL["taken"], office, since - timedelta(days=1), until)
    held = {(row["starts_at"], row["ends_at"]): row["taken"] for row in taken}
    odd = held.keys() - {(slot.starts_at, slot.ends_at) for slot in slots}
    left = (
        (slot, slot.places - held.get((slot.starts_at, slot.ends_at), 0) - _met(slot, odd, held))
        for slot in slots
    )
    return [(slot, places) for slot, places in left if places > 0]


def _met(slot: Slot, odd: Collection[_Span], held: Mapping[_Span, int]) -> int:
    """Return how many places are held by what was booked when slots were others."""
    return sum(held[begins, ends] for begins, ends in odd if begins < slot.ends_at and ends > slot.starts_at)
