"""The tracker's metrics, one typed catalogue."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from contracts.messages.desk.calls import CallResult

BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Every metric of the process, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "docwatch_tracker_events_total", "accepted events by effect", ["effect"], registry=self.registry
        )
        self.batch_size = Histogram(
            "docwatch_tracker_batch_size",
            "messages taken in by one transaction",
            buckets=BATCH_SIZES,
            registry=self.registry,
        )
        self.batch_seconds = Histogram(
            "docwatch_tracker_batch_seconds",
            "from a batch in hand to its commit",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.postponed = Counter(
            "docwatch_tracker_postponed_total",
            "messages given back because the database did not answer",
            registry=self.registry,
        )
        self.notices = Counter(
            "docwatch_tracker_notices_total", "notices entered into the ledger", registry=self.registry
        )
        self.put_aside = Gauge(
            "docwatch_tracker_put_aside",
            "messages without effect that wait for somebody, by why: dead, parked, conflict, refused",
            ["effect"],
            registry=self.registry,
        )
        self.brakes = Counter(
            "docwatch_tracker_brakes_total", "publishers held by the brake", registry=self.registry
        )
        self.held = Gauge(
            "docwatch_tracker_publisher_held",
            "1 for each publisher that is held: its events tell nobody",
            ["publisher"],
            registry=self.registry,
        )
        self.overdue = Counter(
            "docwatch_tracker_overdue_total",
            "notices that an expected date has passed",
            registry=self.registry,
        )
        self.publisher_silent = Gauge(
            "docwatch_tracker_publisher_silent",
            "1 while a publisher that usually sends is silent for longer than is like it",
            ["publisher"],
            registry=self.registry,
        )
        self.ends = Counter(
            "docwatch_tracker_notice_ends_total", "ends of notices by kind", ["end"], registry=self.registry
        )
        self.failed = Counter(
            "docwatch_tracker_notices_failed_total",
            "accepted notices of which the messenger told later that they reached nobody",
            registry=self.registry,
        )
        self.reports_ignored = Counter(
            "docwatch_tracker_reports_ignored_total",
            "delivery reports about a notice that is not in the ledger, or that cannot be read",
            ["why"],
            registry=self.registry,
        )
        self.calls = Counter(
            "docwatch_tracker_calls_total",
            "calls by phone, by how they went",
            ["result"],
            registry=self.registry,
        )
        self.calls_ignored = Counter(
            "docwatch_tracker_calls_ignored_total",
            "calls by phone about a notice that is not in the ledger, or that cannot be read",
            ["why"],
            registry=self.registry,
        )
        for result in get_args(CallResult):
            self.calls.labels(result)
        for why in ("unknown notice", "unreadable"):
            self.calls_ignored.labels(why)
        self.rpc = Counter(
            "docwatch_tracker_rpc_total", "answered calls", ["call", "result"], registry=self.registry
        )
        self.pending = Gauge(
            "docwatch_tracker_notices_pending", "notices without an end", registry=self.registry
        )
        self.pending_oldest = Gauge(
            "docwatch_tracker_notices_oldest_seconds",
            "age of the oldest notice without an end; 0 where there is none",
            registry=self.registry,
        )
        self.subscriptions = Gauge(
            "docwatch_tracker_subscriptions", "subscriptions that are active", registry=self.registry
        )
        self.outbox = Gauge(
            "docwatch_tracker_outbox_rows", "messages not yet in their stream", registry=self.registry
        )
        self.unreconciled = Gauge(
            "docwatch_tracker_notices_unreconciled",
            "notices that events caused, less those in the ledger; anything but 0 is a fault",
            registry=self.registry,
        )
