"""Somebody with a messenger, e-mail and SMS who loses them one by one; and in which order they are tried."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from contracts.messages.delivery import DELIVERY_REPORT
from contracts.messages.ids import RecipientId
from services.notifier.delivery.store import Store
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.incoming import Tapped
from services.notifier.domain.results import Permanent, Unreachable
from services.notifier.recipients import routes
from services.notifier.wording.keyboard import callback_data
from tests.integration.notifier.letterboxes import HER_PHONE, HERS, Letterboxes, letterboxes
from tests.integration.notifier.routes import ACTIONABLE
from tests.integration.notifier.test_confirming import invitation
from tests.integration.notifier.two_apps import OLENA
from tests.integration.notifier.world import World, notice

ORDER = ("telegram", "email", "sms")
AGENCYS = Carriers(ORDER, (), ORDER)


@pytest.fixture
def boxes(world: World) -> Letterboxes:
    """All ways, in the agency's order."""
    own = replace(world, store=Store(world.pool, world.outbox, world.metrics, AGENCYS))
    return letterboxes(own, carriers=AGENCYS)


@asynccontextmanager
async def sending(boxes: Letterboxes) -> AsyncIterator[None]:
    """Have all accounts send."""
    async with AsyncExitStack() as stack:
        for world in boxes.worlds.values():
            await stack.enter_async_context(world.sending(await world.lease()))
        yield


async def by_sms(boxes: Letterboxes) -> None:
    asked = await boxes.ask(HER_PHONE, "sms", await invitation(boxes, "sms"))
    assert await boxes.confirming.by_code(asked.secret, await boxes.code())


async def by_mail(boxes: Letterboxes) -> None:
    await boxes.confirmed(HERS, secret=await invitation(boxes, "email"))


async def tap(boxes: Letterboxes, person: RecipientId, account: str, verb: callback_data.WayVerb) -> str:
    """Have Olena tap a button of /ways about one of her addresses; return the answer."""
    (found,) = [one for one in await routes.ways_of(boxes.world.pool, person) if one.account == account]
    await boxes.does("telegram", OLENA, Tapped(callback_data.way(verb, found.address_id), "17", "q"))
    return (await boxes.waiting("telegram"))[-1].shown


async def test_ways_stand_in_the_agencys_order_until_somebody_has_their_own(boxes: Letterboxes) -> None:
    """However they came, ways are tried as the agency lists them; what the person puts first stays first."""
    olena = await boxes.world.person(OLENA)
    await by_sms(boxes)
    await by_mail(boxes)
    usual = await boxes.ways(olena)
    told = await tap(boxes, olena, "sms", "first")
    own = await boxes.ways(olena)
    await tap(boxes, olena, "email", "drop")
    await boxes.world.pool.execute("DELETE FROM contact_count")
    await by_mail(boxes)

    assert list(ORDER) == usual
    assert ["sms", "telegram", "email"] == own == await boxes.ways(olena)
    assert "This is the order that you chose." in told


async def test_what_is_told_can_be_chosen_in_ways(boxes: Letterboxes) -> None:
    """For what others may read there is a button that says more or less there; it is hers alone to tap."""
    olena = await boxes.world.person(OLENA)
    await by_mail(boxes)

    more = await tap(boxes, olena, "email", "all")
    kept = await boxes.worlds["email"].recipients.find(boxes.world.pool, HERS)
    await boxes.world.person("8")
    (mail,) = [one for one in await routes.ways_of(boxes.world.pool, olena) if one.account == "email"]
    await boxes.does("telegram", "8", Tapped(callback_data.way("news", mail.address_id), "17", "q"))
    after = await boxes.worlds["email"].recipients.find(boxes.world.pool, HERS)
    less = await tap(boxes, olena, "email", "news")

    assert "2. E-mail, we tell everything there" in more
    assert kept is not None
    assert after is not None
    assert ("all", "all") == (kept.detail, after.detail)
    assert "2. E-mail, we tell only that there is news" in less


async def test_each_stage_is_heard_where_it_can_be_and_then_the_office_learns_of_it(
    boxes: Letterboxes,
) -> None:
    """From the messenger to e-mail to SMS; with the last one the notice ends undeliverable, with a reason."""
    olena = await boxes.world.person(OLENA)
    await by_sms(boxes)
    await by_mail(boxes)
    first, second, third, fourth = (notice(olena, stage=ACTIONABLE) for _ in range(4))
    scripts = {account: boxes.worlds[account].channel.scripts for account in ORDER}

    async with sending(boxes):
        for told, lost, address, result in (
            (first, None, "", None),
            (second, "telegram", OLENA, Unreachable("blocked")),
            (third, "email", HERS, Permanent("rejected", "no such mailbox")),
            (fourth, "sms", HER_PHONE, Unreachable("no_device")),
        ):
            if lost is not None and result is not None:
                scripts[lost][address] = [result] * 9
            await boxes.world.keep(told)
            for world in boxes.worlds.values():
                world.tools.wake.set()
            await boxes.world.ended(told.notice_id)

    rows = [await boxes.world.row(one.notice_id) for one in (first, second, third, fourth)]
    assert [
        ("accepted", "telegram"),
        ("accepted", "email"),
        ("accepted", "sms"),
        ("undeliverable", "sms"),
    ] == [(row["state"], row["channel"]) for row in rows]
    outbox = await boxes.world.pool.fetch("SELECT payload FROM outbox")
    reports = [DELIVERY_REPORT.validate_json(row["payload"]) for row in outbox]
    ends = {report.notice_id: (report.says.value, report.reason) for report in reports}
    assert ("undeliverable", "no_device") == ends[fourth.notice_id]
    assert {"accepted"} == {ends[one.notice_id][0] for one in (first, second, third)}


async def test_who_has_no_address_left_is_reported_at_once(boxes: Letterboxes) -> None:
    """A notice for somebody whose every address is lost ends as soon as it comes, with the last reason."""
    olena = await boxes.world.person(OLENA)
    await by_mail(boxes)
    await boxes.world.pool.execute(
        "UPDATE address SET unreachable_reason = 'blocked', unreachable_since = now() - interval '1 day'"
    )
    await boxes.world.pool.execute(
        "UPDATE address SET unreachable_reason = 'not_found', unreachable_since = now() "
        "WHERE channel = 'email'"
    )
    told = notice(olena)

    await boxes.world.keep(told)

    row = await boxes.world.row(told.notice_id)
    assert ("undeliverable", "not_found") == (row["state"], row["reason"])
