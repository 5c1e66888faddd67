"""What goes on by itself with conversations: waits, promises, silence, what is counted and removed."""

from datetime import timedelta
from uuid import uuid4

from contracts.messages.desk.talk import Closed, Queued
from tests.integration.desk.people import Desk, held, ids, opened


async def test_waits_are_told_once_and_when_they_change_much(desk: Desk) -> None:
    """A citizen is told their place and wait; again only once the told range has passed by far."""
    first = await desk.open()
    desk.clock.go(timedelta(seconds=1))
    second = await desk.open()
    told = [(await desk.replies(one.conversation_id))[0] for one in (first, second)]
    assert [1, 2] == [one.place for one in told if isinstance(one, Queued)]
    assert 0 == await desk.people.telling.again()
    desk.clock.go(timedelta(minutes=29))
    assert 0 == await desk.people.telling.again()
    desk.clock.go(timedelta(minutes=31))

    assert 2 == await desk.people.telling.again()
    assert 0 == await desk.people.telling.again()
    again = (await desk.replies(second.conversation_id))[-1]
    assert isinstance(again, Queued)
    assert (2, 2) == (again.number, again.place)


async def test_at_night_it_is_told_when_the_desk_opens(desk: Desk) -> None:
    """Out of hours the citizen is told when the desk opens, and is promised an answer from then on."""
    desk.clock.go(timedelta(hours=12))
    talks = await desk.open()
    (told,) = await desk.replies(talks.conversation_id)
    assert isinstance(told, Queued)
    opens = desk.ground.terms.hours.opens(desk.clock.now())

    assert opens == told.opens_at
    assert opens is not None
    assert opens + timedelta(hours=24) == told.by


async def test_silence_ends_an_answered_conversation(desk: Desk) -> None:
    """An answered conversation in which nobody says anything is ended after the hours of the catalogue."""
    olena = await desk.staff()
    talks = await held(desk, olena)
    await desk.conversations.answer(olena, talks.conversation_id, "so", uuid4())
    await desk.conversations.give_back(olena, talks.conversation_id)
    await desk.pool.execute("UPDATE conversation SET answered_at = $1", desk.clock.now())
    desk.clock.go(timedelta(hours=23))
    await desk.people.keeping.once()
    assert "answered" == (await opened(desk, olena, talks)).standing
    desk.clock.go(timedelta(hours=2))
    await desk.people.keeping.once()
    last = (await desk.replies(talks.conversation_id))[-1]

    assert isinstance(last, Closed)
    assert ("silent", True) == (last.why, last.rate)


async def test_a_promise_at_risk_goes_first(desk: Desk) -> None:
    """A usual conversation whose promise is at risk stands before the usual ones that are older."""
    talks = await desk.open()
    desk.clock.go(timedelta(hours=23))
    await desk.people.keeping.once()
    (waits,) = await desk.conversations.waiting(await desk.staff(), 10)

    assert waits.urgent
    wall = await desk.conversations.wall()
    assert (1, 1, 0, 0) == (wall.waiting, wall.at_risk, wall.broken, wall.held)
    assert talks.at == wall.oldest
    olena = await desk.staff()
    await desk.conversations.take(olena, talks.conversation_id)
    await desk.conversations.answer(olena, talks.conversation_id, "so", uuid4())
    talks.at = desk.clock.now()
    await desk.take(talks.said("and?"))
    await desk.conversations.give_back(olena, talks.conversation_id)
    (waits,) = await desk.conversations.waiting(olena, 10)
    assert not waits.urgent
    desk.clock.go(timedelta(hours=25))
    assert (0, 1) == ((await desk.conversations.wall()).at_risk, (await desk.conversations.wall()).broken)


async def test_what_is_old_is_removed(desk: Desk) -> None:
    """A conversation is kept for the days of the catalogue after its end, with its texts, and no longer."""
    olena = await desk.staff()
    talks, open_ = await held(desk, olena), await desk.open()
    await desk.conversations.answer(olena, talks.conversation_id, "so", uuid4())
    await desk.conversations.close(olena, talks.conversation_id)
    await desk.pool.execute(
        "UPDATE conversation SET closed_at = $1 WHERE closed_at IS NOT NULL", desk.clock.now()
    )
    desk.clock.go(timedelta(days=29))
    await desk.people.keeping.purge()
    assert await desk.conversations.read(olena, talks.conversation_id) is not None
    desk.clock.go(timedelta(days=2))
    await desk.people.keeping.purge()

    assert await desk.conversations.read(olena, talks.conversation_id) is None
    assert await desk.conversations.read(olena, open_.conversation_id) is not None
    assert 1 == await desk.pool.fetchval("SELECT count(*) FROM utterance")


async def test_shares_are_those_of_no_single_person(desk: Desk) -> None:
    """Content is told by topic, language and group; a judgement counts once, small groups are left out."""
    few = await desk.staff("Olena", offices={"kyiv"})
    many = [await desk.staff(name) for name in ("Petro", "Iryna", "Ivan")]
    for viewer in (few, *many):
        await desk.conversations.present(viewer)
    for index in range(10):
        viewer = few if index < 5 else many[0]
        talks = await desk.open(document="id_card")
        await desk.conversations.take(viewer, talks.conversation_id)
        await desk.conversations.answer(viewer, talks.conversation_id, "so", uuid4())
        await desk.conversations.close(viewer, talks.conversation_id)
        await desk.take(talks.rated(content=index != 9), talks.rated(content=False, word="slow"))
    shares = (await desk.conversations.wall()).shares

    assert shares.together is not None
    assert (10, 0.9) == (shares.together.rated, shares.together.share)
    assert {"id_card": 10} == {topic: one.rated for topic, one in shares.topics.items()}
    assert {"": 0.8} == {group: one.share for group, one in shares.groups.items()}


async def test_whoever_leaves_lets_go(desk: Desk) -> None:
    """Whoever goes is not counted as there, and what they hold waits at once."""
    olena = await desk.staff()
    await desk.conversations.present(olena)
    talks = await held(desk, olena)
    assert [("Olena", 1)] == [(one.name, one.held) for one in (await desk.conversations.wall()).present]
    await desk.conversations.left(olena)

    assert [] == (await desk.conversations.wall()).present
    assert [talks.conversation_id] == ids(await desk.conversations.waiting(olena, 10))
