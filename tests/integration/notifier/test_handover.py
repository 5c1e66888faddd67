"""Citizens who are handed over to people: what they are asked first, what the desk gets, what comes back."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.messages.desk.talk import (
    Forgotten,
    Moved,
    Opened,
    Rated,
    Reached,
    Withdrawn,
)
from contracts.messages.desk.talk import Said as SaidMore
from contracts.messages.ids import SubscriptionId
from contracts.messages.rpc import Followed
from services.notifier.delivery.joining import become
from services.notifier.domain.incoming import Blocked, Said, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Unreachable
from services.notifier.handover.replies import Taken
from tests.integration.notifier.staffed import (
    Staffed,
    answered,
    closed,
    data,
    opened_text,
    queued,
    staffed,
    texts,
)
from tests.integration.notifier.world import CLOCK, World, make_world
from tests.waiting import until

PASSPORT = Followed(
    subscription_id=SubscriptionId(UUID(int=7)),
    document_type="foreign_passport",
    masked="…4567",
    revision=4,
    stage="arrived",
    office="kyiv-1",
    overdue=True,
    since=datetime(2026, 2, 1, tzinfo=UTC),
)


@pytest.fixture
def desk(world: World) -> Staffed:
    """A notifier with people behind it."""
    return staffed(world)


async def test_a_question_goes_to_the_desk_with_its_document(desk: Staffed) -> None:
    """Asked first which document, then one sentence; kept is said once both stand in one commit."""
    person = await desk.world.person("7")
    desk.world.tracker.followed = (PASSPORT,)

    which = await desk.does(Said("a person, please"))
    ask = await desk.does(Tapped(data(which)[0], "5", "q"))
    kept = await desk.does(Said("May my wife collect it?"))

    assert "Which document is it about?" in which[0].shown
    assert "in one sentence" in ask[0].shown
    assert "Your question is kept" in kept[0].shown
    (told,) = await desk.told(Opened)
    assert "May my wife collect it?" == opened_text(told)
    assert (person, "en", "telegram", PASSPORT.subscription_id, "asked") == (
        told.recipient_id,
        told.language,
        told.channel,
        told.subscription_id,
        told.reason,
    )
    assert ("foreign_passport", "arrived", "kyiv-1", True, True, 1) == (
        told.document,
        told.stage,
        told.office,
        told.actionable,
        told.overdue,
        told.number,
    )


async def test_nothing_that_was_said_stands_anywhere_in_clear(desk: Staffed) -> None:
    """Neither the outbox nor any table holds a word of what either side says."""
    await desk.world.person("7")
    conversation = await desk.asks("Zebra crossing")
    await desk.says(answered(conversation, 2, "Zebra answer"), answered(conversation, 1, "Zebra first"))

    tables = await desk.world.pool.fetch(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'notifier'"
    )
    queries = [f"SELECT t::text FROM {table} t" for (table,) in tables]  # noqa: S608 - names of tables
    rows = [row for query in queries for row in await desk.world.pool.fetch(query)]
    dumped = "".join(row[0] for row in rows)
    payloads = b"".join(row["payload"] for row in await desk.world.pool.fetch("SELECT payload FROM outbox"))

    assert "handover" in "".join(table for (table,) in tables)
    assert "Zebra" not in dumped
    assert b"Zebra" not in payloads


async def test_what_is_typed_meanwhile_goes_along_and_is_not_answered(desk: Staffed) -> None:
    """While a conversation is open the bot does not talk over a person; commands still work."""
    await desk.world.person("7")
    await desk.asks()

    silent = await desk.does(Said("It is urgent"), Said("where is my passport"), Said("stop"))
    loud = await desk.does(Said("/help"), Tapped("st", None, "q"))

    assert [] == silent
    assert 2 == len(loud)
    said = await desk.told(SaidMore)
    assert ["It is urgent", "where is my passport", "stop"] == [opened_text(one) for one in said]
    assert [2, 3, 4] == [one.number for one in said]


async def test_a_stranger_is_answered_and_nothing_is_left_afterwards(desk: Staffed) -> None:
    """Who follows nothing may ask too: where they are is kept until they were asked how it was."""
    conversation = await desk.asks("How do I apply?")
    async with desk.world.sending(await desk.world.lease()):
        await desk.says(answered(conversation, 1, "At any office."), closed(conversation, 2))
        await until(lambda: _sent(desk, 5))
        assert 1 == await desk.world.count("recipient")
        await desk.does(Tapped(f"hy:{conversation.hex}", "9", "q"), Tapped("x", "10", "q"))
        await until(lambda: _nobody(desk))

    assert "At any office." in desk.world.channel.texts("7")[3]
    assert 0 == await desk.world.pool.fetchval("SELECT count(*) FROM handover")


async def test_answers_come_in_the_order_of_their_numbers(desk: Staffed) -> None:
    """One that comes before another of a lower number waits for it, and none is told twice."""
    await desk.world.person("7")
    conversation = await desk.asks()
    before = len(await desk.answers())
    first, second, third = (answered(conversation, number, f"No. {number}") for number in (1, 2, 3))

    taken = [await desk.says(third), await desk.says(second, first), await desk.says(first, third)]

    assert [Taken(1), Taken(2), Taken(0, 2)] == taken
    told = [one.shown.splitlines()[-1] for one in (await desk.answers())[before:]]
    assert ["No. 1", "No. 2", "No. 3"] == told


async def test_what_follows_a_reply_that_never_comes_is_told_in_the_end(desk: Staffed) -> None:
    """A reply that became a dead letter holds those after it up for minutes and not for ever."""
    await desk.world.person("7")
    conversation = await desk.asks()
    before = len(await desk.answers())
    await desk.says(answered(conversation, 2, "No. 2"))

    await desk.replies.catch_up()
    held = len(await desk.answers()) - before
    await desk.world.pool.execute("UPDATE handover_reply SET came_at = came_at - interval '11 minutes'")
    await desk.replies.catch_up()
    await desk.says(answered(conversation, 1, "No. 1"), answered(conversation, 3, "No. 3"))

    assert 0 == held
    told = [one.shown.splitlines()[-1] for one in (await desk.answers())[before:]]
    assert ["No. 2", "No. 3"] == told


async def test_a_conversation_goes_on_when_the_desk_says_so(desk: Staffed) -> None:
    """What was said while the desk ended it opens it again there, and here with the next reply."""
    await desk.world.person("7")
    conversation = await desk.asks()
    await desk.does(Said("wait"))
    await desk.says(closed(conversation, 1), queued(conversation, 2))

    assert [] == await desk.does(Said("one thing more"))
    assert ["wait", "one thing more"] == [opened_text(one) for one in await desk.told(SaidMore)]


async def test_a_conversation_that_the_citizen_ended_stays_ended(desk: Staffed) -> None:
    """An answer that crosses the end is told, and what is typed afterwards is the bot's."""
    await desk.world.person("7")
    conversation = await desk.asks()
    await desk.does(Tapped(f"he:{conversation.hex}", "9", "q"))
    before = len(await desk.answers())
    await desk.says(answered(conversation, 1, "late"))

    assert 1 == len(await desk.answers()) - before
    assert ["You are welcome!"] == texts(await desk.does(Said("thank you")))


