"""What the tracker tells others, made from what a batch came to: notices, outcomes, dead letters."""

import base64
from datetime import datetime
from uuid import uuid4

from contracts.dead import DeadLetter
from contracts.notice import Notice, NoticeKind, notice_id
from contracts.outcome import Outcome
from contracts.streams import NOTICE_SUBJECT, OUTCOME_SUBJECT
from runtime.outbox import Row
from services.tracker.batch import Aside, Taken
from services.tracker.store import Application, Follower, NoticeRow, storable

LONGEST_LETTER = 256 * 1024


def notice(
    taken: Taken, application: Application, follower: Follower, now: datetime
) -> tuple[NoticeRow, Row]:
    """Return the ledger's entry and the message that tells one follower of the state now."""
    state, revision = taken.decision.known.state, taken.decision.known.revision
    if state is None:
        raise ValueError("nobody can be told of an application without a state")
    kind = NoticeKind(taken.decision.effect.value)
    cause = taken.arrival.identity
    entry = NoticeRow(
        notice_id=notice_id(kind, "\x1f".join(cause), follower.subscription_id),
        follower=follower,
        application_key=application.key,
        cause=cause,
        kind=kind,
        revision=revision,
    )
    message = Notice(
        notice_id=entry.notice_id,
        kind=kind,
        revision=revision,
        publisher=cause.publisher,
        event_id=cause.event_id,
        subscription_id=follower.subscription_id,
        recipient_id=follower.recipient_id,
        document_type=state.details.document_type,
        masked=application.masked,
        stage=state.details.stage,
        office=state.details.office,
        occurred_at=state.occurred_at,
        expected_at=state.details.expected_at,
        missing=state.details.missing,
        note=state.details.note,
        accepted_at=taken.arrival.body.accepted_at,
        created_at=now,
    )
    return entry, Row(entry.notice_id, NOTICE_SUBJECT, message.encoded())


def outcome_of_taken(taken: Taken, told: int, now: datetime) -> Row:
    """Return the message that says what an event did."""
    body = taken.arrival.body
    message = Outcome(
        publisher=body.publisher,
        event_id=body.event_id,
        effect=taken.decision.effect,
        document_type=body.document_type,
        stage=body.stage,
        notices=told,
        at=now,
    )
    return Row(uuid4(), OUTCOME_SUBJECT, message.encoded())


def outcome_of_aside(aside: Aside, now: datetime) -> Row | None:
    """Return the message that says why an event did nothing; None where nobody knows whose it is."""
    body = aside.body
    if body is None or storable(body.publisher) is None or storable(body.event_id) is None:
        return None
    message = Outcome(
        publisher=body.publisher,
        event_id=body.event_id,
        effect=aside.effect,
        document_type=body.document_type,
        stage=body.stage,
        reason=aside.reason,
        at=now,
    )
    return Row(uuid4(), OUTCOME_SUBJECT, message.encoded())


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
    return Row(source.id, subject, message.encoded())
