"""Conversations between citizens and staff, in a real database."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.desk.talk import Closed, PassedOn
from services.desk.conversations.views import (
    Already,
    Answered,
    Done,
    Held,
    Lost,
    Taken,
    Unseen,
)
from tests.integration.desk.conftest import samples
from tests.integration.desk.people import Desk, Talks, held, ids, opened


async def test_a_question_is_answered_and_judged(desk: Desk) -> None:
    """What a citizen asks is read, answered and judged; each side reads what the other one said."""
    olena = await desk.staff()
    talks = await desk.open("where is my passport?", document="foreign_passport")
    taken = await desk.conversations.take(olena, None)
    assert isinstance(taken, Held)
    answered = await desk.conversations.answer(olena, talks.conversation_id, "at the office", uuid4())
    assert isinstance(answered, Answered)
    await desk.take(talks.reached(answered.reply_id))
    await desk.conversations.close(olena, talks.conversation_id)
    await desk.take(talks.rated(content=True, word="thanks"))

    read = await opened(desk, olena, talks)
    said = [(one.by, one.text, one.end) for one in read.utterances]
    told = await desk.replies(talks.conversation_id)

    assert [
        ("citizen", "where is my passport?", None),
        ("staff", "at the office", DeliveryEnd.ACCEPTED),
    ] == said
    assert ["queued", "answered", "closed"] == [one.kind for one in told]
    assert [1, 2, 3] == [one.number for one in told]
    assert ["at the office"] == await desk.answers(talks.conversation_id)
    assert "closed" == read.standing
    assert (True, "thanks") == (read.rating and (read.rating.content, read.rating.word))


async def test_a_message_is_taken_in_once(desk: Desk) -> None:
    """However often a message comes, in one batch or in many, it is taken in once."""
    talks = desk.talks()
    first, second = talks.opened("one"), talks.said("two")
    await desk.take(first, first, second)
    again = await desk.take(second, first)

    assert {} == again.talks
    assert ["one", "two"] == [one.text for one in (await opened(desk, await desk.staff(), talks)).utterances]
    assert 1 == len(await desk.replies())


async def test_order_is_that_of_the_numbers(desk: Desk) -> None:
    """Messages that come in another order than they were said in are read in theirs, and none is hidden."""
    olena, talks = await desk.staff(), desk.talks()
    first, second, third = talks.opened("1"), talks.said("2"), talks.said("3")
    await desk.take(third)
    assert await desk.conversations.read(olena, talks.conversation_id) is None
    assert [] == await desk.conversations.waiting(olena, 10)
    await desk.take(second)
    await desk.take(first)

    assert ["1", "2", "3"] == [one.text for one in (await opened(desk, olena, talks)).utterances]
    assert [talks.conversation_id] == ids(await desk.conversations.waiting(olena, 10))


async def test_the_queue_goes_by_priority_then_age_and_skills_come_first(desk: Desk) -> None:
    """Urgent documents go first, then the oldest; what the viewer cannot answer stands behind all of it."""
    old = await desk.open()
    desk.clock.go(timedelta(minutes=1))
    actionable = await desk.open(actionable=True)
    overdue = await desk.open(overdue=True)
    foreign = await desk.open(language="en", actionable=True)
    other = await desk.open(document="id_card")
    viewer = await desk.staff(languages={"uk"}, topics={"foreign_passport"})
    found = await desk.conversations.waiting(viewer, 10)
    urgent = sorted((actionable, overdue), key=lambda one: one.conversation_id)
    expected = [one.conversation_id for one in (*urgent, old, foreign, other)]

    assert expected == ids(found)
    assert [True, True, True, False, False] == [one.fits for one in found]
    page: list[UUID] = []
    after = None
    while chunk := await desk.conversations.waiting(viewer, 2, after):
        page += ids(chunk)
        after = chunk[-1].cursor
    assert expected == page
    first = await desk.conversations.take(viewer, None)
    assert isinstance(first, Held)
    assert expected[0] == first.about.conversation_id


async def test_somebody_else_learns_who_holds_it(desk: Desk) -> None:
    """One conversation is held by one; nobody takes the first that fits where nothing fits."""
    olena, petro = await desk.staff("Olena"), await desk.staff("Petro", languages={"en"})
    talks = await held(desk, olena)

    assert Taken("Olena") == await desk.conversations.take(petro, talks.conversation_id)
    assert [] == await desk.conversations.waiting(petro, 10)
    await desk.open()
    assert await desk.conversations.take(petro, None) is None
    assert Taken(None) == await desk.conversations.take(petro, uuid4())


async def test_a_lease_without_a_sign_goes_back(desk: Desk) -> None:
    """A lease goes on with each sign; once it has run out the conversation waits where it stood."""
    olena, petro = await desk.staff("Olena"), await desk.staff("Petro")
    talks = await held(desk, olena)
    later = await desk.open()
    assert await desk.conversations.sign(olena, talks.conversation_id)
    assert not await desk.conversations.sign(petro, talks.conversation_id)
    await desk.lapse(talks.conversation_id)

    assert not await desk.conversations.sign(olena, talks.conversation_id)
    assert [] == await desk.conversations.mine(olena)
    assert {talks.conversation_id, later.conversation_id} == set(
        ids(await desk.conversations.waiting(petro, 10))
    )
    await desk.people.keeping.once()
    by_id = {one.about.conversation_id: one for one in await desk.conversations.waiting(petro, 10)}
    assert 1 == by_id[talks.conversation_id].returned
    assert {(): 1.0} == samples(desk.metrics.registry, "docwatch_desk_leases_lapsed_total")


async def test_who_does_not_hold_it_does_not_answer(desk: Desk) -> None:
    """An answer of anybody but the holder, after the lease or the end, is refused and sends nothing."""
    olena, petro = await desk.staff("Olena"), await desk.staff("Petro")
    talks = await held(desk, olena)
    id_ = talks.conversation_id
    assert Lost("Olena") == await desk.conversations.answer(petro, id_, "no", uuid4())
    assert Lost("Olena") == await desk.conversations.close(petro, id_)
    assert Lost("Olena") == await desk.conversations.give_back(petro, id_)
    assert Lost("Olena") == await desk.conversations.pass_on(petro, id_, "queue", "", uuid4())
    await desk.lapse(id_)
    assert Lost(None) == await desk.conversations.answer(olena, id_, "late", uuid4())
    await desk.conversations.take(petro, id_)
    await desk.conversations.answer(petro, id_, "yes", uuid4())
    await desk.conversations.close(petro, id_)
    assert Lost(None, closed=True) == await desk.conversations.answer(olena, id_, "later", uuid4())
    assert Lost(None, closed=True) == await desk.conversations.answer(olena, uuid4(), "where", uuid4())

    assert ["yes"] == await desk.answers(id_)


async def test_a_draft_is_sent_once(desk: Desk) -> None:
    """The same draft twice is one answer, even once the conversation is over; another draft is another."""
    olena = await desk.staff()
    talks, draft = await held(desk, olena), uuid4()
    first = await desk.conversations.answer(olena, talks.conversation_id, "once", draft)
    again = await desk.conversations.answer(olena, talks.conversation_id, "once", draft)
    await desk.conversations.answer(olena, talks.conversation_id, "twice", uuid4())
    await desk.conversations.close(olena, talks.conversation_id)
    after = await desk.conversations.answer(olena, talks.conversation_id, "once", draft)

    assert isinstance(first, Answered)
    assert Already(first.reply_id, first.number, first.at) == again == after
    assert ["once", "twice"] == await desk.answers(talks.conversation_id)


async def test_a_draft_is_its_writers_in_its_conversation(desk: Desk) -> None:
    """The id of a draft that another conversation or another of the staff has is that of another answer."""
    olena, petro, draft = await desk.staff("Olena"), await desk.staff("Petro"), uuid4()
    talks, other = await held(desk, olena), await held(desk, olena)
    for one in (talks, other):
        told = await desk.conversations.answer(olena, one.conversation_id, "Olena's", draft)
        assert isinstance(told, Answered)
    await desk.conversations.give_back(olena, talks.conversation_id)
    await desk.conversations.take(petro, talks.conversation_id)
    told = await desk.conversations.answer(petro, talks.conversation_id, "Petro's", draft)

    assert isinstance(told, Answered)
    assert ["Olena's", "Petro's"] == await desk.answers(talks.conversation_id)


async def test_what_was_not_seen_still_waits(desk: Desk) -> None:
    """What a citizen says while an answer is written waits on, and no conversation is ended over it."""
    olena = await desk.staff()
    talks = await held(desk, olena)
    seen = (await opened(desk, olena, talks)).said
    desk.clock.go(timedelta(minutes=1))
    talks.at = desk.clock.now()
    await desk.take(talks.said("one thing more"))
    await desk.conversations.answer(olena, talks.conversation_id, "so", uuid4(), seen)
    (mine,) = await desk.conversations.mine(olena)

    assert talks.at == mine.since
    assert Unseen(2) == await desk.conversations.close(olena, talks.conversation_id, seen)
    assert Unseen(2) == await desk.conversations.close(olena, talks.conversation_id)
    assert Done() == await desk.conversations.close(olena, talks.conversation_id, 2)


async def test_what_crosses_an_end_opens_it_again(desk: Desk) -> None:
    """What a citizen says while a conversation is ended is not lost: it waits again, and they are told so."""
    olena = await desk.staff()
    talks = await held(desk, olena)
    await desk.conversations.answer(olena, talks.conversation_id, "so", uuid4())
    await desk.conversations.close(olena, talks.conversation_id)
    await desk.take(talks.said("but"))

    assert [talks.conversation_id] == ids(await desk.conversations.waiting(olena, 10))
    assert ["queued", "answered", "closed", "queued"] == [
        one.kind for one in await desk.replies(talks.conversation_id)
    ]


async def test_a_citizen_ends_it(desk: Desk) -> None:
    """Once the citizen ended a conversation nobody holds it, and it waits for nobody."""
    olena = await desk.staff()
    talks = await held(desk, olena)
    await desk.take(talks.withdrawn())
    last = (await desk.replies(talks.conversation_id))[-1]

    assert isinstance(last, Closed)
    assert ("withdrawn", False) == (last.why, last.rate)
    assert Lost(None, closed=True) == await desk.conversations.answer(
        olena, talks.conversation_id, "too late", uuid4()
    )
    assert [] == await desk.conversations.mine(olena)


async def test_a_specialist_gets_what_is_passed_on(desk: Desk) -> None:
    """What is passed on keeps its place, fits whoever knows the topic, and its note reaches no citizen."""
    olena, expert = await desk.staff(), await desk.staff("Petro", topics={"queue"})
    talks = await held(desk, olena)
    id_ = talks.conversation_id
    assert Done() == await desk.conversations.pass_on(olena, id_, "queue", "please look", uuid4())
    (waits,) = await desk.conversations.waiting(expert, 10)

    assert ("queue", True) == (waits.about.topic, waits.fits)
    assert talks.at == waits.since
    assert isinstance((await desk.replies(id_))[-1], PassedOn)
    read = await opened(desk, expert, talks)
    assert [("Olena", "please look")] == [(one.author, one.text) for one in read.notes]
    assert [] == await desk.answers(id_)
    with pytest.raises(ValueError, match="no topic"):
        await desk.conversations.pass_on(olena, id_, "gossip", "", uuid4())


async def test_a_note_is_none_of_what_is_said(desk: Desk) -> None:
    """A note is kept once for each draft, reaches nobody outside, and opens as nothing that is said."""
    olena = await desk.staff()
    talks, draft = await held(desk, olena), uuid4()
    for _ in range(2):
        assert Done() == await desk.conversations.note(olena, talks.conversation_id, "angry", draft)
    read = await opened(desk, olena, talks)
    row = await desk.pool.fetchrow("SELECT note_id, key, box FROM note")
    assert row is not None

    assert ["angry"] == [one.text for one in read.notes]
    assert ["where is it?"] == [one.text for one in read.utterances]
    assert ["queued"] == [one.kind for one in await desk.replies(talks.conversation_id)]
    assert desk.texts.open(row["note_id"], row["key"], row["box"]) is None


async def test_whoever_is_forgotten_leaves_nothing_said(desk: Desk) -> None:
    """Once a citizen is forgotten no text of theirs is left, whatever order the messages come in."""
    olena, talks = await desk.staff(), desk.talks()
    first, second, gone, late = talks.opened("1"), talks.said("2"), talks.forgotten(), talks.said("3")
    other = Talks(desk.texts, desk.clock.now(), recipient_id=talks.recipient_id)
    await desk.take(first)
    await desk.conversations.note(olena, talks.conversation_id, "hm", uuid4())
    await desk.take(second, gone)
    await desk.take(late)
    begun, early = other.opened("again"), other.said("before its beginning")
    await desk.take(early)
    await desk.take(begun)
    left = [
        await desk.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - two names of ours
        for table in ("utterance", "note")
    ]

    assert [0, 0] == left
    assert [] == await desk.conversations.waiting(olena, 10)
    assert Lost(None, closed=True) == await desk.conversations.note(
        olena, talks.conversation_id, "more", uuid4()
    )


async def test_two_who_are_one_are_forgotten_together(desk: Desk) -> None:
    """Conversations of two recipients who became one are erased with the one, also those that begin later."""
    one, other = await desk.open(), await desk.open()
    await desk.take(one.moved(other.recipient_id))
    later = Talks(desk.texts, desk.clock.now(), recipient_id=one.recipient_id)
    await desk.take(later.opened())
    await desk.take(other.forgotten())

    assert 0 == await desk.pool.fetchval("SELECT count(*) FROM utterance")
    assert 3 == await desk.pool.fetchval("SELECT count(*) FROM conversation WHERE forgotten")


async def test_a_look_is_in_the_audit(desk: Desk) -> None:
    """Whatever somebody reads, takes, answers, notes or searches has a row in the audit."""
    olena = await desk.staff()
    talks = await held(desk, olena)
    await opened(desk, olena, talks)
    await desk.conversations.answer(olena, talks.conversation_id, "yes", uuid4())
    await desk.conversations.note(olena, talks.conversation_id, "hm", uuid4())
    await desk.conversations.search(olena, "passport")
    await desk.conversations.close(olena, talks.conversation_id)
    rows = await desk.pool.fetch("SELECT what, about FROM staff_audit ORDER BY number")

    whats = ("taken", "read", "answered", "noted")
    expected = [(f"conversation {what}", talks.conversation_id) for what in whats]
    expected_last = [("conversations searched", None), ("conversation ended", talks.conversation_id)]
    assert [*expected, *expected_last] == [tuple(row) for row in rows]


async def test_words_are_found_in_other_forms(desk: Desk) -> None:
    """A search finds conversations by words in any of their forms, and none that lacks one of them."""
    olena = await desk.staff()
    wanted = await desk.open("Коли буде готовий мій паспорт? Подавав документи у Львові")
    await desk.open("Паспорт загубив")
    found = await desk.conversations.search(olena, "паспорта документів")

    assert [wanted.conversation_id] == [one.about.conversation_id for one in found.hits]
    assert not found.cut
    assert () == (await desk.conversations.search(olena, " . ")).hits
