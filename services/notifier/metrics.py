"""What the notifier measures: of the process, and of each account of a messenger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from contracts.channels import channel_of

NAME = "docwatch_notifier"
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43200)
FILE_RESULTS = ("kept", "over", "off", "type", "unreadable", "dots", "large", "many", "gone", "full")
"""What may come of a file that a citizen sends to people."""
NOT_UNDERSTOOD = "notunderstood"
"""What the label `plan` says of an update that the bot has no meaning for."""
DAYS = (86400, 259200, 604800, 2592000)
"""Back offices are slower than we are."""
CALL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
OF_ACCOUNT = ("channel", "account")
"""The labels of everything that is measured of one account."""
NO_ACCOUNT = "none"
"""The account of what was for people who are not on record."""
M = TypeVar("M", bound=MetricWrapperBase)


class Labelled(Generic[M]):
    """A metric of one account that has further labels."""

    def __init__(self, family: M, account: Mapping[str, str]) -> None:
        self._family = family
        self._account = account

    def labels(self, **further: str) -> M:
        """Return the metric under these values of the further labels."""
        return self._family.labels(**self._account, **further)


@dataclass(frozen=True)
class AccountMetrics:
    """The metrics of one account; labels take values of closed sets only."""

    rate_limit: Gauge
    """Messages a second that the account may send."""
    bucket_tokens: Gauge
    """Messages that may go out this instant."""
    link_dead: Gauge
    """1 while the published links do not lead to this bot."""
    attempts: Labelled[Counter]
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
    paused_until: Gauge
    """Until when (seconds since 1970) the account rests, as the messenger asked."""
    lease_held: Gauge
    """1 while this process is the sender."""
    account_down: Gauge
    """1 while the messenger refuses the account itself, or its settings cannot be used."""
    circuit_open: Gauge
    """1 while the messenger is left alone because too many calls fail or are slow."""
    paid: Counter
    """Messages that cost the agency money: accepted ones that we began, outside of a conversation."""
    malformed: Counter
    """Messages whose markup the messenger could not read: a fault of ours, to alert on."""
    updates: Labelled[Counter]
    """What citizens did, by the action that was planned for it (label `plan`)."""
    questions: Labelled[Counter]
    """Questions in people's own words, by what became of them, language and topic."""
    pictures: Labelled[Counter]
    """Pictures that citizens sent, by what came of them; `killed`: it ended the process that read it."""
    files: Labelled[Counter]
    """Files that citizens sent to people, by what came of them: kept, over, or why they were refused."""


