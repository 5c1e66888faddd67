"""Tells followers, once each, where a document stands after something they heard was withdrawn."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from contracts.messages.ids import ApplicationKey
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection
from services.tracker.domain.applications import Application, Follower
from services.tracker.domain.withdrawal import (
    Heard,
    Moment,
    Remainder,
    must_hear,
)
from services.tracker.store.notices import correction, insert_notices

SQL = sql.load("services.tracker.ledger", "corrections.sql")


async def correct(
    connection: Connection,
    applications: Sequence[Application],
    left: Mapping[ApplicationKey, Remainder],
    now: datetime,
) -> list[Row]:
    """Enter corrections into the ledger and return their messages, which the caller stores.

    Args:
        connection: in a transaction that holds the applications' locks.
        applications: as they are known now.
        left: what a withdrawal left of them; without it those hear who heard what was withdrawn since.
        now: when it happens.
    """
    by_key = {application.key: application for application in applications}
    followers = await connection.fetch(SQL["followers_since"], list(by_key))
    asked = [row["subscription_id"] for row in followers]
    heard = {row["subscription_id"]: row for row in await connection.fetch(SQL["heard"], asked)}
    notices = []
    for row in followers:
        if must_hear(_heard(row, heard.get(row["subscription_id"])), left.get(row["application_key"])):
            follower = Follower(row["subscription_id"], row["recipient_id"])
            notices.append(correction(by_key[row["application_key"]], follower, now))
    await insert_notices(connection, notices, now)
    counts = Counter(notice.entry.application_key for notice in notices)
    await connection.execute(SQL["count_corrections"], list(counts), list(counts.values()))
    return [notice.message for notice in notices]


def _heard(follower: asyncpg.Record, said: asyncpg.Record | None) -> Heard:
    began = Moment(follower["created_at"])
    if said is None or said["said_at"] is None:
        return Heard(began)
    sequence = said["said_sequence"]
    last = Moment(said["said_at"]) if sequence is None else Moment(said["said_at"], sequence)
    return Heard(max(began, last), said["wrong"], said["correct"])