async def test_where_others_may_look_an_answer_says_only_that_it_is_there(desk: Staffed) -> None:
    """A device of the page is told that staff answered, and nothing of what they said."""
    await desk.world.person("7")
    conversation = await desk.asks()
    await desk.says(answered(conversation, 1, "Zebra"))

    glance = (await desk.answers())[-1].glance
    assert glance is not None
    assert ("An answer from our staff", "") == (glance.title, glance.body)


async def test_the_desk_learns_how_an_answer_ended(desk: Staffed) -> None:
    """Of each answer, and of nothing else, the end goes back by its id."""
    await desk.world.person("7")
    conversation = await desk.asks()
    good, bad = answered(conversation, 2, "yes"), answered(conversation, 3, "no")
    async with desk.world.sending(await desk.world.lease()):
        await desk.says(queued(conversation, 1), good)
        await desk.world.ended(good.reply_id)
        desk.world.channel.scripts["7"] = [Unreachable("blocked")]
        await desk.says(bad)
        await desk.world.ended(bad.reply_id)

    ends = {one.reply_id: one.end.value for one in await desk.told(Reached)}
    assert {good.reply_id: "accepted", bad.reply_id: "undeliverable"} == ends


async def test_an_answer_to_who_cannot_be_written_to_is_told_at_once(desk: Staffed) -> None:
    """Somebody who blocked the bot has no place for an answer, and staff must see it."""
    await desk.world.person("7")
    conversation = await desk.asks()
    await desk.does(Blocked())

    reply = answered(conversation, 1, "yes")
    await desk.says(reply)

    assert [(reply.reply_id, "undeliverable")] == [
        (one.reply_id, one.end.value) for one in await desk.told(Reached)
    ]


