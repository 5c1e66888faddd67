"""What the tracker is told of those who may have to be called by phone."""

from contracts.messages.delivery import DELIVERY_REPORT
from contracts.messages.delivery import Receipt as Told
from services.notifier.domain.results import Unreachable
from tests.integration.notifier.test_receipts import told
from tests.integration.notifier.world import World, notice


async def test_the_language_is_told_of_whom_nothing_reached(world: World) -> None:
    """Only where somebody may have to be called: of who was told nothing more is said than that."""
    reached, missed = notice(await world.person("7", "uk")), notice(await world.person("8", "ru"))
    world.channel.scripts["8"] = [Unreachable("deactivated")]
    await world.keep(reached, missed)
    async with world.sending(await world.lease()):
        await world.ended(reached.notice_id, missed.notice_id)
    reports = await world.reports()

    assert (None, "ru") == (reports[reached.notice_id].language, reports[missed.notice_id].language)


async def test_the_language_is_told_of_whom_a_message_failed(world: World) -> None:
    """What the messenger gave up on later puts its reader on the list as well."""
    one = notice(await world.person("7", "uk"))
    await world.keep(one)
    async with world.sending(await world.lease()):
        await world.ended(one.notice_id)
    await world.updates().take([told(1, "failed")])
    rows = await world.pool.fetch("SELECT payload FROM outbox")
    reports = [DELIVERY_REPORT.validate_json(row["payload"]) for row in rows]

    assert ["uk"] == [one.language for one in reports if one.says is Told.FAILED]
