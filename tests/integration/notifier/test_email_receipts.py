"""Letters that come back: the notice goes to the next address, and a dead mailbox gets no more letters."""

from uuid import uuid4

import pytest

from services.notifier.domain.incoming import DeliveryReceipt, Incoming
from services.notifier.domain.results import Accepted
from tests.integration.notifier.routes import person_of_both, sent
from tests.integration.notifier.world import CLOCK, World, make_world, notice


@pytest.fixture
def letters(world: World) -> World:
    """E-mail beside the first messenger."""
    recipients = world.recipients.of_account("email")
    return make_world(world.pool, world.outbox, recipients, world.catalogue, world.voice)


def bounce(key: object, reference: str, gone: str | None) -> Incoming:
    """A report that names the letter and not whose it was."""
    body = DeliveryReceipt(reference, "failed", "5.1.1", key, gone)  # type: ignore[arg-type]
    identity = str(uuid4().int % 2**62)
    return Incoming(identity, "", private=True, language=None, at=CLOCK.now(), body=body)


async def unreachable(world: World) -> list[tuple[str, str]]:
    rows = await world.pool.fetch(
        "SELECT channel, unreachable_reason FROM address WHERE unreachable_since IS NOT NULL"
    )
    return [(row["channel"], row["unreachable_reason"]) for row in rows]


@pytest.mark.parametrize("gone", ["not_found", None])
async def test_a_letter_that_comes_back_goes_on(world: World, letters: World, gone: str | None) -> None:
    """The next address of the route gets the notice once; a mailbox that is no more is noted as such."""
    letters.channel.scripts["7"] = [Accepted("<name@agency.example>")]
    person = await person_of_both(letters, world, "7")
    found = notice(person)
    await world.keep(found)
    async with letters.sending(await letters.lease()):
        await sent(letters, 1)
        await letters.ended(found.notice_id)

    report = bounce(found.notice_id, "<name@agency.example>", gone)
    for _ in range(2):
        await letters.updates().take_one(report)
    async with world.sending(await world.lease()):
        await sent(world, 1)

    assert [("email", gone)] * bool(gone) == await unreachable(world)
    assert 1 == len(world.channel.sent)


async def test_a_report_on_no_letter_of_this_account_changes_nothing(world: World, letters: World) -> None:
    """A key that nobody has, or of another account, or another name of the letter, is passed over."""
    person = await person_of_both(world, letters, "7")
    found = notice(person)
    await world.keep(found)
    async with world.sending(await world.lease()):
        await world.ended(found.notice_id)

    for key, reference in (
        (uuid4(), "1"),
        (found.notice_id, "1"),
        (found.notice_id, "<other@agency.example>"),
    ):
        await letters.updates().take_one(bounce(key, reference, "not_found"))

    async def followed() -> bool:
        return bool(await world.pool.fetchval("SELECT count(*) FROM delivery WHERE follows IS NOT NULL"))

    assert [] == await unreachable(world)
    assert not await followed()
