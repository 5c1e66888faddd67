"""What `docwatch restore` does: the notifier's queue first, then the tracker, from what the streams hold."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from nats.aio.client import Client

from cli.errors import CommandError
from cli.installation.bus import connect, nobody_reads
from contracts.catalogue import load_catalogue
from contracts.messages.delivery import DELIVERY_REPORT, DeliveryReport
from contracts.messages.forget import FORGET, Forget
from contracts.messages.ids import NoticeId
from contracts.streams import (
    DELIVERIES,
    FORGET_SUBJECT,
    NOTICES,
    OUTCOMES,
    TRACKER_CALLS,
    TRACKER_DELIVERIES,
    TRACKER_STAGES,
)
from runtime.clock import SystemClock
from runtime.database import sql
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.messaging.pull import ConsumerRef
from runtime.messaging.replay import (
    DeduplicatingWriter,
    begin_again,
    behind,
    identities,
    since,
)
from runtime.messaging.stream_writer import StreamWriter
from runtime.process.lifecycle import Stop
from services.notifier.delivery.intake import Intake
from services.notifier.delivery.invitations import Invitations
from services.notifier.delivery.store import Store
from services.notifier.delivery.upkeep.restore import Restore
from services.notifier.domain.invitations import Pacing
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.metrics import Metrics
from services.tracker.app import build
from services.tracker.domain.working_days import rules_of
from services.tracker.ledger.retelling import tell_again
from services.tracker.settings import TrackerSettings

SQL = sql.load("cli.operators", "replay.sql")
MARGIN = timedelta(hours=1)
"""What was under way when the backup was made lies before it in the streams; twice does no harm."""

PATIENCE = timedelta(hours=4)
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Restored:
    """How many notices, ends, wishes to be forgotten were taken in again; notices not sent any more.

    `told_again` are notices that were in no stream and in no queue any more, `reported_again` ends that were
    in no stream.
    """

    notices: int
    ends: int
    forgotten: int
    silenced: int
    told_again: int
    reported_again: int


@dataclass
class _Told:
    """What the streams hold since the backup."""

    published: set[str] = field(default_factory=set)
    reports: list[DeliveryReport] = field(default_factory=list)
    wishes: list[Forget] = field(default_factory=list)


async def restored(settings: TrackerSettings, backup: datetime, silent_until: datetime | None) -> Restored:
    """Take in again what the streams hold since a backup; all servers by addresses with every right.

    Raises CommandError where a service still runs.
    """
    client = await connect(settings.nats_url.get_secret_value(), settings.nats_ca)
    try:
        await nobody_reads(client)
        start = backup - MARGIN
        history = await _told(client, start)
        notices, silenced = await _notifier(client, settings, history, start, silent_until)
        for consumer in (TRACKER_STAGES, TRACKER_DELIVERIES, TRACKER_CALLS):
            await begin_again(client, consumer, start)
            await _tracker(client, settings, history.published, consumer)
        again, reported = await _astray(client, settings)
    finally:
        await client.close()
    return Restored(notices, len(history.reports), len(history.wishes), silenced, again, reported)


async def _told(client: Client, start: datetime) -> _Told:
    history = _Told()
    for stream in (NOTICES, OUTCOMES):
        async for messages in since(client, stream.name, start):
            history.published |= identities(messages)
    async for messages in since(client, DELIVERIES.name, start):
        for message in messages:
            if message.subject == FORGET_SUBJECT:
                history.wishes.append(FORGET.validate_json(message.data))
            else:
                history.reports.append(DELIVERY_REPORT.validate_json(message.data))
    return history


async def _notifier(
    client: Client, settings: TrackerSettings, history: _Told, start: datetime, silent_until: datetime | None
) -> tuple[int, int]:
    """Enter the notices with the ends they came to; return how many there are, and how many fell silent."""
    clock, metrics = SystemClock(), Metrics()
    catalogue = load_catalogue(settings.catalogue)
    awake = Quiet(None, ZoneInfo(catalogue.agency.time_zone))
    async with open_pool(settings.database_url.get_secret_value(), "notifier", size=2) as pool:
        store = Store(pool, Outbox(pool, StreamWriter(client), clock), metrics)
        invitations = Invitations(Pacing.of(catalogue), store, clock)
        intake = Intake(client, store, catalogue, clock, metrics, awake, invitations)
        work = Restore(pool, store)
        notices = 0
        async for messages in since(client, NOTICES.name, start):
            await intake.store_again(messages)
            notices += len(messages)
        await work.end(history.reports)
        await work.forget(history.wishes)
        silenced = 0 if silent_until is None else await work.silence(silent_until)
    return notices, silenced


async def _astray(client: Client, settings: TrackerSettings) -> tuple[int, int]:
    """Have open notices that are under way nowhere told, and ends reported; return how many of each.

    Where the streams are older than the database these were lost on their way from one service to the other.
    """
    clock, url = SystemClock(), settings.database_url.get_secret_value()
    rules = rules_of(load_catalogue(settings.catalogue))
    async with open_pool(url, "tracker", size=2) as pool:
        rows = await pool.fetch(SQL["astray"])
        unknown = [NoticeId(row["notice_id"]) for row in rows if row["unknown"]]
        ended = [NoticeId(row["notice_id"]) for row in rows if not row["unknown"]]
        again = await tell_again(pool, rules, unknown, clock.now())
    async with open_pool(url, "notifier", size=2) as pool:
        store = Store(pool, Outbox(pool, StreamWriter(client), clock), Metrics())
        return again, await Restore(pool, store).report_again(ended)


async def _tracker(
    client: Client, settings: TrackerSettings, published: set[str], consumer: ConsumerRef
) -> None:
    """Run a tracker that publishes only what the streams lack, until it has taken a stream in."""
    stop, clock = Stop(), SystemClock()
    async with build(settings, partial(DeduplicatingWriter, known=published))(stop) as service:
        loops = [asyncio.ensure_future(loop()) for loop in service.loops]
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while await behind(client, consumer) and not stop.is_set():
                    await clock.sleep(LOOK_SECONDS)
        finally:
            stop.set()
            await asyncio.gather(*loops)
    if stop.reason is not None:
        raise CommandError(f"the tracker stopped: {stop.reason}")
