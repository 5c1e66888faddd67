"""What the status view shows, read from the services' metrics; what does not answer is shown as such."""

import asyncio
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from contracts.services import DESK, INGEST, NOTIFIER, SERVICES, TRACKER

ASK_SECONDS = 3.0
Samples = Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]


@dataclass(frozen=True)
class Consumer:
    """How far one consumer is behind: messages, and the age in seconds of the oldest."""

    stream: str
    name: str
    lag: int
    oldest: float


@dataclass(frozen=True)
class AccountStatus:
    """One account: what waits for it, for how many seconds, and what keeps it from going out.

    `sending`: a notifier holds its lease; `paused`: operators hold it back; `down`: it is refused or cannot
    be used; `left_alone`: too many of its calls fail; `rests`: so many seconds, as the messenger asked.
    """

    name: str
    waiting: int = 0
    oldest: float = 0.0
    sending: bool = False
    paused: bool = False
    down: bool = False
    left_alone: bool = False
    rests: float = 0.0


@dataclass(frozen=True)
class PeopleStatus:
    """Who waits for a person of the agency, the oldest for how many seconds, and who is there to answer.

    `at_risk`, `broken`: questions whose promise ends soon, and whose promise has ended. `content`: the share
    of those who were content of the `rated` conversations of some weeks.
    """

    waiting: int
    held: int
    answered: int
    oldest: float
    at_risk: int
    broken: int
    present: int
    is_open: bool
    rated: int
    content: float


@dataclass(frozen=True)
class Status:
    """One look: totals since each service started, except for what is called waiting or oldest."""

    at: float
    services: Mapping[str, str | None] = field(default_factory=dict)
    """Each service by name: None where it answers, else what is wrong."""
    events: Mapping[str, int] = field(default_factory=dict)
    effects: Mapping[str, int] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    consumers: tuple[Consumer, ...] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)
    oldest: Mapping[str, float] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    subscriptions: int = 0
    dead: int = 0
    unreconciled: int = 0
    accounts: tuple[AccountStatus, ...] = ()
    people: PeopleStatus | None = None
    invitations: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    """By office how many wait for a later day to be told, and for how many seconds the last of them."""


