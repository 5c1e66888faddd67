"""Who may do what on NATS: one login a service, each with what it must do and nothing else.

Everything is derived from streams, consumers and calls, so that a right that the code does not name cannot be
given: the servers' configuration is written from this table, and the embedded server takes it as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts import services, streams
from contracts.messages import following, rpc
from contracts.messages.desk import (
    appointments,
    calls,
    ready,
    talk,
)

OWN_RIGHTS = "$SYS.REQ.USER.INFO"
"""Whoever may ask this is told what its own login may do, and of no other."""


@dataclass(frozen=True)
class Login:
    """What one login may do; everything else is refused.

    Attributes:
        name: the user's name; it listens to its answers below `_INBOX_` and this name.
        publish: subjects that it may send to.
        subscribe: subjects that it may listen to; a name after a blank is the only queue it may join there.
        answers: whether it may answer a question once, wherever the asker wants the answer.
    """

    name: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    answers: bool = False


def inbox(name: str) -> str:
    """Return the subjects on which a login gets its answers."""
    return f"_INBOX_{name}.>"


def _looks_at(*wanted: streams.Stream) -> tuple[str, ...]:
    return tuple(f"$JS.API.STREAM.INFO.{stream.name}" for stream in wanted)


def _reads(*wanted: streams.Consumer) -> Iterable[str]:
    """Yield what pulling from a durable needs; its oldest message tells how late it is."""
    for consumer in wanted:
        yield f"$JS.API.CONSUMER.INFO.{consumer.stream}.{consumer.durable}"
        yield f"$JS.API.CONSUMER.MSG.NEXT.{consumer.stream}.{consumer.durable}"
        yield f"$JS.ACK.{consumer.stream}.{consumer.durable}.>"
        yield f"$JS.API.STREAM.MSG.GET.{consumer.stream}"


def _browses(stream: streams.Stream) -> tuple[str, ...]:
    """Return what reading a stream in order needs, by a consumer that the server names and soon forgets."""
    return (
        f"$JS.API.CONSUMER.CREATE.{stream.name}",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream.name}.*",
        f"$JS.API.CONSUMER.DELETE.{stream.name}.*",
    )


def _reads_bucket(bucket: streams.Bucket) -> tuple[str, ...]:
    """Return what reading a bucket whole, or following it, needs: an ordered consumer of its stream."""
    return (
        f"$JS.API.STREAM.INFO.{bucket.stream}",
        f"$JS.API.CONSUMER.CREATE.{bucket.stream}",
        f"$JS.API.CONSUMER.INFO.{bucket.stream}.*",
        f"$JS.API.CONSUMER.MSG.NEXT.{bucket.stream}.*",
        f"$JS.API.CONSUMER.DELETE.{bucket.stream}.*",
        f"$JS.FC.{bucket.stream}.>",
    )


def _keeps_bucket(bucket: streams.Bucket) -> tuple[str, ...]:
    """Return what reading a bucket needs that one writes to oneself: each message, by its number.

    No consumer: the server sends what one reads on to whatever subject its maker names, in nobody's name.
    """
    return (f"$JS.API.STREAM.INFO.{bucket.stream}", f"$JS.API.STREAM.MSG.GET.{bucket.stream}")


INGEST = Login(
    services.INGEST.login,
    publish=(
        OWN_RIGHTS,
        streams.STAGE_SUBJECT,
        *(rpc.ISSUE, rpc.REVOKE, rpc.EVENT, rpc.UNREACHED, ready.RECEIPTS, appointments.LIST),
        *_looks_at(streams.STAGES, streams.OUTCOMES),
        *_browses(streams.OUTCOMES),
    ),
    subscribe=(inbox(services.INGEST.login), f"{streams.EVENTS_SUBJECT}.> {services.INGEST.name}"),
    answers=True,
)

_ANSWERED = (
    *(rpc.ISSUE, rpc.REVOKE, rpc.REDEEM, rpc.CLAIM, rpc.STATUS, rpc.STOP, rpc.EVENT, rpc.UNREACHED),
    *(following.HISTORY, following.SHARE, following.EXPORT, following.JOIN),
    *(calls.CALLS, calls.CALLS_OVER),
    *(ready.READY, ready.RECEIPTS),
)
_CITIZENS_AT_THE_DESK = (
    *(appointments.SLOTS, appointments.BOOK, appointments.GIVE_BACK),
    *(appointments.WAIT, appointments.OWN),
)

TRACKER = Login(
    services.TRACKER.login,
    publish=(
        OWN_RIGHTS,
        *(streams.NOTICE_SUBJECT, streams.WITHDRAWAL_SUBJECT, streams.OUTCOME_SUBJECT, streams.REACH_SUBJECT),
        streams.CALLED_SUBJECT,
        *(streams.DEAD_STAGES_SUBJECT, streams.DEAD_DELIVERIES_SUBJECT, streams.DEAD_CALLS_SUBJECT),
        # A dead letter that an operator replays goes back to where the tracker read it.
        *(streams.STAGE_SUBJECT, streams.DELIVERY_SUBJECT, streams.FORGET_SUBJECT, streams.CALL_SUBJECT),
        *_looks_at(streams.STAGES, streams.NOTICES, streams.DELIVERIES, streams.OUTCOMES),
        *_looks_at(streams.CALLS, streams.DEAD),
        *_reads(streams.TRACKER_STAGES, streams.TRACKER_DELIVERIES, streams.TRACKER_LETTERS),
        *_reads(streams.TRACKER_CALLS),
    ),
    subscribe=(
        inbox(services.TRACKER.login),
        *(f"{call} {services.TRACKER.name}" for call in _ANSWERED),
    ),
    answers=True,
)

NOTIFIER = Login(
    services.NOTIFIER.login,
    publish=(
        OWN_RIGHTS,
        *(streams.DELIVERY_SUBJECT, streams.FORGET_SUBJECT, streams.DEAD_NOTICES_SUBJECT),
        *(rpc.REDEEM, rpc.CLAIM, rpc.STATUS, rpc.STOP),
        *(following.HISTORY, following.SHARE, following.EXPORT, following.JOIN),
        *_CITIZENS_AT_THE_DESK,
        *(streams.QUESTION_SUBJECT, streams.TALK_SUBJECT, talk.WORDS),
        *(streams.DEAD_REPLIES_SUBJECT, streams.DEAD_APPOINTMENTS_SUBJECT),
        *_looks_at(streams.NOTICES, streams.DELIVERIES, streams.QUESTIONS, streams.TALKS, streams.REPLIES),
        *_looks_at(streams.APPOINTMENTS, streams.DEAD),
        *_reads(streams.NOTIFIER_NOTICES, streams.NOTIFIER_REPLIES, streams.NOTIFIER_APPOINTMENTS),
        *_reads_bucket(streams.KNOWLEDGE),
    ),
    subscribe=(inbox(services.NOTIFIER.login), f"{talk.FILE} {services.NOTIFIER.name}"),
    answers=True,
)

DESK = Login(
    services.DESK.login,
    publish=(
        OWN_RIGHTS,
        *(streams.KNOWLEDGE.subjects, streams.REPLY_SUBJECT, streams.APPOINTMENT_SUBJECT, ready.READY),
        talk.FILE,
        *(streams.DEAD_QUESTIONS_SUBJECT, streams.DEAD_TALKS_SUBJECT, streams.DEAD_APPOINTMENTS_SUBJECT),
        *(calls.CALLS, calls.CALLS_OVER, streams.CALL_SUBJECT),
        *_looks_at(streams.QUESTIONS, streams.TALKS, streams.REPLIES, streams.CALLS, streams.DELIVERIES),
        *_looks_at(streams.APPOINTMENTS, streams.DEAD),
        *_reads(streams.DESK_QUESTIONS, streams.DESK_TALKS, streams.DESK_FORGETS),
        *_keeps_bucket(streams.KNOWLEDGE),
    ),
    subscribe=(
        inbox(services.DESK.login),
        *(f"{call} {services.DESK.name}" for call in (*_CITIZENS_AT_THE_DESK, appointments.LIST, talk.WORDS)),
    ),
    answers=True,
)

PROVISION = Login(
    "provision",
    publish=(
        OWN_RIGHTS,
        "$JS.API.>",
        # The parts of a stream that is loaded.
        "$JS.SNAPSHOT.RESTORE.>",
        # A restore does the tracker's and the notifier's work of a time that is past.
        *(subject for stream in streams.STREAMS for subject in stream.subjects),
        *(f"$JS.ACK.{consumer.stream}.{consumer.durable}.>" for consumer in streams.CONSUMERS),
    ),
    subscribe=("_INBOX.>", inbox("provision"), *TRACKER.subscribe),
    answers=True,
)

LOGINS: tuple[Login, ...] = (PROVISION, INGEST, TRACKER, NOTIFIER, DESK)
