"""What the notifier measures."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43200)
NOT_UNDERSTOOD = "notunderstood"
"""The plan of an update that the bot has no meaning for."""
DAYS = (86400, 259200, 604800, 2592000)
"""Back offices are slower than we are."""
CALL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True)
class Metrics:
    """The metrics of one process; labels take values of closed sets only."""

    registry: CollectorRegistry
    ends: Counter
    """Deliveries ended, by kind (notice, answer), end and reason."""
    waiting: Gauge
    """Deliveries that wait or are in the air, by class."""
    due: Gauge
    """Those of them that are not held back until later, by class."""
    rate_limit: Gauge
    """Messages a second that the account may send."""
    bucket_tokens: Gauge
    """Messages that may go out this instant."""
    link_dead: Gauge
    """1 while the published links do not lead to this bot."""
    attempts: Counter
    """Calls to the messenger, by result."""
    call_seconds: Histogram
    """How long a call to the messenger took."""
    latency_seconds: Histogram
    """From the event's acceptance by ingest to the messenger's acceptance, of notices not held back."""
    since_occurred_seconds: Histogram
    """From the stage's change at the back office to the messenger's acceptance of the notice."""
    since_notice_seconds: Histogram
    """From the tracker's notice to the messenger's acceptance."""
    answer_seconds: Histogram
    """From a citizen's update in hand to its answers in the queue."""
    answered_seconds: Histogram
    """From an answer in the queue to the messenger's acceptance."""
    oldest_seconds: Gauge
    """How long the oldest delivery has waited that is not held back, by class."""
    paused_until: Gauge
    """Until when (seconds since 1970) the account rests, as the messenger asked."""
    recipients: Gauge
    """Citizens: known, with consent, with consent and reachable."""
    outbox: Gauge
    """Messages not yet in their stream."""
    lease_held: Gauge
    """1 while this process is the sender."""
    account_down: Gauge
    """1 while the messenger refuses the account itself."""
    circuit_open: Gauge
    """1 while the messenger is left alone because too many calls fail or are slow."""
    malformed: Counter
    """Messages whose markup the messenger could not read: a fault of ours, to alert on."""
    dead: Counter
    """Notices that could not be read or stored."""
    updates: Counter
    """What citizens did, by what was planned for it."""
    edge: Counter
    """Answers of the public edge, by what they were."""
    pictures: Counter
    """Pictures that citizens sent, by what came of them; `killed`: it ended the process that read it."""


def make_metrics() -> Metrics:
    """Return fresh metrics on a registry of their own."""
    registry = CollectorRegistry()
    name = "docwatch_notifier"
    updates = Counter(f"{name}_updates", "Updates from citizens", ["plan"], registry=registry)
    updates.labels(plan=NOT_UNDERSTOOD)  # a share of nothing is 0 from the beginning
    return Metrics(
        registry=registry,
        ends=Counter(f"{name}_ends", "Deliveries ended", ["kind", "end", "reason"], registry=registry),
        waiting=Gauge(f"{name}_waiting", "Deliveries not ended yet", ["class"], registry=registry),
        due=Gauge(f"{name}_due", "Deliveries that are not held back", ["class"], registry=registry),
        rate_limit=Gauge(f"{name}_rate_limit", "Messages a second we may send", registry=registry),
        bucket_tokens=Gauge(f"{name}_bucket_tokens", "Messages that may go out now", registry=registry),
        link_dead=Gauge(
            f"{name}_published_link_dead", "Whether receipts link to another bot", registry=registry
        ),
        attempts=Counter(f"{name}_attempts", "Calls to the messenger", ["result"], registry=registry),
        call_seconds=Histogram(
            f"{name}_call_seconds", "Time of a call", registry=registry, buckets=CALL_BUCKETS
        ),
        latency_seconds=Histogram(
            f"{name}_latency_seconds",
            "From the 202 to the messenger, if not held",
            registry=registry,
            buckets=LATENCY_BUCKETS,
        ),
        since_occurred_seconds=Histogram(
            f"{name}_since_occurred_seconds",
            "From the change at the back office to the messenger's acceptance",
            registry=registry,
            buckets=(*LATENCY_BUCKETS, *DAYS),
        ),
        since_notice_seconds=Histogram(
            f"{name}_since_notice_seconds",
            "From the notice to the messenger's acceptance",
            registry=registry,
            buckets=LATENCY_BUCKETS,
        ),
        answer_seconds=Histogram(
            f"{name}_answer_seconds",
            "From an update in hand to its answers in the queue",
            registry=registry,
            buckets=CALL_BUCKETS,
        ),
        answered_seconds=Histogram(
            f"{name}_answered_seconds",
            "From an answer in the queue to the messenger's acceptance",
            registry=registry,
            buckets=LATENCY_BUCKETS,
        ),
        oldest_seconds=Gauge(
            f"{name}_oldest_seconds", "Longest wait of a delivery not held", ["class"], registry=registry
        ),
        paused_until=Gauge(
            f"{name}_paused_until_seconds", "Until when the account rests, in Unix time", registry=registry
        ),
        recipients=Gauge(f"{name}_recipients", "Citizens by standing", ["standing"], registry=registry),
        outbox=Gauge(f"{name}_outbox_rows", "Messages not yet in their stream", registry=registry),
        lease_held=Gauge(f"{name}_lease_held", "Whether this process sends", registry=registry),
        account_down=Gauge(f"{name}_account_down", "Whether the account is refused", registry=registry),
        circuit_open=Gauge(f"{name}_circuit_open", "Whether the messenger is left alone", registry=registry),
        malformed=Counter(f"{name}_malformed", "Messages refused for their markup", registry=registry),
        dead=Counter(f"{name}_dead", "Notices that could not be taken in", registry=registry),
        updates=updates,
        edge=Counter(f"{name}_edge_answers", "Answers of the public edge", ["kind"], registry=registry),
        pictures=Counter(f"{name}_pictures", "Pictures from citizens", ["result"], registry=registry),
    )
