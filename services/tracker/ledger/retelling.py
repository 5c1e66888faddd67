"""After streams were lost or brought back older than the ledger: notices under way nowhere go out again.

Each keeps its id, so one that is under way after all is a copy that the notifier knows. The newest of a
document says where that stands now, any before it what its event said.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from contracts.messages.ids import ApplicationKey, NoticeId
from contracts.messages.notice import Notice, NoticeKind
from contracts.streams import NOTICE_SUBJECT
from runtime.database import outbox, sql
from runtime.database.outbox import Row
from runtime.database.postgres import Pool, transaction
from services.tracker.domain.applications import Application
from services.tracker.domain.expected_dates import Rules, outlook_of
from services.tracker.store.applications import lock
from services.tracker.store.details import fields_of
from services.tracker.store.notices import position

SQL = sql.load("services.tracker.ledger", "retelling.sql")
AT_ONCE = 500


async def tell_again(pool: Pool, rules: Rules, notices: Sequence[NoticeId], now: datetime) -> int:
    """Put open notices into the outbox once more, but held and waiting ones; return how many."""
    told = 0
    for start in range(0, len(notices), AT_ONCE):
        async with transaction(pool) as connection:
            rows = await connection.fetch(SQL["open_among"], notices[start : start + AT_ONCE])
            applications = await lock(connection, {ApplicationKey(row["application_key"]) for row in rows})
            messages = [_message(row, applications, rules, now) for row in rows]
            await outbox.store(connection, messages)
            told += len(messages)
    return told


def _message(
    row: asyncpg.Record, applications: Mapping[ApplicationKey, Application], rules: Rules, now: datetime
) -> Row:
    application = applications[row["application_key"]]
    message = Notice(
        **{name: row[name] for name in ("notice_id", "kind", "revision", "publisher", "event_id")},
        subscription_id=row["subscription_id"],
        recipient_id=row["recipient_id"],
        masked=application.masked,
        **_said(row, application, rules, now),
        accepted_at=row["accepted_at"] or row["created_at"],
        created_at=row["created_at"],
    )
    return Row(row["notice_id"], NOTICE_SUBJECT, message.encoded())


def _said(row: asyncpg.Record, application: Application, rules: Rules, now: datetime) -> dict[str, Any]:
    """Return what a notice says of the stage: that of now for the newest, else that of its event."""
    state = application.known.state
    if row["stage"] is not None and row["revision"] < application.known.revision:
        dated = None if row["expected_at"] is None else "publisher"
        return {**fields_of(row), "occurred_at": row["occurred_at"], "expected_from": dated}
    if state is None:
        return {"document_type": application.document_type}
    told = NoticeKind(row["kind"]) is not NoticeKind.FOLLOWER
    return position(state, outlook_of([state], rules, now) if told else None)
