"""One chat tries to use up the typed codes of everybody, as a stranger and by having itself forgotten."""

from nats.aio.client import Client

from runtime.database.postgres import open_pool
from runtime.keyring import KeyRing
from services.notifier.domain.incoming import Tapped
from services.notifier.recipients.addresses import PURPOSE
from tests.attacks.town import CODE, Town, issue
from tests.conftest import Databases

WRONG = Tapped(f"yc:{'Z' * 13}:en", "55", "q")
EACH = 10


async def test_a_stranger_has_no_more_tries_than_anybody(town: Town, nats_client: Client) -> None:
    """After ten wrong codes a chat is told when it may go on, others go on typing, and its QR code opens."""
    token = await issue(nats_client)
    tries = [await town.say(number, WRONG) for number in range(1, 15)]
    neighbour = await town.say(20, Tapped(f"yc:{CODE}:en", "55", "q"), "8")
    scanned = await town.say(21, Tapped(f"y:{token}:en", "55", "q"))

    assert [True] * EACH + [False] * 4 == ["could not find" in text for text in tries]
    assert [False] * EACH + [True] * 4 == ["We look at typed codes again from" in text for text in tries]
    assert "You now follow" in neighbour
    assert "You now follow" in scanned


async def test_being_forgotten_resets_nothing(town: Town, nats_client: Client) -> None:
    """Following and forgetting between the tries makes none of them undone."""
    token = await issue(nats_client)
    for number in range(1, EACH + 1):
        await town.say(number, WRONG)
    await town.say(20, Tapped(f"y:{token}:en", "55", "q"))
    await town.say(21, Tapped("f", "55", "q"))

    text = await town.say(22, WRONG)

    assert "We look at typed codes again from" in text


async def test_the_tracker_learns_no_address(town: Town, databases: Databases) -> None:
    """What codes are counted by is no address, nor the value by which the notifier finds one."""
    await town.say(1, WRONG, "123456789")

    async with open_pool(databases.url("tracker"), "tracker", size=2) as pool:
        scopes = {
            row["scope"] for row in await pool.fetch("SELECT scope FROM typing UNION SELECT scope FROM typed")
        }
    ring = KeyRing([("k1", bytes(32))], PURPOSE)
    assert {town.world.recipients.typist("123456789"), "everybody"} == scopes
    assert ring.lookup("k1", "telegram", "123456789").hex() not in scopes
