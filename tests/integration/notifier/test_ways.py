"""Several addresses of one person: shown, put in order, taken off, and asked for once."""

import asyncio

import pytest

from contracts.messages.rpc import Redeemed
from services.notifier.domain.incoming import Said, Tapped
from services.notifier.recipients import routes
from tests.integration.notifier.routes import person_of_both
from tests.integration.notifier.test_inbound import followed
from tests.integration.notifier.two_apps import OLENA, TwoApps, two_apps
from tests.integration.notifier.world import SECRET, World, notice


@pytest.fixture
def apps(world: World) -> TwoApps:
    """Telegram and Viber."""
    return two_apps(world)


def tap(data: str) -> Tapped:
    return Tapped(data, None, "q")


async def test_the_list_names_each_messenger(apps: TwoApps) -> None:
    """What one asks for in either messenger shows both, in order, and which of them one is in."""
    await person_of_both(apps.telegram, apps.viber, OLENA)

    (here,) = await apps.does(apps.telegram, OLENA, Said("/ways"))
    (there,) = await apps.does(apps.viber, OLENA, Said("I want notifications in Viber"))

    assert "1. Telegram, this chat\n2. Viber\n" in here
    assert "1. Telegram\n2. Viber, this chat\n" in there


async def test_a_stranger_is_told_how_to_begin(apps: TwoApps) -> None:
    """Who follows nothing has no addresses to show, to order, to take off or to add."""
    address = "0" * 32
    acts = (
        Said("/ways"),
        tap("w"),
        tap("wa"),
        tap(f"wf:{address}"),
        tap(f"wd:{address}"),
        tap(f"wx:{address}"),
    )

    answers = await apps.does(apps.telegram, "9", *acts)

    assert len(acts) == len(answers)
    assert all("You do not follow any document yet" in answer for answer in answers)


async def test_the_order_is_ones_own(apps: TwoApps) -> None:
    """The address that is put first comes first, and notices go there."""
    person = await person_of_both(apps.telegram, apps.viber, OLENA)
    second = (await routes.ways_of(apps.telegram.pool, person))[1]

    (answer,) = await apps.does(apps.telegram, OLENA, tap(f"wf:{second.address_id.hex}"))
    first = notice(person)
    await apps.telegram.keep(first)

    assert "1. Viber\n2. Telegram, this chat" in answer
    assert "viber" == (await apps.telegram.row(first.notice_id))["channel"]


async def test_somebody_elses_address_is_not_touched(apps: TwoApps) -> None:
    """A button with the id of another person's address changes nothing for either."""
    own = await person_of_both(apps.telegram, apps.viber, OLENA)
    other = await person_of_both(apps.telegram, apps.viber, "8")
    theirs = [way.address_id.hex for way in await routes.ways_of(apps.telegram.pool, other)]

    await apps.does(apps.telegram, OLENA, tap(f"wx:{theirs[0]}"), tap(f"wf:{theirs[1]}"))

    assert [["telegram", "viber"]] * 2 == [await apps.ways(own), await apps.ways(other)]


async def test_an_address_is_taken_off_after_a_question(apps: TwoApps) -> None:
    """Nothing changes before the yes; then what waits there goes to the other, where they are told so."""
    person = await person_of_both(apps.telegram, apps.viber, OLENA)
    first = (await routes.ways_of(apps.telegram.pool, person))[0]
    waits = notice(person)
    await apps.telegram.keep(waits)

    (asked,) = await apps.does(apps.telegram, OLENA, tap(f"wd:{first.address_id.hex}"))
    before = await apps.ways(person)
    (done,) = await apps.does(apps.telegram, OLENA, tap(f"wx:{first.address_id.hex}"))

    assert "Shall we stop writing to you here" in asked
    assert ["telegram", "viber"] == before
    assert "We will not write to this chat any more.\nWe now write to you here: Viber" in done
    assert ["viber"] == await apps.ways(person)
    assert "viber" == (await apps.telegram.row(waits.notice_id))["channel"]


async def test_who_comes_back_to_a_chat_that_was_taken_off_is_new(apps: TwoApps) -> None:
    """The chat that a person had first belongs to nobody then, and what it does is not that person's."""
    person = await person_of_both(apps.telegram, apps.viber, OLENA)
    await apps.does(apps.telegram, OLENA, tap(f"wx:{person.hex}"), Said("/help"))

    apps.telegram.tracker.redeemed = Redeemed(created=True, followed=followed())
    await apps.does(apps.telegram, OLENA, tap(f"y:{SECRET}:en"))

    new = await apps.who(apps.telegram, OLENA)
    assert new not in {None, person}
    assert ["viber"] == await apps.ways(person)