async def test_an_answer_comes_where_the_citizen_is_now(desk: Staffed) -> None:
    """Where the chat of the question is gone, another one of the same person gets the answer."""
    world = desk.world
    viber = make_world(
        world.pool,
        world.outbox,
        world.recipients.of_account("viber"),
        world.catalogue,
        world.voice,
        talks=world.talks,
    )
    desk.others["viber"] = viber
    person, other = await world.person("7"), await viber.person("v7")
    async with world.store.unit() as unit:
        await become(
            world.store,
            world.recipients.preferences,
            unit,
            [other],
            person,
            twice={},
            at=CLOCK.now(),
        )
    conversation = await desk.asks()
    await desk.does(Blocked())
    reply = answered(conversation, 1, "yes")
    await desk.says(reply)

    assert "viber" == (await world.row(reply.reply_id))["channel"]


async def test_a_citizen_judges_once_with_a_word(desk: Staffed) -> None:
    """One tap, once; a word may follow, once; whoever taps again changes nothing."""
    await desk.world.person("7")
    conversation = await desk.asks()
    await desk.says(answered(conversation, 1, "yes"), closed(conversation, 2))
    good, bad = Tapped(f"hy:{conversation.hex}", "9", "q"), Tapped(f"hn:{conversation.hex}", "9", "q")

    answers = await desk.does(good, bad, good, Said("where is it"))
    await desk.does(good)

    assert ["Thank you!", "Thank you, you have told us already.", "Thank you, you have told us already."] == [
        one.shown.splitlines()[0] for one in answers[:3]
    ]
    assert [(True, False)] == [(one.content, one.word is not None) for one in await desk.told(Rated)]


async def test_the_word_goes_with_the_judgement(desk: Staffed) -> None:
    """What is typed right after the tap is the word, sealed."""
    await desk.world.person("7")
    conversation = await desk.asks()
    await desk.says(closed(conversation, 1))

    await desk.does(Tapped(f"hn:{conversation.hex}", "9", "q"), Said("Nobody answered"))

    rated = await desk.told(Rated)
    assert [(False, False), (False, True)] == [(one.content, one.word is not None) for one in rated]


async def test_nobody_judges_or_ends_the_conversation_of_another(desk: Staffed) -> None:
    """A button that leads to somebody else's conversation does nothing."""
    await desk.world.person("7")
    conversation = await desk.asks()
    await desk.says(closed(conversation, 1))
    await desk.world.person("8")
    other = replace(desk, address="8")

    await other.does(Tapped(f"hy:{conversation.hex}", "9", "q"), Tapped(f"he:{conversation.hex}", "9", "q"))

    assert [] == [*await desk.told(Rated), *await desk.told(Withdrawn)]


