"""The desk's metrics, one typed catalogue."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from contracts.messages.desk.appointments import NewsKind
from contracts.messages.desk.calls import CallResult, Settled

_TALKS = ("opened", "said", "withdrawn", "rated", "reached", "forgotten", "moved")
_REPLIES = ("queued", "answered", "passed_on", "closed")


class Metrics:
    """Every metric of the process, on a registry of its own.

    Languages and topics are those of the agency and its answers; any other is `other`, none at all `none`.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.questions = Counter(
            "docwatch_desk_questions_total",
            "questions by what became of them: understood, near, missed; confirmed, denied",
            ["kind", "language", "topic"],
            registry=self.registry,
        )
        self.unreadable = Counter(
            "docwatch_desk_unreadable_total",
            "messages about questions that cannot be read, kept as dead letters",
            registry=self.registry,
        )
        self.postponed = Counter(
            "docwatch_desk_postponed_total",
            "messages given back because the database did not answer",
            registry=self.registry,
        )
        self.unkept = Counter(
            "docwatch_desk_misses_unkept_total",
            "missed questions that were counted and not kept, for there are too many",
            registry=self.registry,
        )
        self.misses = Gauge(
            "docwatch_desk_misses", "different questions that were missed", registry=self.registry
        )
        self.answers = Gauge(
            "docwatch_desk_answers",
            "answers that staff made or changed, and those that they withdrew",
            ["standing"],
            registry=self.registry,
        )
        self.revision = Gauge(
            "docwatch_desk_revision",
            "changes that were made to the knowledge base so far",
            registry=self.registry,
        )
        self.published = Gauge(
            "docwatch_desk_published_revision",
            "changes that this process knows to be in the bucket; below the revision something is not told",
            registry=self.registry,
        )
        self.bucket_writes = Counter(
            "docwatch_desk_bucket_writes_total",
            "keys of the bucket that were written because they differed from the database",
            registry=self.registry,
        )
        self.calls = Gauge(
            "docwatch_desk_calls",
            "people to call by phone: due now, later, or held by a caller",
            ["standing"],
            registry=self.registry,
        )
        self.calls_oldest = Gauge(
            "docwatch_desk_calls_oldest_seconds",
            "for how long the oldest call has been due; 0 where none is",
            registry=self.registry,
        )
        self.calls_read = Gauge(
            "docwatch_desk_calls_read_seconds",
            "since when the tracker's list of calls has not been read; 0 where nobody is called",
            registry=self.registry,
        )
        self.calls_made = Counter(
            "docwatch_desk_calls_made_total",
            "calls that were entered, by how they went",
            ["result"],
            registry=self.registry,
        )
        self.calls_ended = Counter(
            "docwatch_desk_calls_ended_total",
            "people who are not to be called any more, by why",
            ["why"],
            registry=self.registry,
        )
        for result in get_args(CallResult):
            self.calls_made.labels(result)
        for why in (*get_args(CallResult), *get_args(Settled)):
            self.calls_ended.labels(why)
        self.outbox = Gauge(
            "docwatch_desk_outbox_rows", "messages not yet in their stream", registry=self.registry
        )
        self.files = Counter(
            "docwatch_desk_files_total",
            "files of citizens that staff looked at: shown, gone, unavailable (the notifier does not answer)",
            ["result"],
            registry=self.registry,
        )
        for result in ("shown", "gone", "unavailable"):
            self.files.labels(result)
        self.rpc = Counter(
            "docwatch_desk_rpc_total",
            "calls about appointments by what they were answered: ok, or why not",
            ["call", "result"],
            registry=self.registry,
        )
        self.appointments_told = Counter(
            "docwatch_desk_appointments_told_total",
            "what people were told of their appointments without having asked: reminder, closed, earlier",
            ["kind"],
            registry=self.registry,
        )
        for kind in NewsKind:
            self.appointments_told.labels(kind)
        self.appointments = Gauge(
            "docwatch_desk_appointments",
            "appointments that stand and have not begun, by office",
            ["office"],
            registry=self.registry,
        )
        self.appointments_free = Gauge(
            "docwatch_desk_appointments_free",
            "places that somebody could book now, by office",
            ["office"],
            registry=self.registry,
        )
        self.appointments_waiting = Gauge(
            "docwatch_desk_appointments_waiting",
            "people who wait for an earlier time, by office",
            ["office"],
            registry=self.registry,
        )
        self.sign_ins = Counter(
            "docwatch_desk_sign_ins_total",
            "steps of staff's sign-ins by how they ended: right, wrong, later (too many), busy, away, ...",
            ["step", "end"],
            registry=self.registry,
        )
        self.door_answers = Counter(
            "docwatch_desk_door_answers_total",
            "answers to staff's browsers by the class of their status",
            ["status"],
            registry=self.registry,
        )
        self.staff_signed_in = Gauge(
            "docwatch_desk_staff_sessions", "sessions in which staff are signed in", registry=self.registry
        )
        self._conversations(self.registry)

    def _conversations(self, registry: CollectorRegistry) -> None:
        """Everything about conversations with people."""
        self.talks = Counter(
            "docwatch_desk_talks_total",
            "messages of citizens in conversations that were taken in",
            ["kind"],
            registry=registry,
        )
        self.replies = Counter(
            "docwatch_desk_replies_total",
            "messages to citizens in conversations",
            ["kind"],
            registry=registry,
        )
        self.unreadable_talks = Counter(
            "docwatch_desk_talks_unreadable_total",
            "messages of conversations that cannot be read, kept as dead letters",
            registry=registry,
        )
        self.ratings = Counter(
            "docwatch_desk_ratings_total",
            "conversations that were judged, by content or discontent",
            ["kind"],
            registry=registry,
        )
        self.promises = Counter(
            "docwatch_desk_promises_total",
            "answers by whether they came in the time that was promised: kept, broken",
            ["kind"],
            registry=registry,
        )
        self.first_answer = Histogram(
            "docwatch_desk_first_answer_seconds",
            "from the question to the first answer of a person",
            buckets=(30, 60, 120, 300, 600, 1800, 3600, 14400, 43200, 86400, 172800, 345600),
            registry=registry,
        )
        self.handling = Histogram(
            "docwatch_desk_handling_seconds",
            "how long an answer took its writer",
            buckets=(10, 30, 60, 120, 180, 300, 600, 1200, 3600),
            registry=registry,
        )
        self.lapsed = Counter(
            "docwatch_desk_leases_lapsed_total",
            "conversations that went back to the queue because whoever held them gave no sign",
            registry=registry,
        )
        self.refused_answers = Counter(
            "docwatch_desk_answers_refused_total",
            "answers that were not sent: somebody else holds the conversation, or the lease had run out",
            registry=registry,
        )
        self.conversations = Gauge(
            "docwatch_desk_conversations",
            "conversations that go on: waiting, held, answered; unopened: without a beginning that is known",
            ["standing"],
            registry=registry,
        )
        self.oldest = Gauge(
            "docwatch_desk_oldest_seconds",
            "how long the conversation waits that nobody holds and that waits longest",
            registry=registry,
        )
        self.promises_open = Gauge(
            "docwatch_desk_promises_open",
            "questions whose promise is at risk, and those whose promise is broken",
            ["standing"],
            registry=registry,
        )
        self.staff = Gauge(
            "docwatch_desk_staff",
            "staff who are there, and those of them who hold something",
            ["standing"],
            registry=registry,
        )
        self.content_share = Gauge(
            "docwatch_desk_content_share",
            "share of those who were content among those who said so in the last days, 0 to 1",
            registry=registry,
        )
        self.rated_lately = Gauge(
            "docwatch_desk_rated_lately", "conversations that were judged in the last days", registry=registry
        )
        self.is_open = Gauge(
            "docwatch_desk_open", "1 in the hours in which people answer, 0 outside", registry=registry
        )
        # A rate is 0 from the start, and not unknown until the first of its kind.
        for counter, kinds in (
            (self.talks, _TALKS),
            (self.replies, _REPLIES),
            (self.ratings, ("content", "discontent")),
            (self.promises, ("kept", "broken")),
        ):
            for kind in kinds:
                counter.labels(kind)
