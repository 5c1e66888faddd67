"""The list of papers in one's own mailbox, over a real server of mail."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.notifier.channels.telegram.channel import StartLinks
from services.notifier.domain.addresses.links import Links
from services.notifier.domain.incoming import Body, Incoming, Said, Tapped
from services.notifier.domain.messages import Message
from tests.integration.notifier.channel_bench import Bench, Shown
from tests.integration.notifier.email_bench import email_bench
from tests.integration.notifier.routes import person_of_both
from tests.integration.notifier.test_papers import WAY
from tests.integration.notifier.world import World, make_world

LINKS = Links(StartLinks("sample_bot"), {"email": StartLinks("sample_bot")})


@dataclass
class Reader:
    """Somebody in a chat, with a mailbox at a server of mail; what they choose they choose by its label."""

    chat: World
    letters: World
    mail: Bench
    address: str

    async def does(self, body: Body) -> Message:
        """Do one thing; return what the chat answers."""
        update, at = str(uuid4().int % 2**62), datetime.now(UTC)
        did = Incoming(update, self.address, private=True, language="en", at=at, body=body)
        await self.chat.updates(links=LINKS).take_one(did)
        row = await self.chat.pool.fetchrow(
            "SELECT id, payload FROM delivery WHERE kind = 'answer' AND channel = $1 "
            "ORDER BY seq DESC LIMIT 1",
            self.chat.channel.name,
        )
        assert row is not None
        return self.chat.recipients.answers.open(UUID(str(row["id"])), row["payload"])

    async def chooses(self, *labels: str, shown: Message) -> Message:
        """Tap one button after the other, each under the answer to the one before."""
        for label in labels:
            data = next(one.data for row in shown.buttons for one in row if one.text == label)
            shown = await self.does(Tapped(data, "55", "q"))
        return shown

    async def mailbox(self) -> list[Shown]:
        """Send what waits, here and as letters; return what is in the mailbox then."""
        waiting = [row["id"] for row in await self.chat.pool.fetch("SELECT id FROM delivery")]
        here, there = await self.chat.lease(), await self.letters.lease()
        async with self.chat.sending(here), self.letters.sending(there):
            await self.letters.ended(*waiting)
        await here.release()
        await there.release()
        return await self.mail.shown(self.address)


@pytest.fixture
async def reader(world: World) -> AsyncIterator[Reader]:
    async with email_bench() as mail:
        recipients = world.recipients.of_account("email")
        letters = make_world(world.pool, world.outbox, recipients, world.catalogue, world.voice)
        letters = replace(letters, tools=replace(letters.tools, channel=mail.channel))
        address = await mail.person()
        await person_of_both(world, letters, address)
        yield Reader(world, letters, mail, address)


async def test_the_list_comes_as_a_letter(reader: Reader) -> None:
    """By its button, and later by /mail: the list as the chat has it, with the tracker away."""
    reader.chat.tracker.away = True
    listed = await reader.chooses(*WAY, shown=await reader.does(Said("/papers")))

    said = await reader.chooses("Send it by e-mail", shown=listed)
    first = await reader.mailbox()
    again = await reader.does(Said("/mail"))
    both = await reader.mailbox()

    assert "The birth certificate" in listed.shown
    assert [True, True] == [one.shown.startswith("It is on its way to your mailbox") for one in (said, again)]
    assert [True] == [_words(listed.shown) in _words(one.text) for one in first]
    assert [True, True] == [_words(listed.shown) in _words(one.text) for one in both]


async def test_an_older_list_is_written_where_its_button_is_tapped(reader: Reader) -> None:
    """What a letter says is the list above the button, not the one that was asked for last."""
    older = await reader.chooses(*WAY, shown=await reader.does(Said("/papers")))
    await reader.chooses(*WAY[:-1], "Yes", shown=await reader.does(Said("/papers")))

    await reader.chooses("Send it by e-mail", shown=older)

    assert [True] == [_words(older.shown) in _words(one.text) for one in await reader.mailbox()]


async def test_who_has_no_mailbox_with_us_is_not_led_to_one(world: World) -> None:
    """A stranger, and everybody where no mail is sent, sees no button that could only refuse."""
    async with email_bench() as mail:
        stranger = Reader(world, world, mail, "7")
        listed = await stranger.chooses(*WAY, shown=await stranger.does(Said("/papers")))

    assert "Send it as a file" in [one.text for row in listed.buttons for one in row]
    assert "Send it by e-mail" not in [one.text for row in listed.buttons for one in row]


def _words(text: str) -> str:
    """A letter is broken into lines elsewhere, and has no bold letters."""
    return " ".join(text.split())