class FileMetrics:
    """The metrics of files that citizens send to people of the agency."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = [*account_labels(""), "result"]
        self.sent = Counter(f"{NAME}_files", "Files from citizens to people", labels, registry=registry)
        """By account and what came of them: kept, over, or why they were refused."""
        self.kept = Gauge(f"{NAME}_kept_files", "Files of citizens that are kept", registry=registry)
        self.kept_bytes = Gauge(f"{NAME}_kept_file_bytes", "Bytes of those files", registry=registry)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.ends = self._counter("ends", "Deliveries ended", "kind", "end", "reason")
        """By kind (notice, answer), end and reason."""
        self.waiting = self._gauge("waiting", "Deliveries not ended yet", "class")
        """Deliveries that wait or are in the air, by class."""
        self.due = self._gauge("due", "Deliveries that are not held back", "class")
        """Those of them that are not held back until later, by class."""
        self.oldest_seconds = self._gauge("oldest_seconds", "Longest wait of a delivery not held", "class")
        """How long the oldest delivery has waited that is not held back, by class."""
        self.account_paused = self._gauge("account_paused", "Whether operators hold the account back")
        """1 while nothing but answers goes out, for operators said so."""
        self.paid_this_month = self._gauge("paid_this_month", "Messages of this month that cost money")
        """Messages that cost the agency money, in the present month."""
        self.paid_ceiling = self._gauge("paid_ceiling", "Messages a month that may cost money")
        """How many these may be before all but what one must act on waits; absent without a ceiling."""
        self.recipients = Gauge(
            f"{NAME}_recipients", "Citizens by standing", ["standing"], registry=self.registry
        )
        """Citizens: known, with consent, with consent and reachable."""
        self._later(self.registry)
        self.edge = Counter(
            f"{NAME}_edge_answers", "Answers of the public edge", ["kind"], registry=self.registry
        )
        """Answers of the public edge, by what they were."""
        self.page = Counter(
            f"{NAME}_page_answers", "Answers of the citizens' page", ["status"], registry=self.registry
        )
        """Answers of the citizens' own page, by their HTTP status."""
        self.pushes = Counter(
            f"{NAME}_pushes", "Pushes to devices of the page", ["result"], registry=self.registry
        )
        """Pushes to single devices, by what came of them: taken, gone, refused, later."""
        self.page_streams = Gauge(
            f"{NAME}_page_streams", "Citizens' pages that are open now", registry=self.registry
        )
        """Streams of events to citizens' pages that are open now."""
        self.outbox = Gauge(f"{NAME}_outbox_rows", "Messages not yet in their stream", registry=self.registry)
        self.dead = Counter(f"{NAME}_dead", "Notices that could not be taken in", registry=self.registry)
        """Notices that could not be read or stored."""
        self._rate_limit = self._gauge("rate_limit", "Messages a second we may send")
        self._bucket_tokens = self._gauge("bucket_tokens", "Messages that may go out now")
        self._link_dead = self._gauge("published_link_dead", "Whether receipts link to another bot")
        self._attempts = self._counter("attempts", "Calls to the messenger", "result")
        self._call = self._histogram("call_seconds", "Time of a call", CALL_BUCKETS)
        self._latency = self._histogram("latency_seconds", "From the 202 to the messenger, if not held")
        self._since_occurred = self._histogram(
            "since_occurred_seconds",
            "From the change at the back office to the messenger's acceptance",
            (*LATENCY_BUCKETS, *DAYS),
        )
        self._since_notice = self._histogram(
            "since_notice_seconds", "From the notice to the messenger's acceptance"
        )
        self._answer = self._histogram(
            "answer_seconds", "From an update in hand to its answers in the queue", CALL_BUCKETS
        )
        self._answered = self._histogram(
            "answered_seconds", "From an answer in the queue to the messenger's acceptance"
        )
        self._paused_until = self._gauge("paused_until_seconds", "Until when the account rests, in Unix time")
        self._lease_held = self._gauge("lease_held", "Whether this process sends")
        self._account_down = self._gauge("account_down", "Whether the account is refused")
        self._circuit_open = self._gauge("circuit_open", "Whether the messenger is left alone")
        self._paid = self._counter("paid_messages", "Accepted messages that cost money")
        self._malformed = self._counter("malformed", "Messages refused for their markup")
        self._updates = self._counter("updates", "Updates from citizens", "plan")
        self._questions = self._counter(
            "questions",
            "Questions in people's words, and whether answers were it",
            "kind",
            "language",
            "topic",
        )
        self._pictures = self._counter("pictures", "Pictures from citizens", "result")
        self.files = FileMetrics(self.registry)

    def _later(self, registry: CollectorRegistry) -> None:
        """What the desk says, and what waits for a day of its office."""
        self.replies = Counter(
            f"{NAME}_replies", "What the desk said to citizens", ["result"], registry=registry
        )
        self.replies.labels("told")  # nothing yet is 0 and not absent
        """What the desk said, by what came of it: told, again, nobodys, dead, locked (its key is missing)."""
        self.invitations = Gauge(
            f"{NAME}_invitations_waiting", "Invitations of later days", ["office"], registry=registry
        )
        """Applications that are ready and of which nobody is told yet, for the office serves only so many."""
        self.last_invitation = Gauge(
            f"{NAME}_invitations_last_seconds", "When the last goes out", ["office"], registry=registry
        )
        """In how many seconds the last of them is told."""

    def of(self, account: str) -> AccountMetrics:
        """Return the metrics of an account; what it may have is 0 from now on and not absent."""
        labels = account_labels(account)
        updates = Labelled(self._updates, labels)
        updates.labels(plan=NOT_UNDERSTOOD)  # a share of nothing is 0 from the beginning
        files = Labelled(self.files.sent, labels)
        for result in FILE_RESULTS:
            files.labels(result=result)  # the first one is a rise
        return AccountMetrics(
            rate_limit=self._rate_limit.labels(**labels),
            bucket_tokens=self._bucket_tokens.labels(**labels),
            link_dead=self._link_dead.labels(**labels),
            attempts=Labelled(self._attempts, labels),
            call_seconds=self._call.labels(**labels),
            latency_seconds=self._latency.labels(**labels),
            since_occurred_seconds=self._since_occurred.labels(**labels),
            since_notice_seconds=self._since_notice.labels(**labels),
            answer_seconds=self._answer.labels(**labels),
            answered_seconds=self._answered.labels(**labels),
            paused_until=self._paused_until.labels(**labels),
            lease_held=self._lease_held.labels(**labels),
            account_down=self._account_down.labels(**labels),
            circuit_open=self._circuit_open.labels(**labels),
            paid=self._paid.labels(**labels),
            malformed=self._malformed.labels(**labels),
            updates=updates,
            questions=Labelled(self._questions, labels),
            pictures=Labelled(self._pictures, labels),
            files=files,
        )

    def pushed(self, result: str) -> None:
        """Count a push to a device, by what came of it."""
        self.pushes.labels(result).inc()

    def ended(self, account: str | None, kind: str, end: str, reason: str | None) -> None:
        """Count a delivery that ended; None stands for nobody's account."""
        labels = account_labels(account or NO_ACCOUNT)
        self.ends.labels(**labels, kind=kind, end=end, reason=reason or "").inc()

    def _gauge(self, name: str, about: str, *further: str) -> Gauge:
        return Gauge(f"{NAME}_{name}", about, [*OF_ACCOUNT, *further], registry=self.registry)

    def _counter(self, name: str, about: str, *further: str) -> Counter:
        return Counter(f"{NAME}_{name}", about, [*OF_ACCOUNT, *further], registry=self.registry)

    def _histogram(self, name: str, about: str, buckets: tuple[float, ...] = LATENCY_BUCKETS) -> Histogram:
        return Histogram(f"{NAME}_{name}", about, [*OF_ACCOUNT], registry=self.registry, buckets=buckets)


def account_labels(account: str) -> dict[str, str]:
    """Return the labels of an account."""
    return {"channel": channel_of(account), "account": account}
