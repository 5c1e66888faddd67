"""Who sends what to whom over NATS: streams, calls, and the door of publishers that have NATS themselves."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from contracts import streams
from contracts.export import MESSAGES
from contracts.messages import following, rpc
from contracts.messages.desk import (
    appointments,
    calls,
    ready,
    talk,
)
from contracts.services import DESK, INGEST, NOTIFIER, TRACKER
from services.ingest.domain.events import CloudEvent
from services.ingest.events.answers import EventsAnswer
from services.ingest.web.answers import ProblemShape

PUBLISHER = "publisher"
"""Whoever has NATS itself and asks ingest there: no service of ours."""


@dataclass(frozen=True)
class Payload:
    """A message: its name in the description, and what its body is."""

    name: str
    body: TypeAdapter[Any]

    @property
    def about(self) -> str:
        """The first line of the model's docstring, or the name."""
        model = getattr(self.body, "_type", None)
        return (getattr(model, "__doc__", None) or self.name).strip().partition("\n")[0]


@dataclass(frozen=True)
class Flow:
    """Messages of one subject of a stream; without a receiver they wait for an operator."""

    stream: streams.Stream
    subject: str
    payload: Payload
    sender: str
    receiver: str | None


@dataclass(frozen=True)
class Keys:
    """The values of a bucket: who writes them, who follows them; `key` says what a key is."""

    bucket: streams.Bucket
    key: str
    payload: Payload
    writer: str
    follower: str

    @property
    def subject(self) -> str:
        """The subject of one key."""
        return f"{self.bucket.subjects.removesuffix('>')}{{{self.key}}}"


@dataclass(frozen=True)
class Call:
    """A question over core NATS and its answers, whichever process of the answering service gets it."""

    subject: str
    question: Payload
    answers: tuple[Payload, ...]
    asker: str
    answerer: str


def _known(name: str) -> Payload:
    return Payload(name, MESSAGES[name])


FLOWS = (
    Flow(streams.STAGES, streams.STAGE_SUBJECT, _known("stage.v1"), INGEST.name, TRACKER.name),
    Flow(streams.NOTICES, streams.NOTICE_SUBJECT, _known("notice.v1"), TRACKER.name, NOTIFIER.name),
    Flow(streams.NOTICES, streams.WITHDRAWAL_SUBJECT, _known("withdrawal.v1"), TRACKER.name, NOTIFIER.name),
    Flow(streams.DELIVERIES, streams.DELIVERY_SUBJECT, _known("delivery.v1"), NOTIFIER.name, TRACKER.name),
    Flow(streams.DELIVERIES, streams.FORGET_SUBJECT, _known("forget.v1"), NOTIFIER.name, TRACKER.name),
    Flow(streams.OUTCOMES, streams.OUTCOME_SUBJECT, _known("outcome.v1"), TRACKER.name, INGEST.name),
    Flow(streams.OUTCOMES, streams.REACH_SUBJECT, _known("reach.v1"), TRACKER.name, INGEST.name),
    Flow(streams.OUTCOMES, streams.CALLED_SUBJECT, _known("called.v1"), TRACKER.name, INGEST.name),
    Flow(streams.CALLS, streams.CALL_SUBJECT, _known("call.v1"), DESK.name, TRACKER.name),
    Flow(streams.QUESTIONS, streams.QUESTION_SUBJECT, _known("question.v1"), NOTIFIER.name, DESK.name),
    Flow(streams.DELIVERIES, streams.FORGET_SUBJECT, _known("forget.v1"), NOTIFIER.name, DESK.name),
    Flow(
        streams.APPOINTMENTS,
        streams.APPOINTMENT_SUBJECT,
        _known("appointment.v1"),
        DESK.name,
        NOTIFIER.name,
    ),
    Flow(streams.DEAD, streams.DEAD_APPOINTMENTS_SUBJECT, _known("dead.v1"), NOTIFIER.name, None),
    Flow(streams.TALKS, streams.TALK_SUBJECT, _known("talk.v1"), NOTIFIER.name, DESK.name),
    Flow(streams.REPLIES, streams.REPLY_SUBJECT, _known("reply.v1"), DESK.name, NOTIFIER.name),
    Flow(streams.DEAD, streams.DEAD_STAGES_SUBJECT, _known("dead.v1"), TRACKER.name, None),
    Flow(streams.DEAD, streams.DEAD_DELIVERIES_SUBJECT, _known("dead.v1"), TRACKER.name, None),
    Flow(streams.DEAD, streams.DEAD_CALLS_SUBJECT, _known("dead.v1"), TRACKER.name, None),
    Flow(streams.DEAD, streams.DEAD_QUESTIONS_SUBJECT, _known("dead.v1"), DESK.name, None),
    Flow(streams.DEAD, streams.DEAD_TALKS_SUBJECT, _known("dead.v1"), DESK.name, None),
    Flow(streams.DEAD, streams.DEAD_REPLIES_SUBJECT, _known("dead.v1"), NOTIFIER.name, None),
    Flow(streams.DEAD, streams.DEAD_NOTICES_SUBJECT, _known("dead.v1"), NOTIFIER.name, TRACKER.name),
)

KEYS = (Keys(streams.KNOWLEDGE, "id", _known("knowledge.v1"), DESK.name, NOTIFIER.name),)


def _asked(subject: str, asker: str, answerer: str = TRACKER.name) -> Call:
    name = subject.rpartition(".")[2]
    return Call(subject, _known(f"rpc.{name}.v1"), (_known(f"rpc.{name}.reply.v1"),), asker, answerer)


CALLS = (
    *(_asked(one, INGEST.name) for one in (rpc.ISSUE, rpc.REVOKE, rpc.EVENT, rpc.UNREACHED)),
    *(_asked(one, NOTIFIER.name) for one in (rpc.REDEEM, rpc.CLAIM, rpc.STATUS, rpc.STOP)),
    *(
        _asked(one, NOTIFIER.name)
        for one in (following.HISTORY, following.SHARE, following.EXPORT, following.JOIN)
    ),
    *(_asked(one, DESK.name) for one in (calls.CALLS, calls.CALLS_OVER)),
    _asked(ready.READY, DESK.name),
    _asked(ready.RECEIPTS, INGEST.name),
    *(
        _asked(one, NOTIFIER.name, DESK.name)
        for one in (
            *(appointments.SLOTS, appointments.BOOK, appointments.GIVE_BACK),
            *(appointments.WAIT, appointments.OWN),
        )
    ),
    _asked(appointments.LIST, INGEST.name, DESK.name),
    _asked(talk.WORDS, NOTIFIER.name, DESK.name),
    _asked(talk.FILE, DESK.name, NOTIFIER.name),
    Call(
        f"{streams.EVENTS_SUBJECT}.{{publisher}}",
        Payload("event", TypeAdapter(CloudEvent | list[CloudEvent])),
        (Payload("event.accepted", TypeAdapter(EventsAnswer)), Payload("problem", TypeAdapter(ProblemShape))),
        PUBLISHER,
        INGEST.name,
    ),
)
