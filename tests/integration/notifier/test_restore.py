"""A queue restored from a backup, brought to where the streams say that it was."""

from datetime import UTC, datetime, timedelta

from contracts.messages.delivery import DeliveryEnd, DeliveryReport
from contracts.messages.forget import Forget
from services.notifier.delivery.upkeep.restore import Restore
from tests.integration.notifier.world import World, notice


async def test_what_ended_after_the_backup_ends_as_it_did(world: World) -> None:
    """Each end that was reported is entered once more, and reported to nobody."""
    told = [notice(await world.person(str(number))) for number in range(len(DeliveryEnd))]
    await world.keep(*told)
    now = datetime.now(UTC)

    await Restore(world.pool, world.store).end(
        [
            DeliveryReport(notice_id=one.notice_id, status=end, at=now)
            for one, end in zip(told, DeliveryEnd, strict=True)
        ]
    )

    assert list(DeliveryEnd) == [await world.state(one.notice_id) for one in told]
    assert {} == await world.reports()


async def test_what_has_no_known_end_falls_silent(world: World) -> None:
    """What was made up to an instant is not sent any more, and that is reported; what is newer waits."""
    now = datetime.now(UTC)
    old = notice(await world.person("7"), created_at=now - timedelta(hours=1))
    new = notice(await world.person("8"), created_at=now)
    await world.keep(old, new)

    silenced = await Restore(world.pool, world.store).silence(now - timedelta(minutes=1))

    assert 1 == silenced
    assert ["withdrawn", "pending"] == [await world.state(one.notice_id) for one in (old, new)]
    assert [old.notice_id] == list(await world.reports())


async def test_the_forgotten_stay_forgotten(world: World) -> None:
    """Somebody erased after the backup is erased again, with all that leads to them."""
    person = await world.person("7")
    await world.keep(notice(person))

    wish = Forget(recipient_id=person, at=datetime.now(UTC))
    await Restore(world.pool, world.store).forget([wish])

    assert 0 == await world.count("recipient")
