"""What people choose for themselves, kept: sealed, asked for once, gone when they go."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from contracts.messages.ids import SubscriptionId
from contracts.messages.rpc import Followed
from runtime.keyring import KeyRing
from services.notifier.domain.incoming import Body, Photo, Said, Tapped
from services.notifier.inbound.flood_limit import FloodLimit
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.recipients.rotation import rotate
from tests.integration.notifier.test_inbound import answered, did, waiting_answers
from tests.integration.notifier.world import SECRET, World, notice
from tests.unit.notifier.test_photo import picture

OLD, NEW = ("k1", bytes(32)), ("k2", bytes([1]) * 32)


def followed(office: str | None = None) -> Followed:
    now = datetime.now(UTC)
    return Followed(
        subscription_id=SubscriptionId(uuid4()),
        document_type="foreign_passport",
        masked="…123",
        revision=3,
        stage="printing",
        office=office,
        occurred_at=now,
        since=now,
    )


async def do(world: World, *bodies: Body, start: int = 1) -> None:
    await world.updates().take([did(start + number, body) for number, body in enumerate(bodies)])


def tapped(data: str) -> Tapped:
    return Tapped(data, "55", "q")


async def test_a_code_phrase_is_typed_sealed_and_said(world: World) -> None:
    """The words that follow the question become the phrase, unreadable in the database, in every answer."""
    await world.person("7")

    await do(world, tapped("pt"), Said("blue door"), Said("/help"))

    box = await world.pool.fetchval("SELECT personal FROM recipient")
    texts = await answered(world)
    assert b"blue door" not in box
    assert [False, True, True] == ["blue door" in text for text in texts]


async def test_what_was_asked_for_is_forgotten_by_anything_else(world: World) -> None:
    """After a command in between, or half an hour, a text is a text again and no phrase."""
    await world.person("7")
    await do(world, tapped("pt"), Said("/status"), Said("blue door"), tapped("pt"))
    await world.pool.execute("UPDATE dialogue SET expires_at = clock_timestamp()")

    await do(world, Said("green door"), start=10)

    assert await world.pool.fetchval("SELECT personal IS NULL FROM recipient")


async def test_a_replay_of_the_words_changes_nothing(world: World) -> None:
    """The same update twice, also with another choice in between, stores what came last."""
    await world.person("7")
    await do(world, tapped("pt"), Said("first"), tapped("pt"), Said("second"))

    await do(world, Said("first"), start=2)

    found = await world.recipients.find(world.pool, "7")
    assert found is not None
    assert "second" == found.personal.phrase


async def test_choices_are_kept_and_obeyed(world: World) -> None:
    """Quiet hours, zone and names come back as they were chosen, and name and zone go with the notices."""
    person = await world.person("7")
    told = notice(person)

    await do(
        world,
        tapped("q:2230-0715"),
        tapped("z:Europe/Warsaw"),
        tapped(f"nm:{told.subscription_id.hex}"),
        Said("Mum's passport"),
    )
    found = await world.recipients.find(world.pool, "7")

    assert found is not None
    assert found.quiet is not None
    assert ("22:30", "07:15") == (f"{found.quiet.start:%H:%M}", f"{found.quiet.end:%H:%M}")
    assert ("Europe/Warsaw", None) == (found.zone, found.awaits)
    assert {told.subscription_id: "Mum's passport"} == found.personal.names


async def test_a_stopped_document_takes_its_name_along(world: World) -> None:
    """When a document is followed no more, its private name is erased, and the others stay."""
    await world.person("7")
    one, two = followed(), followed()
    world.tracker.followed = (one, two)
    for number, (each, name) in enumerate(((one, "Mum"), (two, "Dad"))):
        await do(world, tapped(f"nm:{each.subscription_id.hex}"), Said(name), start=1 + 2 * number)

    await do(world, tapped(f"x:{one.subscription_id.hex}"), start=9)

    found = await world.recipients.find(world.pool, "7")
    assert found is not None
    assert {two.subscription_id: "Dad"} == found.personal.names


async def test_being_forgotten_erases_choices_too(world: World) -> None:
    """Nothing chosen or asked is left of somebody who wants to be forgotten, and their answer is unsigned."""
    await world.person("7")
    await do(world, tapped("pt"), Said("blue door"), tapped("zt"), tapped("f"))

    texts = await answered(world)

    assert 0 == await world.count("recipient")
    assert 0 == await world.pool.fetchval("SELECT count(*) FROM dialogue")
    assert "blue door" not in texts[-1]


async def test_private_choices_go_to_the_new_key(world: World) -> None:
    """After a rotation the new key alone opens them, and none is left under the old one."""
    await world.person("7")
    await do(world, tapped("pt"), Said("blue door"))
    both = KeyRing([NEW, OLD], PURPOSE)

    await answered(world)

    done = await rotate(world.pool, both)

    found = await Recipients("telegram", KeyRing([NEW], PURPOSE)).find(world.pool, "7")
    assert found is not None
    assert "blue door" == found.personal.phrase
    assert {"k2": 2} == done.left


async def test_choices_that_do_not_open_stop_no_message(world: World) -> None:
    """With the key of the choices lost, notices and answers go on without them."""
    person = await world.person("7")
    await do(world, tapped("pt"), Said("blue door"))
    await world.pool.execute("UPDATE recipient SET personal = '\\x00'::bytea")
    told = notice(person)
    await world.keep(told)

    texts = await answered(world)

    assert "accepted" == await world.state(told.notice_id)
    assert "blue door" not in texts[-1]


@pytest.mark.parametrize(
    "impossible",
    [
        "INSERT INTO dialogue SELECT id, 'name', NULL, now() FROM recipient",
        "INSERT INTO dialogue SELECT id, 'phrase', gen_random_uuid(), now() FROM recipient",
        "INSERT INTO dialogue SELECT id, 'password', NULL, now() FROM recipient",
        "UPDATE recipient SET personal = 'x'",
    ],
)
async def test_impossible_choices_cannot_be_stored(world: World, impossible: str) -> None:
    """The database itself refuses a question without its document and choices without their key."""
    await world.person("7")

    with pytest.raises(asyncpg.CheckViolationError):
        await world.pool.execute(impossible)


async def test_a_photo_of_a_receipt_asks_whether_to_follow(world: World) -> None:
    """The code in a picture leads to the question; one that is gone or shows nothing gets a kind answer."""
    world.channel.pictures["good"] = picture(angle=5)

    await do(world, Photo("good"), Photo("gone"))
    while await world.pictures.once():
        pass
    texts = await answered(world)

    assert ["Shall we write to you" in text for text in texts] == [True, False]
    assert "square code" in texts[1]


async def test_a_thousand_messages_get_one_honest_answer(world: World) -> None:
    """Somebody who writes by the thousand is served a few, told once, and nobody else waits for it."""
    flood = [did(number, Said("/help"), "7") for number in range(1, 1001)]

    updates = replace(world.updates(), flood_limit=FloodLimit(a_second=0.001))

    await asyncio.wait_for(updates.take([*flood, did(1001, Said("/help"), "8")]), 20)

    per_person = await world.pool.fetch(
        "SELECT count(*) AS n FROM delivery WHERE kind = 'answer' GROUP BY recipient_id ORDER BY n"
    )
    apologies = sum("stopped reading" in one.shown for one in await waiting_answers(world))
    assert ([1, 21], 1) == ([row["n"] for row in per_person], apologies)
    assert 1001 == await world.pool.fetchval("SELECT update_id FROM channel_offset")


async def test_two_taps_on_sharing_give_one_link(world: World) -> None:
    """A second tap on the same button sends the same link again and opens no second one."""
    await world.person("7")
    world.tracker.followed = (followed(),)
    button = tapped(f"sh:{world.tracker.followed[0].subscription_id.hex}")

    await do(world, button, button)
    texts = await answered(world)

    links = [text for text in texts if "start=" in text]
    assert (2, 1) == (len(links), len(set(links)))


async def test_the_export_says_what_is_stored_here(world: World) -> None:
    """The file holds the chat, the choices and since when; sent as a message of its own."""
    await world.person("7")

    await do(world, tapped("z:Europe/Warsaw"), Said("/export"))
    await answered(world)

    file = world.channel.sent[-1][1].attachment
    assert file is not None
    assert all(word in file.content for word in ("Address there: 7", "Warsaw", "You agreed on"))


async def test_old_buttons_go_on_working(world: World) -> None:
    """Buttons carry all they need: nothing of the conversation is kept for them anywhere."""
    await world.person("7")
    world.tracker.followed = (followed("kyiv-1"),)
    await world.pool.execute("UPDATE recipient SET heard_at = $1", datetime.now(UTC) - timedelta(days=200))

    await do(world, tapped(f"o:{world.tracker.followed[0].subscription_id.hex}"), tapped(f"y:{SECRET}:uk"))
    texts = await answered(world)

    assert "Today" in texts[0]
    assert 2 == len(texts)
