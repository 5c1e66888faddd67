"""What ingest counts; label values are fixed words, never identities."""

from prometheus_client import CollectorRegistry, Counter, Histogram

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
            "requests refused, by why: key, scope",
            ["why"],
            registry=self.registry,
        )
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
