"""What ingest counts; label values are fixed words, never identities."""

from collections.abc import Mapping
from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.ingest.domain.callbacks import FailureReason

_MOST_PUBLISHERS = 100
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


class Metrics:
    """The service's metrics on a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "docwatch_ingest_events",
            "events by result: accepted, duplicate, rejected",
            ["result"],
            registry=self.registry,
        )
        self.publisher_events = Counter(
            "docwatch_ingest_publisher_events",
            "events by authenticated publisher and result; those beyond the first hundred are one",
            ["publisher", "result"],
            registry=self.registry,
        )
        self.publisher_heard = Gauge(
            "docwatch_ingest_publisher_heard_seconds",
            "when (seconds since 1970) this process last took an event of the publisher in",
            ["publisher"],
            registry=self.registry,
        )
        self._publishers: set[str] = set()
        self._heard: dict[str, Gauge] = {}
        self._counters: dict[tuple[str, str], tuple[Counter, Counter]] = {}
        self.warnings = Counter(
            "docwatch_ingest_warnings", "warnings given with accepted events", registry=self.registry
        )
        self.unknown = Counter(
            "docwatch_ingest_unknown_publishes",
            "publishes that were not acknowledged in time",
            registry=self.registry,
        )
        self.refused = Counter(
            "docwatch_ingest_refused_requests",
            "requests refused, by why: key, scope, rate; over NATS: busy, unanswerable",
            ["why"],
            registry=self.registry,
        )
        self.rejected = Counter(
            "docwatch_ingest_rejected_events",
            "rejected events by authenticated publisher and why: the field that is wrong, or the form",
            ["publisher", "why"],
            registry=self.registry,
        )
        posts = Counter(
            "docwatch_ingest_posts",
            "requests with events, over HTTP or NATS: answered, or failed by a fault of ours (5xx)",
            ["result"],
            registry=self.registry,
        )
        self._answered, self._failed = posts.labels("answered"), posts.labels("failed")
        self.receipts = Counter(
            "docwatch_ingest_receipts",
            "receipts by result: created, repeated, rejected, unavailable",
            ["result"],
            registry=self.registry,
        )
        self.batch = Histogram(
            "docwatch_ingest_batch_events", "events in one request", buckets=_SIZES, registry=self.registry
        )
        self.accepting = Histogram(
            "docwatch_ingest_accepting_seconds",
            "from the parsed body to the last acknowledgement",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.copied = Counter(
            "docwatch_ingest_outcomes_copied", "outcomes copied into the feed", registry=self.registry
        )
        self.unreadable = Counter(
            "docwatch_ingest_outcomes_unreadable", "outcomes that could not be read", registry=self.registry
        )
        self.feed_behind = Gauge(
            "docwatch_ingest_feed_behind",
            "outcomes in the stream that the feed lacks, as its copying process last saw",
            registry=self.registry,
        )
        self.callbacks = Counter(
            "docwatch_ingest_callbacks",
            "callbacks sent, by result: delivered, gone, status, time-out, unreachable, forbidden",
            ["result"],
            registry=self.registry,
        )
        for result in ("delivered", "gone", *FailureReason):
            self.callbacks.labels(str(result))
        self.callback_oldest = Gauge(
            "docwatch_ingest_callback_oldest_seconds",
            "age of the oldest outcome that a publisher's callback has not delivered yet; 0 without any",
            ["publisher"],
            registry=self.registry,
        )
        self.callback_stopped = Gauge(
            "docwatch_ingest_callback_stopped",
            "1 for each callback that stopped by itself, and why: gone, exhausted, purged",
            ["publisher", "why"],
            registry=self.registry,
        )
        self.purged = Counter(
            "docwatch_ingest_outcomes_purged", "outcomes purged from the feed", registry=self.registry
        )

    def named(self, publisher: str) -> str:
        """Return the label of a publisher: its name, or `other` beyond the first hundred."""
        if publisher not in self._publishers and len(self._publishers) >= _MOST_PUBLISHERS:
            return "other"
        self._publishers.add(publisher)
        return publisher

    def post(self, status: int) -> None:
        """Count a request with events by the status of its answer."""
        (self._failed if status >= HTTPStatus.INTERNAL_SERVER_ERROR else self._answered).inc()

    def heard(self, publisher: str, counts: Mapping[str, int], at: float) -> None:
        """Count a publisher's events by result; `at` is Unix time."""
        publisher = self.named(publisher)
        for result, count in counts.items():
            ours = self._counters.get((publisher, result))
            if ours is None:
                # Looking children up costs more than counting, and this is done for every request.
                ours = self.events.labels(result), self.publisher_events.labels(publisher, result)
                self._counters[publisher, result] = ours
            if count:
                for counter in ours:
                    counter.inc(count)
        if counts.get("accepted"):
            heard = self._heard.get(publisher)
            if heard is None:
                heard = self._heard[publisher] = self.publisher_heard.labels(publisher)
            heard.set(at)
