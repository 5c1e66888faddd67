"""Subjects, streams and consumers: the one description that provisioning writes and services assert."""

from dataclasses import dataclass
from datetime import timedelta

STAGE_SUBJECT = "docwatch.stage.v1"
NOTICE_SUBJECT = "docwatch.notice.v1"
WITHDRAWAL_SUBJECT = "docwatch.withdrawal.v1"
DELIVERY_SUBJECT = "docwatch.delivery.v1"
FORGET_SUBJECT = "docwatch.forget.v1"
OUTCOME_SUBJECT = "docwatch.outcome.v1"
REACH_SUBJECT = "docwatch.reach.v1"
QUESTION_SUBJECT = "docwatch.question.v1"
APPOINTMENT_SUBJECT = "docwatch.appointment.v1"
TALK_SUBJECT = "docwatch.talk.v1"
REPLY_SUBJECT = "docwatch.reply.v1"
CALL_SUBJECT = "docwatch.call.v1"
CALLED_SUBJECT = "docwatch.called.v1"
DEAD_STAGES_SUBJECT = "docwatch.dead.v1.stages"
DEAD_NOTICES_SUBJECT = "docwatch.dead.v1.notices"
DEAD_DELIVERIES_SUBJECT = "docwatch.dead.v1.deliveries"
DEAD_QUESTIONS_SUBJECT = "docwatch.dead.v1.questions"
DEAD_APPOINTMENTS_SUBJECT = "docwatch.dead.v1.appointments"
DEAD_TALKS_SUBJECT = "docwatch.dead.v1.talks"
DEAD_REPLIES_SUBJECT = "docwatch.dead.v1.replies"
DEAD_CALLS_SUBJECT = "docwatch.dead.v1.calls"
EVENTS_SUBJECT = "docwatch.ingest.v1.events"
"""Followed by a dot and the publisher: questions to ingest, never a stream."""


@dataclass(frozen=True)
class Stream:
    """A JetStream stream: limits retention, file storage, new messages refused when it is full."""

    name: str
    subjects: tuple[str, ...]
    description: str
    max_age: timedelta = timedelta(days=30)
    max_bytes: int = 8 * 1024**3
    duplicate_window: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Consumer:
    """A durable pull consumer with explicit acks and no end to redelivery: the service owns dead letters.

    `filter_subject`: the only subject of the stream that it gets; None: all.
    """

    stream: str
    durable: str
    description: str
    ack_wait: timedelta = timedelta(seconds=30)
    max_ack_pending: int = 4000
    filter_subject: str | None = None


@dataclass(frozen=True)
class Bucket:
    """A JetStream key-value bucket: the last value of each key, in a file, replicated as streams are."""

    name: str
    description: str
    max_bytes: int = 256 * 1024**2
    max_value_bytes: int = 256 * 1024

    @property
    def stream(self) -> str:
        """The stream that it is on the server."""
        return f"KV_{self.name}"

    @property
    def subjects(self) -> str:
        """The subjects of all its keys."""
        return f"$KV.{self.name}.>"


STAGES = Stream("STAGES", (STAGE_SUBJECT,), "accepted stage events, ingest to tracker")
NOTICES = Stream(
    "NOTICES", (NOTICE_SUBJECT, WITHDRAWAL_SUBJECT), "who must be told what, tracker to notifier"
)
DELIVERIES = Stream(
    "DELIVERIES", (DELIVERY_SUBJECT, FORGET_SUBJECT), "ends of notices and receipts, notifier to tracker"
)
OUTCOMES = Stream(
    "OUTCOMES",
    (OUTCOME_SUBJECT, REACH_SUBJECT, CALLED_SUBJECT),
    "effects of events, tracker to ingest",
)
QUESTIONS = Stream(
    "QUESTIONS",
    (QUESTION_SUBJECT,),
    "how questions were answered, notifier to desk",
    max_bytes=1024**3,
)
APPOINTMENTS = Stream(
    "APPOINTMENTS",
    (APPOINTMENT_SUBJECT,),
    "what people are told of their appointments, desk to notifier",
    max_bytes=1024**3,
)
TALKS = Stream(
    "TALKS",
    (TALK_SUBJECT,),
    "what citizens say to people of the agency, notifier to desk",
    max_bytes=2 * 1024**3,
)
REPLIES = Stream(
    "REPLIES",
    (REPLY_SUBJECT,),
    "what people of the agency answer, desk to notifier",
    max_bytes=2 * 1024**3,
)
CALLS = Stream("CALLS", (CALL_SUBJECT,), "how calls by phone went, desk to tracker", max_bytes=1024**3)
DEAD = Stream(
    "DEAD",
    ("docwatch.dead.v1.*",),
    "messages that could not be processed",
    max_age=timedelta(days=90),
    max_bytes=1024**3,
)

STREAMS = (STAGES, NOTICES, DELIVERIES, OUTCOMES, QUESTIONS, TALKS, REPLIES, CALLS, APPOINTMENTS, DEAD)

KNOWLEDGE = Bucket("knowledge", "what staff made of the answers to questions, desk to notifier")

BUCKETS = (KNOWLEDGE,)

TRACKER_STAGES = Consumer("STAGES", "tracker", "the tracker takes stage events in")
NOTIFIER_NOTICES = Consumer("NOTICES", "notifier", "the notifier stores deliveries")
TRACKER_DELIVERIES = Consumer("DELIVERIES", "tracker-ledger", "the tracker keeps the ledger of ends")
TRACKER_LETTERS = Consumer(
    "DEAD",
    "tracker-letters",
    "the tracker keeps its own notices that the notifier could not process",
    filter_subject=DEAD_NOTICES_SUBJECT,
)
TRACKER_CALLS = Consumer("CALLS", "tracker-calls", "the tracker takes in how calls by phone went")
DESK_QUESTIONS = Consumer("QUESTIONS", "desk", "the desk counts questions and keeps those that were missed")
NOTIFIER_APPOINTMENTS = Consumer(
    "APPOINTMENTS", "notifier-appointments", "the notifier stores what people are told of their appointments"
)
DESK_FORGETS = Consumer(
    "DELIVERIES",
    "desk-forgets",
    "the desk forgets whose appointments were whose",
    filter_subject=FORGET_SUBJECT,
)

DESK_TALKS = Consumer("TALKS", "desk", "the desk takes in what citizens say to people")
NOTIFIER_REPLIES = Consumer("REPLIES", "notifier", "the notifier tells citizens what people answer")

CONSUMERS = (
    *(TRACKER_STAGES, NOTIFIER_NOTICES, TRACKER_DELIVERIES, TRACKER_LETTERS, TRACKER_CALLS),
    *(DESK_QUESTIONS, DESK_TALKS, NOTIFIER_REPLIES, NOTIFIER_APPOINTMENTS, DESK_FORGETS),
)
