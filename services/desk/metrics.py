"""The desk's metrics, one typed catalogue."""

from prometheus_client import CollectorRegistry, Counter, Gauge


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
        self.outbox = Gauge(
            "docwatch_desk_outbox_rows", "messages not yet in their stream", registry=self.registry
        )
