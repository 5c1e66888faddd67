"""What `docwatch restore` does: the notifier's queue first, then the tracker, from what the streams hold."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from nats.aio.client import Client

from cli.errors import CommandError
from cli.installation.bus import connect
from contracts.catalogue import load_catalogue
from contracts.messages.delivery import DELIVERY_REPORT, DeliveryReport
from contracts.messages.forget import FORGET, Forget
from contracts.streams import (
    CONSUMERS,
    DELIVERIES,
    FORGET_SUBJECT,
    NOTICES,
    OUTCOMES,
    TRACKER_CALLS,
    TRACKER_DELIVERIES,
    TRACKER_STAGES,
)
from runtime.clock import SystemClock
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
from services.notifier.delivery.store import Store
from services.notifier.delivery.upkeep.restore import Restore
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.metrics import Metrics
from services.tracker.app import build
from services.tracker.settings import TrackerSettings

MARGIN = timedelta(hours=1)
"""What was under way when the backup was made lies before it in the streams; twice does no harm."""

PATIENCE = timedelta(hours=4)
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Restored:
    """How many notices, ends, wishes to be forgotten were taken in again; notices not sent any more."""

    notices: int
    ends: int
    forgotten: int
    silenced: int


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
        await _nobody_works(client)
        start = backup - MARGIN
        history = await _told(client, start)
        notices, silenced = await _notifier(client, settings, history, start, silent_until)
        for consumer in (TRACKER_STAGES, TRACKER_DELIVERIES, TRACKER_CALLS):
            await begin_again(client, consumer, start)
            await _tracker(client, settings, history.published, consumer)
    finally:
        await client.close()
    return Restored(notices, len(history.reports), len(history.wishes), silenced)


async def _nobody_works(client: Client) -> None:
    js = client.jetstream()
    for consumer in CONSUMERS:
        if (await js.consumer_info(consumer.stream, consumer.durable)).num_waiting:
            raise CommandError(f"somebody still reads {consumer.stream}: stop the services first")


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
        intake, work = Intake(client, store, catalogue, clock, metrics, awake), Restore(pool, store)
        notices = 0
        async for messages in since(client, NOTICES.name, start):
            await intake.store_again(messages)
            notices += len(messages)
        await work.end(history.reports)
        await work.forget(history.wishes)
        silenced = 0 if silent_until is None else await work.silence(silent_until)
    return notices, silenced


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
