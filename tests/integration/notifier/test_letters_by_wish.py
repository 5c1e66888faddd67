"""What somebody in a chat has written to their own mailbox."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from runtime.keyring import KeyRing
from services.notifier.channels.telegram.channel import StartLinks
from services.notifier.conversation.intents import Intents
from services.notifier.domain.actions import Again
from services.notifier.domain.addresses.links import Links
from services.notifier.domain.incoming import Body, Incoming, Said, Tapped
from services.notifier.domain.messages import Message
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.recipients.last_answers import LIFE, LastAnswers
from services.notifier.recipients.rotation import rotate
from services.notifier.wording import prompts
from services.notifier.wording.keyboard import callback_data
from tests.integration.notifier.routes import person_of_both
from tests.integration.notifier.test_inbound import followed
from tests.integration.notifier.test_purge import purging
from tests.integration.notifier.world import LINKS, World, make_world
from tests.intents import ANSWERING, INTENTS, SAMPLE


@pytest.fixture
def letters(world: World) -> World:
    """E-mail beside the first messenger."""
    recipients = world.recipients.of_account("email")
    return make_world(world.pool, world.outbox, recipients, world.catalogue, world.voice)


async def says(world: World, said: str | Body, intents: Intents = INTENTS, links: Links = LINKS) -> None:
    update, at = str(uuid4().int % 2**62), datetime.now(UTC)
    body = Said(said) if isinstance(said, str) else said
    updates = world.updates(intents=intents, links=links)
    await updates.take_one(Incoming(update, "7", private=True, language=None, at=at, body=body))


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


async def test_the_last_answer_of_the_base_is_written_as_it_reads(world: World, letters: World) -> None:
    """What was asked in words comes as a letter in the reader's language, without the question under it."""
    await person_of_both(world, letters, "7")

    await says(world, "is a notarised power of attorney needed", ANSWERING)
    await says(world, "by e-mail, please", ANSWERING)

    asked, said = await answers(world, world.channel.name)
    (written,) = await answers(world, "email")
    text = "\n".join(SAMPLE.answers["proxy"].text["en"].split("\n"))
    assert (text, "en") == (written.shown, written.language)
    assert asked.shown.startswith(text)
    assert asked.shown != text
    assert said.shown.startswith("It is on its way")
    assert written.subject


async def test_the_last_answer_is_the_last_one(world: World, letters: World) -> None:
    """A menu or a setting is none: what is written is what was asked before, of the document it was about."""
    await person_of_both(world, letters, "7")
    one, other = followed(), followed()
    world.tracker.followed = (one, other)

    await says(world, "/status")
    await says(world, Tapped(callback_data.about("bring", other.subscription_id), None, ""))
    await says(world, "/settings")
    await says(world, "/mail")

    (written,) = await answers(world, "email")
    expected = [message for message in await answers(world, world.channel.name) if "bring" in message.shown]
    assert [written.shown] == [message.shown for message in expected]


async def test_an_older_stage_is_never_written_after_a_newer_one(world: World, letters: World) -> None:
    """Where a document is is asked for anew: it may have moved since the answer."""
    await person_of_both(world, letters, "7")
    document = followed()
    world.tracker.followed = (document,)
    await says(world, "/status")
    world.tracker.followed = (document.model_copy(update={"stage": "arrived", "revision": 4}),)

    await says(world, "/mail")

    (written,) = await answers(world, "email")
    assert world.catalogue.stages["arrived"].name["en"] in written.shown


async def test_after_its_days_the_last_answer_is_none(world: World, letters: World) -> None:
    """Then the letter says where the documents are, and the purge takes the row."""
    await person_of_both(world, letters, "7")
    world.tracker.followed = (followed(),)
    await says(world, "is a notarised power of attorney needed", ANSWERING)
    await world.pool.execute("UPDATE last_answer SET at = at - $1::interval", LIFE)

    await says(world, "/mail", ANSWERING)
    gone = await purging(world, 60).once()

    (written,) = await answers(world, "email")
    assert "…123" in written.shown
    assert (1, 0) == (gone, await world.pool.fetchval("SELECT count(*) FROM last_answer"))


async def test_what_was_answered_is_sealed_and_goes_with_its_owner(world: World, letters: World) -> None:
    """No table says what somebody asked; erased, nothing of it is left, and a guest leaves nothing at all."""
    await says(world, "is a notarised power of attorney needed", ANSWERING)
    assert 0 == await world.pool.fetchval("SELECT count(*) FROM last_answer")
    await person_of_both(world, letters, "7")
    await says(world, "is a notarised power of attorney needed", ANSWERING)

    kept = await world.pool.fetchval("SELECT string_agg(l::text, ' ') FROM last_answer l")
    await says(world, Tapped(callback_data.FORGET, None, ""))

    assert b"proxy".hex() not in kept
    assert 0 == await world.pool.fetchval("SELECT count(*) FROM last_answer")


async def test_the_last_answer_goes_under_a_new_key(world: World, letters: World) -> None:
    """It is sealed anew with the rest, and what opens it afterwards is the new key alone."""
    person = await person_of_both(world, letters, "7")
    await says(world, "is a notarised power of attorney needed", ANSWERING)
    new, old = ("k2", bytes([1]) * 32), ("k1", bytes(32))

    done = await rotate(world.pool, KeyRing([new, old], PURPOSE))

    found = await LastAnswers(KeyRing([new], PURPOSE)).of(world.pool, person)
    assert (0, {"k2"}) == (done.unreadable, set(done.left))
    assert Again(tap="an:proxy") == found


async def test_without_a_mailbox_one_is_told_how_to_add_one(world: World) -> None:
    """Nothing is written anywhere but the answer here, which has the button that adds one."""
    await world.person("7")
    world.tracker.followed = (followed(),)
    with_mail = Links(StartLinks("sample_bot"), {"email": StartLinks("sample_bot")})

    await says(world, "/mail", links=with_mail)

    (said,) = await answers(world, world.channel.name)
    assert "/mail" in said.shown
    assert callback_data.ADD_WAY == said.buttons[0][0].data
    assert [] == await answers(world, "email")


async def test_where_no_mail_is_sent_that_is_said(world: World) -> None:
    """Nobody is led to add what cannot be added."""
    await world.person("7")

    await says(world, "/mail")

    (said,) = await answers(world, world.channel.name)
    assert "We send no e-mail here." == said.shown


async def test_a_mailbox_that_is_shut_is_not_written_to(world: World, letters: World) -> None:
    """Its owner is told so, for they cannot add a second one."""
    await person_of_both(world, letters, "7")
    await world.pool.execute(
        "UPDATE address SET unreachable_since = clock_timestamp(), unreachable_reason = 'bounced' "
        "WHERE channel = 'email'"
    )

    await says(world, "/mail")

    (said,) = await answers(world, world.channel.name)
    assert said.shown.startswith("We cannot write to your mailbox now")
    assert [] == await answers(world, "email")


async def test_who_follows_nothing_is_told_what_comes_first(world: World) -> None:
    """A stranger has no mailbox with us."""
    await says(world, "/mail")

    (said,) = await answers(world, world.channel.name)
    assert prompts.no_mailbox(world.voice.speech("uk")) == said


async def test_nothing_is_written_where_the_tracker_is_away(world: World, letters: World) -> None:
    """What cannot be known is not written, and the chat says to try later."""
    await person_of_both(world, letters, "7")
    world.tracker.away = True

    await says(world, "/mail")

    assert [] == await answers(world, "email")
    assert 1 == len(await answers(world, world.channel.name))
