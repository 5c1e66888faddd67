"""Taking events in: one transaction a batch, from the locks to the outbox.

The order of the statements is the promise: rows are made and locked in key order, everything is read after
that, the subscriptions too, and all that the batch came to commits together.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.messages.ids import ApplicationKey
from contracts.messages.outcome import Effect
from contracts.streams import DEAD_STAGES_SUBJECT, STAGE_SUBJECT
from runtime.clock import Clock
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import (
    Connection,
    Pool,
    retrying,
    transaction,
)
from runtime.logs import logger
from services.tracker.domain.applications import Application, Follower
from services.tracker.domain.batch import (
    Arrival,
    Aside,
    Plan,
    Readable,
    Snapshot,
    Taken,
    named,
    plan,
    unordered,
)
from services.tracker.domain.brake import Limits
from services.tracker.domain.expected_dates import (
    Outlook,
    Rules,
    look_at,
    outlook_of,
)
from services.tracker.domain.ownership import needed
from services.tracker.intake.outcomes import outcome_of_aside, outcome_of_taken
from services.tracker.intake.publisher_brake import Braked, PublisherBrake
from services.tracker.store import applications as store
from services.tracker.store import history
from services.tracker.store.history import RacedError
from services.tracker.store.holds import keep_back
from services.tracker.store.notices import NewNotice, insert_notices, notice
from services.tracker.store.set_aside import dead_letter, dealt_with, put_aside

LOG = logger(__name__)
RACES = 5


@dataclass(frozen=True, slots=True)
class Result:
    """What a committed batch came to."""

    effects: Mapping[Effect, int]
    notices: int
    braked: Sequence[Braked]


class Intake:
    """The use case of the STAGES stream."""

    def __init__(
        self, pool: Pool, outbox: Outbox, clock: Clock, limits: Limits | None = None, *, rules: Rules
    ) -> None:
        self._pool = pool
        self._rules = rules
        self._outbox = outbox
        self._clock = clock
        self._brake = PublisherBrake(clock, limits)

    async def take(self, arrivals: Sequence[Arrival]) -> Result:
        """Take a batch in, in stream order, exactly once; passing database errors are retried with bounds.

        Raises whatever the database still says then; nothing of the batch is stored in that case, or all of
        it where only the answer to the commit was lost.
        """
        ordered = sorted(arrivals, key=lambda arrival: arrival.source.sequence)
        for _ in range(RACES):
            try:
                return await retrying(lambda: self._transaction(ordered), self._clock)
            except RacedError:
                LOG.info("an identity was taken in elsewhere meanwhile, deciding again")
        return await retrying(lambda: self._transaction(ordered), self._clock)

    async def _transaction(self, arrivals: Sequence[Arrival]) -> Result:
        async with transaction(self._pool) as connection:
            applications, snapshot = await _read(connection, arrivals)
            decided = plan(arrivals, snapshot)
            rows, result = await self._write(connection, decided, applications)
        self._outbox.committed(rows)
        for braked in result.braked:
            LOG.error("a publisher is held by the brake", publisher=braked.publisher, why=braked.why)
        return result

    async def _write(
        self, connection: Connection, decided: Plan, applications: Mapping[ApplicationKey, Application]
    ) -> tuple[list[Row], Result]:
        now = self._clock.now()
        telling = {taken.arrival.body.application_key for taken in decided.taken if taken.decision.tell}
        followers = await store.followers(connection, telling)
        outlooks = self._outlooks(decided.taken, applications, followers, now)
        told = [
            _tell(taken, outlook, applications, followers, now)
            for taken, outlook in zip(decided.taken, outlooks, strict=True)
        ]
        counts = [len(some) for some in told]
        await history.insert_events(connection, decided.taken, counts, now)
        await store.move_applications(
            connection, decided.known.items(), lambda state: look_at(state, self._rules, now)
        )
        notices = [new for some in told for new in some]
        await insert_notices(connection, notices, now)
        braked = await self._brake.look(connection, decided.taken, now)
        rows = await keep_back(connection, notices, now)
        fresh = await put_aside(connection, decided.aside, now)
        rows += [outcome_of_taken(taken, n, now) for taken, n in zip(decided.taken, counts, strict=True)]
        effects = Counter(taken.decision.effect for taken in decided.taken)
        for aside in decided.aside:
            if aside.source.id in fresh:
                effects[aside.effect] += 1
                rows += _about(aside, now)
        await self._outbox.insert(connection, rows)
        return rows, Result(effects, len(notices), braked)

    def _outlooks(
        self,
        taken: Sequence[Taken],
        applications: Mapping[ApplicationKey, Application],
        followers: Mapping[ApplicationKey, Sequence[Follower]],
        now: datetime,
    ) -> list[Outlook]:
        """Return what may be told of the time after each event, where there is anybody to be told."""
        states = {key: application.known.state for key, application in applications.items()}
        outlooks = []
        for event in taken:
            key, state = event.arrival.body.application_key, event.decision.known.state
            way = [each for each in (states[key], state) if each is not None]
            outlooks.append(outlook_of(way, self._rules, now) if key in followers else Outlook())
            states[key] = state
        return outlooks


async def _read(
    connection: Connection, arrivals: Sequence[Arrival]
) -> tuple[dict[ApplicationKey, Application], Snapshot]:
    """Lock the applications of a batch and read all that is needed to decide it."""
    readable = [arrival for arrival in arrivals if isinstance(arrival, Readable)]
    takeable = [arrival.body for arrival in readable if arrival.event is not None]
    await store.insert_applications(
        connection, ((body.application_key, body.document_type, body.masked) for body in takeable)
    )
    applications = await store.lock(connection, {body.application_key for body in takeable})
    first = Snapshot(
        aside=await dealt_with(connection, (arrival.source for arrival in arrivals)),
        inbox=await history.inbox(connection, {arrival.identity for arrival in readable}),
        known={key: application.known for key, application in applications.items()},
    )
    snapshot = replace(
        first,
        histories=await history.histories(connection, unordered(arrivals, first)),
        grants=await store.grants(connection, needed(named(arrivals), first.known)),
    )
    return applications, snapshot


def _tell(
    taken: Taken,
    outlook: Outlook,
    applications: Mapping[ApplicationKey, Application],
    followers: Mapping[ApplicationKey, Sequence[Follower]],
    now: datetime,
) -> list[NewNotice]:
    if not taken.decision.tell:
        return []
    key = taken.arrival.body.application_key
    return [notice(taken, outlook, applications[key], follower, now) for follower in followers.get(key, ())]


def _about(aside: Aside, now: datetime) -> list[Row]:
    """Return what is said, and log it, about a message that takes no effect."""
    if aside.effect is not Effect.DUPLICATE:
        who = None if aside.body is None else (aside.body.publisher, aside.body.event_id)
        LOG.warning(
            "event without effect",
            effect=aside.effect,
            reason=aside.reason,
            sequence=aside.source.sequence,
            identity=who,
        )
    rows = []
    outcome = outcome_of_aside(aside, now)
    if outcome is not None:
        rows.append(outcome)
    if aside.effect is Effect.DEAD:
        rows.append(dead_letter(aside, subject=DEAD_STAGES_SUBJECT, received_on=STAGE_SUBJECT, now=now))
    return rows
