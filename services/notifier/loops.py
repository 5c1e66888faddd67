"""What the notifier does until it is told to stop: takes in, sends, answers, tidies and looks at itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from contracts import streams
from runtime.database.listen import Listener
from runtime.process.lifecycle import Stop
from runtime.process.platform_metrics import Platform, watch_platform
from services.notifier.assembly import Parts, Shared, replies_of, unserved_of
from services.notifier.delivery.intake import ROLE as INTAKE_ROLE
from services.notifier.delivery.intake import Intake
from services.notifier.delivery.invitations import Invitations
from services.notifier.delivery.store import WAKE_CHANNEL
from services.notifier.delivery.upkeep import gauges
from services.notifier.delivery.upkeep.purge import ROLE as PURGE_ROLE
from services.notifier.delivery.upkeep.purge import Purge
from services.notifier.domain.invitations import Pacing
from services.notifier.endurance import report
from services.notifier.files.answering import answer_files
from services.notifier.groundwork import Groundwork, Resources
from services.notifier.handover.opening import kept_days
from services.notifier.knowledge.following import follow
from services.notifier.openings import ACCOUNTS
from services.notifier.page.opening import OpenPage

NAME = "notifier"
STREAMS = (
    *(streams.NOTICES, streams.DELIVERIES, streams.QUESTIONS, streams.DEAD),
    *(streams.TALKS, streams.REPLIES, streams.APPOINTMENTS),
)
CONSUMERS = (streams.NOTIFIER_NOTICES, streams.NOTIFIER_REPLIES, streams.NOTIFIER_APPOINTMENTS)
Loop = Callable[[], Awaitable[None]]


def loops(
    ground: Groundwork,
    resources: Resources,
    shared: Shared,
    *,
    parts: Sequence[Parts],
    page: OpenPage | None,
    stop: Stop,
) -> tuple[Loop, ...]:
    """Return what runs side by side; each ends once it is told to, the outbox after those that fill it."""
    pool, client, clock, metrics = resources.pool, resources.bus.client, ground.clock, ground.metrics
    address = ground.settings.database_url.get_secret_value()
    keep, kept = (timedelta(days=days) for days in kept_days(ground.catalogue.agency))
    watched = (Platform(metrics.registry, NAME), client, pool, STREAMS, CONSUMERS)
    settled = asyncio.Event()
    return (
        partial(_work, ground, resources, shared, parts=parts, settled=settled, stop=stop),
        partial(watch_platform, *watched, clock=clock, stop=stop),
        lambda: gauges.watch(pool, metrics, [account.name for account in parts], clock, stop),
        lambda: resources.outbox.run(settled),
        lambda: Listener(address, WAKE_CHANNEL, partial(wake, parts), clock).run(stop),
        lambda: Purge(pool, shared.lease(PURGE_ROLE), clock, keep, kept).run(stop),
        lambda: unserved_of(ACCOUNTS, shared).run(stop),
        lambda: report(resources.accounts.unusable, pool, metrics, clock, stop),
        lambda: ground.library.run(stop),
        *(() if ground.talks is None else (partial(answer_files, client, pool, stop),)),
        lambda: follow(client, streams.KNOWLEDGE, ground.library, stop),
        *(loop for account in parts for loop in account.loops),
        *(() if page is None else page.loops(address, stop)),
    )


async def _work(
    ground: Groundwork,
    resources: Resources,
    shared: Shared,
    *,
    parts: Sequence[Parts],
    settled: asyncio.Event,
    stop: Stop,
) -> None:
    """Take notices in, serve every account, tell what the desk says; set `settled` when all of it ended."""
    client, batch = resources.bus.client, ground.settings.notifier_batch
    invitations = Invitations(Pacing.of(ground.catalogue), shared.store, ground.clock)
    rules = ground.quiet, invitations, resources.traces
    intake = Intake(client, shared.store, ground.catalogue, ground.clock, ground.metrics, *rules)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(intake.run(shared.lease(INTAKE_ROLE), batch, stop))
            for account in parts:
                group.create_task(account.hold())
            if ground.talks is not None:
                group.create_task(replies_of(shared, ground.talks, parts).run(client, batch, stop))
    finally:
        settled.set()


def wake(parts: Sequence[Parts], account: str) -> None:
    """Wake the account that a notification names; all of them where it names none."""
    for one in parts:
        if account in ("", one.name):
            one.wake.set()
