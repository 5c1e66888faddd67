"""An account of SMS by SMPP at work: a notice sent in parts, told of part by part, and words that come in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from contracts.messages.notice import Notice
from runtime.clock import SystemClock
from sandbox.sms.smpp.centre import Centre, CentreSettings, run_centre
from sandbox.sms.smpp.script import Fault
from sandbox.sms.smpp.texts import IdStyle
from services.notifier.channels.sms.channel import SmsChannel
from services.notifier.channels.sms.smpp.transport import open_smpp
from services.notifier.delivery.sending.sender import Sender
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Reader
from services.notifier.inbound.updates import Updates
from services.notifier.wording.markup import literal
from tests.integration.notifier.smpp import LONG, NUMBER, options_of
from tests.integration.notifier.world import QUICK, World, make_world, notice, notices_by
from tests.waiting import until


def long(told: Notice, reader: Reader, may_repeat: bool) -> Message:  # noqa: ARG001, FBT001 - a Renderer
    """Word a notice in several parts."""
    return Message(literal(LONG.strip()))


@dataclass
class Account:
    """The account with its centre."""

    world: World
    centre: Centre
    updates: Updates

    async def told(self) -> UUID:
        """Have a notice sent that takes several parts."""
        found = notice(await self.world.person(NUMBER))
        await self.world.keep(found)
        await self.world.ended(found.notice_id)
        return found.notice_id

    async def noted(self, delivery: UUID) -> str:
        """Wait until something is told of a delivery, and return what."""

        async def what() -> str | None:
            row = await self.world.row(delivery)
            return next((one for one in ("delivered", "failed") if row[f"{one}_at"]), None)

        return await until(what)


@asynccontextmanager
async def account(world: World, settings: CentreSettings) -> AsyncIterator[Account]:
    """Serve the account, its sender and its updates, for the length of the block."""
    made = make_world(
        world.pool, world.outbox, world.recipients.of_account("sms"), world.catalogue, world.voice
    )
    async with run_centre(settings) as centre, open_smpp(options_of(centre.port), SystemClock()) as transport:
        channel = SmsChannel(transport, "https://docs.example")
        tools = replace(made.tools, channel=channel, render=notices_by(long))
        updates = made.updates()
        updates = replace(updates, handler=replace(updates.handler, channel=channel))
        lease, stop = await made.lease(), asyncio.Event()
        assert lease.token is not None
        working = [
            asyncio.ensure_future(Sender(replace(tools, pace=QUICK), lease, lease.token).run(stop)),
            asyncio.ensure_future(updates.run(stop)),
        ]
        try:
            yield Account(replace(made, tools=tools), centre, updates)
        finally:
            stop.set()
            tools.wake.set()
            await asyncio.gather(*working)


@pytest.mark.parametrize("ids", ["same", "decimal"])
async def test_a_notice_in_parts_arrives_when_all_did(world: World, ids: IdStyle) -> None:
    """Receipts of parts make one receipt of the notice, and each is acknowledged once it was written down."""
    async with account(world, CentreSettings(receipts=False, ids=ids)) as opened:
        delivery = await opened.told()
        parts = list(opened.centre.texts.parts)
        for part in parts[1:]:
            opened.centre.tell(part)
        await opened.centre.script.until(lambda: not opened.centre.waiting)
        early = (await opened.world.row(delivery))["delivered_at"]
        opened.centre.tell(parts[0])

        assert early is None
        assert "delivered" == await opened.noted(delivery)
        assert len(parts) == 7
        assert [LONG.strip()] == [text.text for text in opened.centre.texts.shown(NUMBER)]


async def test_a_notice_in_parts_fails_when_one_did(world: World) -> None:
    """One part that never arrives is a notice that did not."""
    async with account(world, CentreSettings(receipts=False)) as opened:
        delivery = await opened.told()
        for place, part in enumerate(opened.centre.texts.parts):
            opened.centre.tell(part, "UNDELIV" if place == 2 else "DELIVRD")

        assert "failed" == await opened.noted(delivery)


async def test_what_the_database_did_not_take_in_comes_again(world: World) -> None:
    """A session that is lost before a receipt was acknowledged loses no receipt."""
    async with account(world, CentreSettings(receipts=False)) as opened:
        delivery = await opened.told()
        opened.centre.end_sessions()
        for part in opened.centre.texts.parts:
            opened.centre.tell(part)

        assert "delivered" == await opened.noted(delivery)
        await opened.centre.script.until(lambda: not opened.centre.waiting)


async def test_a_notice_of_which_nothing_is_known_is_sent_again(world: World) -> None:
    """Where the answer was lost the notice is sent again, and accepted."""
    async with account(world, CentreSettings()) as opened:
        opened.centre.script.lay(Fault("stored_silent", nth=1))
        delivery = await opened.told()

        assert ("accepted", 1) == (
            await opened.world.state(delivery),
            (await opened.world.row(delivery))["unknowns"],
        )


async def test_stop_is_taken_in_and_acknowledged(world: World) -> None:
    """The word that ends messages makes the number one that is not written to."""
    async with account(world, CentreSettings()) as opened:
        await opened.world.person(NUMBER)
        await opened.centre.say(NUMBER, "СТОП")

        reason = await world.pool.fetchval("SELECT unreachable_reason FROM address WHERE channel = 'sms'")
        assert "stopped" == reason