async def test_the_last_address_stays(apps: TwoApps) -> None:
    """The only one that can be written to is not taken off; /stop and /forget are named in its place."""
    person = await person_of_both(apps.telegram, apps.viber, OLENA)
    first, second = await routes.ways_of(apps.telegram.pool, person)
    await apps.telegram.pool.execute(
        "UPDATE address SET unreachable_since = now(), unreachable_reason = 'blocked' WHERE id = $1",
        second.address_id,
    )

    answers = await apps.does(
        apps.telegram, OLENA, tap(f"wd:{first.address_id.hex}"), tap(f"wx:{first.address_id.hex}")
    )
    (gone,) = await apps.does(apps.telegram, OLENA, tap(f"wx:{second.address_id.hex}"))

    assert all("/stop" in answer and "/forget" in answer for answer in answers)
    assert "We will not write to you there any more: Viber" in gone
    assert ["telegram"] == await apps.ways(person)


async def test_of_two_at_once_one_stays(apps: TwoApps) -> None:
    """Both addresses taken off in the same moment, each from the other: one of them is the last."""
    person = await person_of_both(apps.telegram, apps.viber, OLENA)
    first, second = await routes.ways_of(apps.telegram.pool, person)

    await asyncio.gather(
        apps.does(apps.telegram, OLENA, tap(f"wx:{second.address_id.hex}")),
        apps.does(apps.viber, OLENA, tap(f"wx:{first.address_id.hex}")),
    )

    assert 1 == len(await apps.ways(person))


async def test_who_follows_by_one_messenger_is_asked_once(apps: TwoApps) -> None:
    """After the first document there is one question for a second address, and never another."""
    apps.telegram.tracker.redeemed = Redeemed(created=True, followed=followed())

    first = await apps.does(apps.telegram, OLENA, tap(f"y:{SECRET}:en"))
    again = await apps.does(apps.telegram, OLENA, tap(f"y:{SECRET}:en"))

    assert ["second way" in answer for answer in first] == [False, False, True]
    assert [] == [answer for answer in again if "second way" in answer]


async def test_who_has_two_or_is_refused_is_not_asked(apps: TwoApps) -> None:
    """Nobody is asked who has a second address already, or follows nothing."""
    await person_of_both(apps.telegram, apps.viber, OLENA)
    refused = await apps.does(apps.telegram, "8", tap(f"y:{SECRET}:en"))
    apps.telegram.tracker.redeemed = Redeemed(created=True, followed=followed())

    answers = await apps.does(apps.telegram, OLENA, tap(f"y:{SECRET}:en"))

    assert [] == [answer for answer in (*refused, *answers) if "second way" in answer]


async def test_the_export_shows_every_address(apps: TwoApps) -> None:
    """The file names each messenger with the address there."""
    await person_of_both(apps.telegram, apps.viber, OLENA)

    await apps.does(apps.telegram, OLENA, Said("/export"))
    (answer,) = await apps.answers(apps.telegram)

    assert answer.attachment is not None
    lines = answer.attachment.content.splitlines()
    assert [2, 1, 1] == [
        lines.count(line)
        for line in (f"Address there: {OLENA}", "1. Messenger: Telegram", "2. Messenger: Viber")
    ]


async def test_forgetting_erases_every_address(apps: TwoApps) -> None:
    """Asked for in one messenger it leaves nothing in the other, and what waits there ends."""
    person = await person_of_both(apps.telegram, apps.viber, OLENA)
    first, second = notice(person), notice(person)
    await apps.telegram.keep(first, second)
    way = (await routes.ways_of(apps.telegram.pool, person))[1]
    await apps.telegram.pool.execute(
        "UPDATE delivery SET channel = 'viber', address_id = $2 WHERE id = $1",
        second.notice_id,
        way.address_id,
    )

    await apps.does(apps.viber, OLENA, tap("f"))

    assert [None, None] == [await apps.who(one, OLENA) for one in (apps.telegram, apps.viber)]
    assert 0 == await apps.telegram.pool.fetchval("SELECT count(*) FROM address WHERE channel = 'telegram'")
    assert {"withdrawn"} == {await apps.telegram.state(one.notice_id) for one in (first, second)}
