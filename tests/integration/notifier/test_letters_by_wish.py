"""What somebody in a chat has written to their own mailbox."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.notifier.domain.incoming import Incoming, Said
from services.notifier.domain.messages import Message
from tests.integration.notifier.routes import person_of_both
from tests.integration.notifier.test_inbound import followed
from tests.integration.notifier.world import World, make_world


@pytest.fixture
def letters(world: World) -> World:
    """E-mail beside the first messenger."""
    recipients = world.recipients.of_account("email")
    return make_world(world.pool, world.outbox, recipients, world.catalogue, world.voice)


async def says(world: World, text: str) -> None:
    update, at = str(uuid4().int % 2**62), datetime.now(UTC)
    await world.updates().take_one(Incoming(update, "7", private=True, language=None, at=at, body=Said(text)))


async def answers(world: World, account: str) -> list[Message]:
    """What waits for somebody at an account, opened."""
    rows = await world.pool.fetch(
        "SELECT id, payload FROM delivery WHERE kind = 'answer' AND channel = $1 ORDER BY seq", account
    )
    return [world.recipients.answers.open(UUID(str(row["id"])), row["payload"]) for row in rows]


async def test_mail_writes_each_document_to_ones_own_mailbox(world: World, letters: World) -> None:
    """Each letter says where a document is, with subject and thread; the chat says that it is on its way."""
    await person_of_both(world, letters, "7")
    world.tracker.followed = (followed(), followed())

    await says(world, "/mail")

    written, said = await answers(world, "email"), await answers(world, world.channel.name)
    assert ["It is on its way to your mailbox"] == [one.shown.partition(".")[0] for one in said]
    assert 2 == len(written) == len({one.thread for one in written})
    assert all("…123" in one.shown and one.subject and one.language == "en" for one in written)
    assert not [button for one in written for row in one.buttons for button in row if button.url is None]


async def test_without_a_mailbox_one_is_told_how_to_add_one(world: World) -> None:
    """Nothing is written anywhere but the answer here; the tracker away is said so."""
    await world.person("7")
    world.tracker.followed = (followed(),)

    await says(world, "/mail")

    (said,) = await answers(world, world.channel.name)
    assert "/ways" in said.shown
    assert [] == await answers(world, "email")


async def test_nothing_is_written_where_the_tracker_is_away(world: World, letters: World) -> None:
    """What cannot be known is not written, and the chat says to try later."""
    await person_of_both(world, letters, "7")
    world.tracker.away = True

    await says(world, "/mail")

    assert [] == await answers(world, "email")
    assert 1 == len(await answers(world, world.channel.name))
