"""What the notifier measures."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43200)
CALL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True)
class Metrics:
    """The metrics of one process; labels take values of closed sets only."""

    registry: CollectorRegistry
    ends: Counter
    """Deliveries ended, by kind (notice, answer) and end."""
    waiting: Gauge
    """Deliveries that wait or are in the air, by class."""
    attempts: Counter
    """Calls to the messenger, by result."""
    call_seconds: Histogram
    """How long a call to the messenger took."""
    latency_seconds: Histogram
    """From the event's acceptance by ingest to the messenger's acceptance of the notice."""
    lease_held: Gauge
    """1 while this process is the sender."""
    account_down: Gauge
    """1 while the messenger refuses the account itself."""
    dead: Counter
    """Notices that could not be read or stored."""
    updates: Counter
    """What citizens did, by what was planned for it."""


def make_metrics() -> Metrics:
    """Return fresh metrics on a registry of their own."""
    registry = CollectorRegistry()
    name = "docwatch_notifier"
    return Metrics(
        registry=registry,
        ends=Counter(f"{name}_ends", "Deliveries ended", ["kind", "end"], registry=registry),
        waiting=Gauge(f"{name}_waiting", "Deliveries not ended yet", ["class"], registry=registry),
        attempts=Counter(f"{name}_attempts", "Calls to the messenger", ["result"], registry=registry),
        call_seconds=Histogram(
            f"{name}_call_seconds", "Time of a call", registry=registry, buckets=CALL_BUCKETS
        ),
        latency_seconds=Histogram(
            f"{name}_latency_seconds", "Accepted to accepted", registry=registry, buckets=LATENCY_BUCKETS
        ),
        lease_held=Gauge(f"{name}_lease_held", "Whether this process sends", registry=registry),
        account_down=Gauge(f"{name}_account_down", "Whether the account is refused", registry=registry),
        dead=Counter(f"{name}_dead", "Notices that could not be taken in", registry=registry),
        updates=Counter(f"{name}_updates", "Updates from citizens", ["plan"], registry=registry),
    )
