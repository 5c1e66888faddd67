"""What goes out to an address that others may read: no more than its owner chose, and how to end it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from services.notifier.channels.base import Capabilities
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Detail, Reader
from services.notifier.recipients.unsubscribing import UnsubscribeLinks
from services.notifier.wording.letterbox import render_outside
from services.notifier.wording.notices import render_notice
from tests.integration.notifier.fake_bench import PROFILES
from tests.integration.notifier.world import World, make_world, notice, notices_by

EXPOSED = replace(PROFILES["only tells"], exposed=True)
ABLE: Mapping[str, Capabilities] = {"telegram": PROFILES["everything"], "email": EXPOSED}
HOME = "https://docs.agency.example/"


async def told(world: World, account: str, detail: Detail | None) -> tuple[Message, str]:
    """Have a notice sent to an address of an account; return it with the link that ends the address."""
    recipients = world.recipients.of_account(account)
    world = make_world(world.pool, world.outbox, recipients, world.catalogue, world.voice)
    world.channel.able = ABLE[account]
    links = UnsubscribeLinks(recipients._ring, "https://docs.agency.example")

    def render(one: Notice, reader: Reader, may_repeat: bool) -> Message:  # noqa: FBT001 - a Renderer
        if reader.detail is None:
            return render_notice(one, reader, world.voice, may_repeat=may_repeat)
        return render_outside(one, reader, world.voice, may_repeat=may_repeat, home=HOME)

    world = replace(world, tools=replace(world.tools, render=notices_by(render), unsubscribe=links.link))
    person = RecipientId(await world.person("7"))
    await world.pool.execute("UPDATE address SET detail = $1 WHERE recipient_id = $2", detail, person)
    first = notice(person)
    await world.keep(first)
    async with world.sending(await world.lease()):
        await world.ended(first.notice_id)
    return world.channel.sent[0][1], links.link(person)


@pytest.mark.parametrize(("chosen", "brief"), [(None, True), ("news", True), ("all", False)])
async def test_an_exposed_address_is_told_what_was_chosen(
    world: World, chosen: Detail | None, *, brief: bool
) -> None:
    """Before its owner said anything it is told news alone; everything only once they chose that."""
    message, link = await told(world, "email", chosen)

    assert brief == (message.shown == f"News of your document.\n\nOpen: {HOME}")
    assert brief == ("…123" not in message.shown)
    assert message.subject
    assert message.thread
    assert link == message.unsubscribe


async def test_a_chat_of_ones_own_is_told_all(world: World) -> None:
    """There a message has neither subject nor thread nor a link that ends it, whatever is stored."""
    message, _ = await told(world, "telegram", "news")

    assert "…123" in message.shown
    assert (None, None, None) == (message.subject, message.thread, message.unsubscribe)