async def test_a_citizen_ends_a_conversation(desk: Staffed) -> None:
    """After the end what is typed is the bot's again, and the desk is told once."""
    await desk.world.person("7")
    conversation = await desk.asks()
    end = Tapped(f"he:{conversation.hex}", "9", "q")

    ended = await desk.does(end, end)
    answers = await desk.does(Said("thank you"))

    assert ["The conversation is over. We will be glad to help another time."] * 2 == texts(ended)
    assert ["You are welcome!"] == texts(answers)
    assert 1 == len(await desk.told(Withdrawn))


async def test_one_conversation_at_a_time_and_few_a_day(desk: Staffed) -> None:
    """A second wish leads to the first conversation; nobody fills the queue alone."""
    await desk.world.person("7")
    await desk.asks()
    again = await desk.does(Said("/person"))
    last: list[Message] = []
    for _ in range(5):
        (*_, newest) = await desk.told(Opened)
        await desk.does(Tapped(f"he:{newest.conversation_id.hex}", "9", "q"))
        last = await desk.does(Tapped("hp:a", None, "q"), Tapped("ho:a", None, "q"), Said("one more"))

    assert "You have a question open already" in again[0].shown
    assert 5 == len(await desk.told(Opened))
    assert "many questions today" in last[-1].shown


async def test_who_is_forgotten_is_forgotten_by_the_desk_too(desk: Staffed) -> None:
    """Nothing of the conversation is left here, the desk is told, and a late answer reaches nobody."""
    person = await desk.world.person("7")
    conversation = await desk.asks()

    await desk.does(Tapped("f", "55", "q"))
    taken = await desk.says(answered(conversation, 1, "yes"))

    assert [person] == [one.recipient_id for one in await desk.told(Forgotten)]
    assert 0 == await desk.world.pool.fetchval("SELECT count(*) FROM handover")
    assert Taken(0, 0, 1) == taken


async def test_a_guest_who_asked_may_be_forgotten(desk: Staffed) -> None:
    """Who follows nothing but asked people has something to erase."""
    await desk.asks()

    (asked,) = await desk.does(Said("/forget"))
    (done,) = await desk.does(Tapped("f", "55", "q"))

    assert "Shall we erase everything" in asked.shown
    assert "We have erased" in done.shown
    assert 1 == len(await desk.told(Forgotten))


async def test_two_who_become_one_keep_both_conversations(desk: Staffed) -> None:
    """Answers to both arrive; what is typed goes to that of who stays; the desk is told who is who."""
    world = desk.world
    stays, joining = await world.person("7"), await world.person("8")
    mine, theirs = await desk.asks("mine"), await replace(desk, address="8").asks("theirs")
    async with world.store.unit() as unit:
        preferences = world.recipients.preferences
        await become(world.store, preferences, unit, [joining], stays, twice={}, at=CLOCK.now())

    await replace(desk, address="8").does(Said("more"))
    taken = await desk.says(answered(theirs, 1, "for theirs"), answered(mine, 1, "for mine"))

    assert [(joining, stays)] == [(one.joining, one.into) for one in await desk.told(Moved)]
    assert [mine] == [one.conversation_id for one in await desk.told(SaidMore)]
    assert Taken(2) == taken


async def test_a_question_is_kept_while_the_tracker_is_away(desk: Staffed) -> None:
    """Without the tracker a question is asked all the same, with what is known."""
    await desk.world.person("7")
    desk.world.tracker.away = True

    which = await desk.does(Said("/person"))
    kept = await desk.does(Tapped(f"hd:a:{PASSPORT.subscription_id.hex}", "5", "q"), Said("When?"))

    assert "Which document is it about?" in which[0].shown
    assert "Your question is kept" in kept[-1].shown
    (told,) = await desk.told(Opened)
    assert (PASSPORT.subscription_id, None) == (told.subscription_id, told.stage)


async def _sent(desk: Staffed, count: int) -> bool:
    return len(desk.world.channel.sent) >= count


async def _nobody(desk: Staffed) -> bool:
    return await desk.world.count("recipient") == 0
