"""Staff who do the same at once, over connections of their own: one wins, and nothing is lost or doubled."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.conversations.views import Already, Answered, Done, Held, Lost, Taken
from services.desk.domain.viewers import Viewer
from tests.conftest import Databases
from tests.integration.desk.people import Desk, held, ids, opened

ROUNDS = 10
STAFF = 8


@pytest.fixture
async def desks(databases: Databases, nats_client: Client) -> AsyncIterator[tuple[Desk, Desk]]:
    """Two processes of the desk, as far as the database can tell."""
    async with AsyncExitStack() as stack:
        pools = [
            await stack.enter_async_context(open_pool(databases.url("desk"), "desk", size=STAFF))
            for _ in range(2)
        ]
        one, other = (Desk(pool, Outbox(pool, StreamWriter(nats_client), SystemClock())) for pool in pools)
        yield one, other


async def test_one_of_many_takes_a_conversation(desks: tuple[Desk, Desk]) -> None:
    """Of many who take the same conversation at once one holds it, and the others learn who."""
    staff = [await desks[0].staff(f"S{number}") for number in range(STAFF)]
    for _ in range(ROUNDS):
        talks = await desks[0].open()
        found = await asyncio.gather(
            *(
                desks[index % 2].conversations.take(viewer, talks.conversation_id)
                for index, viewer in enumerate(staff)
            )
        )

        assert Counter({Taken: STAFF - 1, Held: 1}) == Counter(map(type, found))


async def test_nobody_is_given_what_another_takes(desks: tuple[Desk, Desk]) -> None:
    """Many who take the first that fits at once get one each, and all of them while there are enough."""
    staff = [await desks[0].staff(f"S{number}") for number in range(STAFF)]
    waiting = [await desks[0].open() for _ in range(STAFF)]
    found = await asyncio.gather(
        *(desks[index % 2].conversations.take(viewer, None) for index, viewer in enumerate(staff))
    )

    assert {one.conversation_id for one in waiting} == {
        one.about.conversation_id for one in found if isinstance(one, Held)
    }
    assert await desks[0].conversations.take(staff[0], None) is None


async def takes_and_answers(desk: Desk, viewer: Viewer, conversation_id: UUID) -> Answered | Already | Lost:
    """Take a conversation, and answer it whether that was possible or not."""
    await desk.conversations.take(viewer, conversation_id)
    return await desk.conversations.answer(viewer, conversation_id, viewer.name, uuid4())


async def test_of_two_who_answer_at_once_one_wins(desks: tuple[Desk, Desk]) -> None:
    """Where a lease passes to another while both answer, one answer is sent and the other is refused."""
    one, other = desks
    olena, petro = await one.staff("Olena"), await one.staff("Petro")
    for _ in range(ROUNDS):
        talks = await held(one, olena)
        id_ = talks.conversation_id

        found = await asyncio.gather(
            one.conversations.answer(olena, id_, "Olena's", uuid4()),
            one.lapse(id_),
            takes_and_answers(other, petro, id_),
        )
        answers = await one.answers(id_)

        assert len(answers) == sum(isinstance(told, Answered) for told in found)
        numbers = [told.number for told in await one.replies(id_)]
        assert list(range(1, len(numbers) + 1)) == numbers


async def test_a_draft_that_is_sent_twice_at_once_is_one_answer(desks: tuple[Desk, Desk]) -> None:
    """The same draft, sent over two connections at once, is one answer."""
    olena = await desks[0].staff()
    for _ in range(ROUNDS):
        talks, draft = await held(desks[0], olena), uuid4()
        found = await asyncio.gather(
            *(desk.conversations.answer(olena, talks.conversation_id, "so", draft) for desk in desks)
        )

        assert Counter({Answered: 1, Already: 1}) == Counter(map(type, found))
        assert ["so"] == await desks[0].answers(talks.conversation_id)


async def test_an_end_and_a_word_at_once_lose_nothing(desks: tuple[Desk, Desk]) -> None:
    """Whether a citizen's word comes before or after an end, the conversation waits for an answer to it."""
    one, other = desks
    olena = await one.staff()
    for _ in range(ROUNDS):
        talks = await held(one, olena)
        await one.conversations.answer(olena, talks.conversation_id, "so", uuid4())
        ended, _ = await asyncio.gather(
            one.conversations.close(olena, talks.conversation_id, 1), other.take(talks.said("but"))
        )
        read = await opened(one, olena, talks)

        assert read.standing == ("waiting" if isinstance(ended, Done) else "held")
        assert "but" in {utterance.text for utterance in read.utterances}


async def test_a_message_taken_in_by_two_at_once_is_taken_in_once(desks: tuple[Desk, Desk]) -> None:
    """Messages that two processes get at once, in other orders, are taken in once each and stop nobody."""
    many = [desks[0].talks() for _ in range(20)]
    batch = [message for talks in many for message in (talks.opened("1"), talks.said("2"), talks.withdrawn())]
    await asyncio.gather(desks[0].take(*batch), desks[1].take(*reversed(batch)))
    viewer = await desks[0].staff()

    assert 40 == await desks[0].pool.fetchval("SELECT count(*) FROM utterance")
    assert [] == ids(await desks[0].conversations.waiting(viewer, 100))


async def test_forgetting_and_beginning_at_once_leaves_nothing(desks: tuple[Desk, Desk]) -> None:
    """Whoever is forgotten while a conversation of theirs begins leaves nothing said."""
    for _ in range(ROUNDS):
        talks = desks[0].talks()
        await asyncio.gather(
            desks[0].take(talks.opened("1"), talks.said("2")), desks[1].take(talks.forgotten())
        )

    assert 0 == await desks[0].pool.fetchval("SELECT count(*) FROM utterance")