def parse(text: str) -> Samples:
    """Return the samples of one `/metrics` by name and labels."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def summarize(texts: Mapping[str, str], failures: Mapping[str, str], *, at: float, now: float) -> Status:
    """Make one status of the services' metrics.

    Args:
        texts: `/metrics` by service.
        failures: what is wrong with services that gave none.
        at: monotonic seconds, to tell a pace from two looks.
        now: Unix time, to tell how long an account rests.
    """
    samples = {name: parse(texts.get(name, "")) for name in SERVICES}
    ingest, tracker, notifier = (samples[service.name] for service in (INGEST, TRACKER, NOTIFIER))
    return Status(
        at=at,
        services={name: failures.get(name) for name in SERVICES},
        events=_counts(ingest, "docwatch_ingest_events_total", "result"),
        effects=_counts(tracker, "docwatch_tracker_events_total", "effect"),
        ends=_counts(tracker, "docwatch_tracker_notice_ends_total", "end"),
        failed=int(_one(tracker, "docwatch_tracker_notices_failed_total")),
        consumers=tuple(_consumers((tracker, notifier, samples[DESK.name]))),
        waiting=_counts(notifier, "docwatch_notifier_waiting", "class"),
        oldest=_by(notifier, "docwatch_notifier_oldest_seconds", "class", max),
        calls=_counts(notifier, "docwatch_notifier_attempts_total", "result"),
        subscriptions=int(_one(tracker, "docwatch_tracker_subscriptions")),
        dead=int(_one(tracker, "docwatch_tracker_put_aside")),
        unreconciled=int(_one(tracker, "docwatch_tracker_notices_unreconciled")),
        accounts=tuple(_accounts(notifier, now)),
        people=_people(samples[DESK.name]),
        invitations=_invitations(notifier),
    )


def _invitations(notifier: Samples) -> dict[str, tuple[int, float]]:
    last = _by(notifier, "docwatch_notifier_invitations_last_seconds", "office", max)
    waiting = _by(notifier, "docwatch_notifier_invitations_waiting", "office", max)
    return {office: (int(count), last.get(office, 0.0)) for office, count in sorted(waiting.items())}


def _people(desk: Samples) -> PeopleStatus | None:
    """Return how conversations with people stand; None where the desk has none, or does not answer."""
    standing = _counts(desk, "docwatch_desk_conversations", "standing")
    if not standing:
        return None
    promises = _counts(desk, "docwatch_desk_promises_open", "standing")
    return PeopleStatus(
        waiting=standing.get("waiting", 0),
        held=standing.get("held", 0),
        answered=standing.get("answered", 0),
        oldest=_one(desk, "docwatch_desk_oldest_seconds"),
        at_risk=promises.get("at_risk", 0),
        broken=promises.get("broken", 0),
        present=_counts(desk, "docwatch_desk_staff", "standing").get("present", 0),
        is_open=_one(desk, "docwatch_desk_open") > 0,
        rated=int(_one(desk, "docwatch_desk_rated_lately")),
        content=_one(desk, "docwatch_desk_content_share"),
    )


def _accounts(notifier: Samples, now: float) -> Iterable[AccountStatus]:
    by_account = partial(_by, notifier, label="account")
    waiting = by_account("docwatch_notifier_waiting")
    oldest = by_account("docwatch_notifier_oldest_seconds", joined=max)
    held = by_account("docwatch_notifier_lease_held")
    paused = by_account("docwatch_notifier_account_paused")
    down = by_account("docwatch_notifier_account_down")
    alone = by_account("docwatch_notifier_circuit_open")
    until = by_account("docwatch_notifier_paused_until_seconds")
    for name in sorted(waiting.keys() | held.keys()):
        yield AccountStatus(
            name,
            waiting=int(waiting.get(name, 0)),
            oldest=oldest.get(name, 0.0),
            sending=held.get(name, 0) > 0,
            paused=paused.get(name, 0) > 0,
            down=down.get(name, 0) > 0,
            left_alone=alone.get(name, 0) > 0,
            rests=max(0.0, until.get(name, 0.0) - now),
        )


def _one(samples: Samples, name: str) -> float:
    return sum(samples.get(name, {}).values())


def _by(
    samples: Samples, name: str, label: str, joined: Callable[[float, float], float] = operator.add
) -> dict[str, float]:
    found: dict[str, float] = {}
    for labels, value in samples.get(name, {}).items():
        key = dict(labels).get(label, "")
        found[key] = joined(found.get(key, 0.0), value)
    return found


def _counts(samples: Samples, name: str, label: str) -> dict[str, int]:
    return {key: int(value) for key, value in _by(samples, name, label).items()}


def _consumers(services: Iterable[Samples]) -> Iterable[Consumer]:
    for samples in services:
        oldest = samples.get("docwatch_consumer_oldest_seconds", {})
        for labels, lag in samples.get("docwatch_consumer_lag_messages", {}).items():
            known = dict(labels)
            yield Consumer(known["stream"], known["consumer"], int(lag), oldest.get(labels, 0.0))


async def fetch(services: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return `/metrics` by service, and what is wrong with each service that gave none."""
    texts: dict[str, str] = {}
    failures: dict[str, str] = {}

    async def ask(client: aiohttp.ClientSession, name: str, url: str) -> None:
        try:
            async with client.get(f"{url}/metrics") as response:
                response.raise_for_status()
                texts[name] = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            failures[name] = f"{url} does not answer ({type(error).__name__})"

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ASK_SECONDS)) as client:
        await asyncio.gather(*(ask(client, name, url) for name, url in services.items()))
    return texts, failures
