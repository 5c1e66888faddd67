"""What the tracker tells others, made from what a batch came to: notices, outcomes, dead letters."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

from contracts.messages.dead import DeadLetter
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import NoticeId, SubscriptionId
from contracts.messages.notice import Notice, NoticeKind, notice_id
from contracts.messages.outcome import Outcome, said
from contracts.messages.reach import Reach
from contracts.messages.withdrawal import Withdrawal
from contracts.streams import NOTICE_SUBJECT, OUTCOME_SUBJECT, REACH_SUBJECT, WITHDRAWAL_SUBJECT
from runtime.database.outbox import Row
from runtime.tracing import current
from services.tracker.domain.batch import (
    Aside,
    Identity,
    Readable,
    Source,
    Taken,
)
from services.tracker.domain.expected_dates import Expected, Outlook
from services.tracker.domain.state import State
from services.tracker.intake.store import (
    Application,
    Follower,
    NoticeRow,
    storable,
)

LONGEST_LETTER = 256 * 1024
MOST_WITHDRAWN = 1000
_NAMESPACE = UUID("b7c9d0a1-53f0-4f0b-9a55-5b9f2b0a6d11")


@dataclass(frozen=True, slots=True)
class Told:
    """An event that was taken in, and how many people it concerned."""

    identity: Identity
    notices: int
    document_type: str
    office: str | None


def notice(
    taken: Taken, sight: Outlook, application: Application, follower: Follower, now: datetime
) -> tuple[NoticeRow, Row]:
    """Return the ledger's entry and the message that tells one follower of the state now."""
    known, arrival = taken.decision.known, taken.arrival
    if known.state is None:
        raise ValueError("nobody can be told of an application without a state")
    moved = replace(application, document_type=known.state.details.document_type, known=known)
    kind, cause = NoticeKind(taken.decision.effect.value), "\x1f".join(arrival.identity)
    return _notice(kind, cause, moved, follower, now, sight=sight, by=arrival)


def follower_notice(
    application: Application, told: Follower, new: SubscriptionId, now: datetime
) -> tuple[NoticeRow, Row]:
    """Return the ledger's entry and the message that tells one follower of a new subscription."""
    return _notice(NoticeKind.FOLLOWER, str(new), application, told, now)


def correction(application: Application, told: Follower, now: datetime) -> tuple[NoticeRow, Row]:
    """Return the ledger's entry and the message that says where a document stands after a withdrawal."""
    cause = f"withdrawn\x1f{application.key}\x1f{application.known.revision}"
    return _notice(NoticeKind.CORRECTION, cause, application, told, now)


def overdue_notice(
    application: Application, told: Follower, sight: Outlook, now: datetime
) -> tuple[NoticeRow, Row]:
    """Return the ledger's entry and the message that says that a date has passed; once a date and cycle."""
    state, due = application.known.state, sight.expected
    if state is None or due is None:
        raise ValueError("nothing is overdue where nothing is expected")
    cause = f"{application.key}\x1f{state.cycle}\x1f{due.on.isoformat()}"
    return _notice(NoticeKind.OVERDUE, cause, application, told, now, sight=sight)


def _notice(
    kind: NoticeKind,
    cause: str,
    application: Application,
    told: Follower,
    now: datetime,
    *,
    sight: Outlook | None = None,
    by: Readable | None = None,
) -> tuple[NoticeRow, Row]:
    """Return a notice that says where the document stands, if anywhere; `by` is the event that caused it."""
    state, revision = application.known.state, application.known.revision
    entry = NoticeRow(
        notice_id=notice_id(kind, cause, told.subscription_id),
        follower=told,
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
        subscription_id=told.subscription_id,
        recipient_id=told.recipient_id,
        document_type=application.document_type,
        masked=application.masked,
        **({} if state is None else _position(state, sight)),
        accepted_at=now if by is None else by.body.accepted_at,
        created_at=now,
    )
    trace = current() if by is None else by.source.trace
    return entry, Row(entry.notice_id, NOTICE_SUBJECT, message.encoded(), trace)


def _position(state: State, sight: Outlook | None) -> dict[str, Any]:
    """Return where a document stands; without a look at the calendar there is the publisher's date alone."""
    details = state.details
    if sight is None:
        given = details.expected_at
        sight = Outlook(None if given is None else Expected(given, "publisher"))
    return {
        "stage": details.stage,
        "office": details.office,
        "occurred_at": state.occurred_at,
        "missing": details.missing,
        "note": details.note,
        **sight.told(),
    }


def withdrawals(
    notices: Sequence[NoticeId], reason: Literal["publisher", "stopped"], now: datetime
) -> list[Row]:
    """Return the messages that take notices back."""
    return [
        Row(
            uuid4(),
            WITHDRAWAL_SUBJECT,
            Withdrawal(
                notice_ids=tuple(notices[start : start + MOST_WITHDRAWN]), reason=reason, at=now
            ).encoded(),
        )
        for start in range(0, len(notices), MOST_WITHDRAWN)
    ]


def reach(told: Told, ends: Mapping[DeliveryEnd, int], now: datetime, trace: str | None) -> Row:
    """Return the message that says how many of the people whom an event concerned were reached."""
    message = Reach(
        publisher=told.identity.publisher,
        event_id=told.identity.event_id,
        document_type=told.document_type,
        office=told.office,
        notices=told.notices,
        ends=ends,
        at=now,
    )
    name = uuid5(_NAMESPACE, "\x1f".join(told.identity))
    return Row(name, REACH_SUBJECT, message.encoded(), trace)


def outcome_of_taken(taken: Taken, told: int, now: datetime) -> Row:
    """Return the message that says what an event did."""
    body = taken.arrival.body
    effect, problem = said(taken.decision.effect)
    message = Outcome(
        publisher=body.publisher,
        event_id=body.event_id,
        effect=effect,
        problem=problem,
        document_type=body.document_type,
        stage=body.stage,
        office=body.office,
        notices=told,
        at=now,
    )
    source = taken.arrival.source
    return Row(_outcome_id(source), OUTCOME_SUBJECT, message.encoded(), source.trace)


def outcome_of_aside(aside: Aside, now: datetime) -> Row | None:
    """Return the message that says why an event did nothing; None where nobody knows whose it is."""
    body = aside.body
    if body is None or storable(body.publisher) is None or storable(body.event_id) is None:
        return None
    effect, problem = said(aside.effect)
    message = Outcome(
        publisher=body.publisher,
        event_id=body.event_id,
        effect=effect,
        problem=problem,
        document_type=body.document_type,
        stage=body.stage,
        office=body.office,
        reason=aside.reason,
        at=now,
    )
    return Row(_outcome_id(aside.source), OUTCOME_SUBJECT, message.encoded(), aside.source.trace)


def _outcome_id(source: Source) -> UUID:
    """Return the identity of what is said about a message: the same however often it is taken in."""
    return uuid5(_NAMESPACE, f"outcome\x1f{source.id}")


def dead_letter(aside: Aside, *, subject: str, received_on: str, now: datetime) -> Row:
    """Return the letter about a message that cannot be processed; a huge payload is cut in it."""
    source = aside.source
    cut = len(source.payload) > LONGEST_LETTER
    message = DeadLetter(
        stream=source.stream,
        stream_sequence=source.sequence,
        subject=received_on,
        reason=aside.reason,
        detail=f"{aside.detail} (payload cut)" if cut else aside.detail,
        payload=base64.b64encode(source.payload[:LONGEST_LETTER]),
        at=now,
    )
    return Row(source.id, subject, message.encoded(), source.trace)
