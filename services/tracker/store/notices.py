"""Notices: the ledger's entry and its message, made together and stored by one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import uuid4

from contracts.messages.ids import NoticeId, SubscriptionId
from contracts.messages.notice import Notice, NoticeKind, notice_id
from contracts.messages.withdrawal import Withdrawal
from contracts.streams import NOTICE_SUBJECT, WITHDRAWAL_SUBJECT
from runtime.database import sql
from runtime.database.outbox import Row
from runtime.database.postgres import Connection
from runtime.tracing import current
from services.tracker.domain.applications import Application, Follower, NoticeEntry
from services.tracker.domain.batch import Readable, Taken
from services.tracker.domain.expected_dates import Expected, Outlook
from services.tracker.domain.state import State

SQL = sql.load("services.tracker.store", "notices.sql")
MOST_WITHDRAWN = 1000
"""Notices that one message takes back."""


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice that is not stored yet: what the ledger holds of it, and its message for the outbox."""

    entry: NoticeEntry
    message: Row


COLUMNS: Final = {
    "notice_id": "notice_id",
    "subscription_id": "follower.subscription_id",
    "recipient_id": "follower.recipient_id",
    "application_key": "application_key",
    "publisher": "publisher",
    "event_id": "event_id",
    "kind": "kind",
    "revision": "revision",
}
"""The columns that `insert_notices` takes, in its order, and where each stands in an entry."""


async def insert_notices(connection: Connection, notices: Sequence[NewNotice], now: datetime) -> None:
    """Enter notices into the ledger; their messages are the caller's to store."""
    if notices:
        columns = sql.columns_of([notice.entry for notice in notices], tuple(COLUMNS.values()))
        await connection.execute(SQL["insert_notices"], *columns, now)


def notice(
    taken: Taken, outlook: Outlook, application: Application, follower: Follower, now: datetime
) -> NewNotice:
    """Return the ledger's entry and the message that tells one follower of the state now."""
    known, arrival = taken.decision.known, taken.arrival
    if known.state is None:
        raise ValueError("nobody can be told of an application without a state")
    moved = replace(application, known=known)
    kind, cause = NoticeKind(taken.decision.effect.value), "\x1f".join(arrival.identity)
    return _notice(kind, cause, moved, follower, now, outlook=outlook, by=arrival)


def follower_notice(
    application: Application, follower: Follower, new: SubscriptionId, now: datetime
) -> NewNotice:
    """Return the ledger's entry and the message that tells one follower of a new subscription."""
    return _notice(NoticeKind.FOLLOWER, str(new), application, follower, now)


def correction(application: Application, follower: Follower, now: datetime) -> NewNotice:
    """Return the ledger's entry and the message that says where a document stands after a withdrawal."""
    cause = f"withdrawn\x1f{application.key}\x1f{application.known.revision}"
    return _notice(NoticeKind.CORRECTION, cause, application, follower, now)


def overdue_notice(
    application: Application, follower: Follower, outlook: Outlook, now: datetime
) -> NewNotice:
    """Return the ledger's entry and the message that says that a date has passed; once a date and cycle."""
    state, due = application.known.state, outlook.expected
    if state is None or due is None:
        raise ValueError("nothing is overdue where nothing is expected")
    cause = f"{application.key}\x1f{state.cycle}\x1f{due.on.isoformat()}"
    return _notice(NoticeKind.OVERDUE, cause, application, follower, now, outlook=outlook)


def _notice(
    kind: NoticeKind,
    cause: str,
    application: Application,
    follower: Follower,
    now: datetime,
    *,
    outlook: Outlook | None = None,
    by: Readable | None = None,
) -> NewNotice:
    """Return a notice that says where the document stands, if anywhere; `by` is the event that caused it."""
    state, revision = application.known.state, application.known.revision
    entry = NoticeEntry(
        notice_id=notice_id(kind, cause, follower.subscription_id),
        follower=follower,
        application_key=application.key,
        cause=None if by is None else by.identity,
        kind=kind,
        revision=revision,
    )
    message = Notice(
        notice_id=entry.notice_id,
        kind=kind,
        revision=revision,
        publisher=None if by is None else by.body.publisher,
        event_id=None if by is None else by.body.event_id,
        subscription_id=follower.subscription_id,
        recipient_id=follower.recipient_id,
        masked=application.masked,
        **({"document_type": application.document_type} if state is None else position(state, outlook)),
        accepted_at=now if by is None else by.body.accepted_at,
        created_at=now,
    )
    trace = current() if by is None else by.source.trace
    return NewNotice(entry, Row(entry.notice_id, NOTICE_SUBJECT, message.encoded(), trace))


def position(state: State, outlook: Outlook | None) -> dict[str, Any]:
    """Return where a document stands, as a notice says it; without an outlook with the publisher's date."""
    if outlook is None:
        given = state.details.expected_at
        outlook = Outlook(None if given is None else Expected(given, "publisher"))
    return {**state.details.fields(), "occurred_at": state.occurred_at, **outlook.fields()}


def withdrawals(
    notices: Sequence[NoticeId], reason: Literal["publisher", "stopped"], now: datetime
) -> list[Row]:
    """Return the messages that take notices back."""
    parts = (notices[start : start + MOST_WITHDRAWN] for start in range(0, len(notices), MOST_WITHDRAWN))
    messages = (Withdrawal(notice_ids=tuple(part), reason=reason, at=now) for part in parts)
    return [Row(uuid4(), WITHDRAWAL_SUBJECT, message.encoded()) for message in messages]
