"""One conversation, whatever the messenger can: who cannot tap types numbers, what does not fit is cut."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.messages.ids import SubscriptionId
from contracts.messages.rpc import Followed, Redeemed
from runtime.database.lease import Lease
from services.notifier.channels.base import Capabilities
from services.notifier.channels.fitting import fitted
from services.notifier.conversation.intents import Intents
from services.notifier.delivery.upkeep.purge import ROLE, Purge
from services.notifier.domain.incoming import Body, Incoming, Said, Started, Tapped
from services.notifier.domain.messages import Message, utf16_length
from services.notifier.domain.preferences import Reader
from services.notifier.domain.results import Accepted, NotSent, Unknown
from services.notifier.wording.notices import render_notice
from tests.integration.notifier.fake_bench import PROFILES
from tests.integration.notifier.world import CLOCK, SECRET, World, notice, notices_by
from tests.intents import INTENTS
from tests.waiting import until

TALKING = {name: able for name, able in PROFILES.items() if able.converses}
NO_BUTTONS = PROFILES["no buttons"]
CHOICE = re.compile(r"^(\d+) - (.+)$", re.MULTILINE)
FOLLOWED = Followed(
    subscription_id=SubscriptionId(uuid4()),
    document_type="foreign_passport",
    masked="…123",
    revision=3,
    stage="arrived",
    office="kyiv-1",
    occurred_at=datetime.now(UTC),
    since=datetime.now(UTC),
)


class Chat:
    """One person with a messenger of some capabilities, who sees messages and chooses by their labels."""

    def __init__(
        self, world: World, able: Capabilities, address: str = "7", intents: Intents = INTENTS
    ) -> None:
        word = notices_by(lambda one, reader, _: render_notice(one, reader, world.voice))
        tools = replace(world.tools, render=word)
        self.world = replace(world, tools=tools)
        self.able = able
        self.intents = intents
        self.address = address
        self.update = 0
        world.channel.able = able

    async def does(self, body: Body) -> list[Message]:
        """Do one thing; return the messages that come of it."""
        self.update += 1
        before = len(self.world.channel.sent)
        at = datetime.now(UTC)
        did = Incoming(str(self.update), self.address, private=True, language="en", at=at, body=body)
        await self.world.updates(intents=self.intents).take([did])
        lease = await self.world.lease(str(uuid4()))
        async with self.world.sending(lease):
            await until(self._answered)
        await lease.release()
        return [message for _, message in self.world.channel.sent[before:]]

    async def _answered(self) -> bool:
        query = "SELECT NOT EXISTS (SELECT FROM delivery WHERE ended_at IS NULL)"
        return bool(await self.world.pool.fetchval(query))

    async def chooses(self, label: str, shown: Sequence[Message]) -> list[Message]:
        """Choose what is called so: by its button, else by its number."""
        buttons = [button for message in shown for row in message.buttons for button in row]
        tapped = [button.data for button in buttons if button.text == label]
        if tapped:
            return await self.does(Tapped(tapped[0], "55", "q"))
        choices = [found for message in shown for found in CHOICE.findall(message.shown)]
        numbers = [number for number, name in choices if name == label]
        assert 1 == len(numbers), "one choice is called so"
        return await self.does(Said(f" {numbers[0]}."))


def text(shown: Sequence[Message]) -> str:
    return " ".join(" ".join(message.shown for message in shown).split())


@pytest.fixture(params=TALKING)
def chat(request: pytest.FixtureRequest, world: World) -> Chat:
    world.tracker.redeemed = Redeemed(created=True, followed=FOLLOWED)
    world.tracker.followed = (FOLLOWED,)
    return Chat(world, TALKING[request.param])


async def test_the_whole_conversation(chat: Chat) -> None:
    """A link, yes, the stage, settings, quiet hours and stopping: all can be chosen and is understood."""
    asked = await chat.does(Started(SECRET))
    followed = await chat.chooses("Yes, write to me", asked)
    settings = await chat.does(Said("/settings"))
    quiet = await chat.chooses("Quiet hours", settings)
    set_ = await chat.chooses("22:00–07:00", quiet)
    ask = await chat.chooses("Stop messages", await chat.does(Said("/status")))
    stopped = await chat.chooses("Yes, stop", ask)

    assert "Shall we write to you" in text(asked)
    assert "You now follow this document" in text(followed)
    assert "Quiet hours: 22:00–07:00" in text(set_)
    assert "no longer write about" in text(stopped)
    assert 1 == len(chat.world.tracker.redeems)


async def test_nothing_goes_beyond_what_the_messenger_can(chat: Chat) -> None:
    """Each message that is sent keeps within its length, and uses nothing that is not there."""
    await chat.chooses("Yes, write to me", await chat.does(Started(SECRET)))
    for body in (Said("/status"), Said("/help"), Said("/privacy"), Tapped("set", "55", "q")):
        await chat.does(body)

    sent = [message for _, message in chat.world.channel.sent]
    able = chat.able
    assert max(utf16_length(one.shown) for one in sent) <= able.longest
    assert able.buttons or not [one for one in sent if one.buttons]
    assert able.edits or not [one for one in sent if one.replaces]


async def test_a_number_counts_for_what_was_shown_last(world: World) -> None:
    """After a notice a number is the notice's choice, and after an answer the answer's."""
    world.tracker.followed = (FOLLOWED,)
    chat = Chat(world, NO_BUTTONS)
    person = await world.person("7")
    settings = await chat.does(Said("/settings"))
    told = notice(person)
    await world.keep(told)
    lease = await world.lease("push")
    async with chat.world.sending(lease):
        await world.ended(told.notice_id)
    await lease.release()
    pushed = [world.channel.sent[-1][1]]

    ask = await chat.chooses("Stop messages", pushed)
    kept = await chat.chooses("No, keep writing", ask)
    beyond = await chat.does(Said("99"))

    assert "My settings" in text(settings)
    assert "Shall we stop writing about this document?" in text(ask)
    assert "Everything stays as it is" in text(kept)
    assert "did not understand" in text(beyond)


async def test_a_stranger_who_does_not_answer_is_forgotten(world: World) -> None:
    """What the numbers mean is kept for half an hour, and a stranger with it; then nothing is left."""
    chat = Chat(world, NO_BUTTONS)
    await chat.does(Started(SECRET))
    purge = Purge(world.pool, Lease(world.pool, CLOCK, ROLE, "one"), CLOCK, timedelta(days=40))
    await purge.once()
    kept = await world.count("recipient")
    sealed = await world.pool.fetchval("SELECT personal FROM recipient")

    await world.pool.execute("UPDATE recipient SET heard_at = heard_at - interval '31 minutes'")
    await purge.once()

    assert (1, 0) == (kept, await world.count("recipient"))
    assert 0 == await world.count("delivery")
    assert SECRET.encode() not in sealed


async def test_forgetting_leaves_nothing_to_choose(world: World) -> None:
    """After everything is erased nothing of a person is kept, not even what the numbers meant."""
    chat = Chat(world, NO_BUTTONS)
    await world.person("7")
    done = await chat.chooses("Yes, erase", await chat.does(Said("/forget")))

    assert "We have erased" in text(done)
    assert not CHOICE.findall(done[-1].shown)
    assert 0 == await world.count("recipient")


@pytest.mark.parametrize(
    "broken", [NotSent("no route"), Unknown("reset")], ids=lambda one: type(one).__name__
)
async def test_a_notice_in_parts_arrives_whole(world: World, broken: NotSent | Unknown) -> None:
    """Where a later part does not get through the whole is sent again, and counts as unknown."""
    chat = Chat(world, PROFILES["tiny"])
    told = notice(await world.person("7"))
    parts = len(fitted(render_notice(told, Reader("en"), world.voice), chat.able).messages)
    world.channel.scripts["7"] = [Accepted("1"), broken]
    await world.keep(told)

    async with chat.world.sending(await world.lease()):
        await world.ended(told.notice_id)

    sent = [message.shown for _, message in world.channel.sent]
    row = await world.row(told.notice_id)
    assert parts > 2
    assert 2 + parts == len(sent)
    assert sent[:2] == sent[2:4]
    assert ("accepted", 1) == (row["state"], row["unknowns"])
