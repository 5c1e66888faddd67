"""A wake-up names the account that has something to send, and wakes no other."""

import asyncio
from types import SimpleNamespace

import pytest

from runtime.database.listen import Listener
from services.notifier.delivery.store import WAKE_CHANNEL
from services.notifier.domain.incoming import Said
from services.notifier.loops import wake
from services.notifier.operators.accounts import Accounts
from tests.conftest import Databases
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import CLOCK, World, notice
from tests.waiting import until


async def test_what_is_stored_wakes_its_own_account(world: World, databases: Databases) -> None:
    """Notices, answers and the end of a pause each name the account that they are for."""
    heard: list[str] = []
    stop = asyncio.Event()
    listener = Listener(databases.url("notifier"), WAKE_CHANNEL, heard.append, CLOCK)
    listening = asyncio.ensure_future(listener.run(stop))

    async def came(count: int) -> bool:
        return len(heard) >= count

    await until(lambda: came(1))
    second = world.recipients.of_account("telegram.second")
    async with world.store.unit() as unit:
        person = (await second.put(unit.connection, None, "8", CLOCK.now())).recipient_id
        await second.consent(unit.connection, person, CLOCK.now(), 1, "en")
    await world.keep(notice(person))
    await until(lambda: came(2))
    await world.updates().take([did(1, Said("/help"))])
    await until(lambda: came(3))
    await world.pool.execute("INSERT INTO account (name) VALUES ('telegram.second')")
    operators = Accounts(world.pool, CLOCK, "operator test")
    await operators.pause("telegram.second", "a test")
    await operators.resume("telegram.second")
    await until(lambda: came(4))
    stop.set()
    await listening

    assert ["", "telegram.second", "telegram", "telegram.second"] == heard


@pytest.mark.parametrize(
    ("named", "woken"),
    [
        ("", [True, True]),
        ("telegram", [True, False]),
        ("telegram.second", [False, True]),
        ("viber", [False] * 2),
    ],
)
def test_who_is_not_named_sleeps_on(named: str, woken: list[bool]) -> None:
    """A notification that names nobody, as a version before sent it, wakes everybody."""
    parts = [SimpleNamespace(name=name, wake=asyncio.Event()) for name in ("telegram", "telegram.second")]

    wake(parts, named)  # type: ignore[arg-type]  # only what is looked at

    assert woken == [one.wake.is_set() for one in parts]
