"""A whole desk in conversations: what citizens say comes in over NATS, what staff answer goes out."""

from contextlib import AsyncExitStack
from uuid import uuid4

from nats.aio.client import Client

from contracts.messages.dead import DEAD_LETTER
from contracts.messages.desk.talk import (
    DESK_REPLY,
    Answered,
    AnyReply,
    AnyTalk,
)
from contracts.streams import DEAD, DESK_TALKS, REPLIES, TALK_SUBJECT
from runtime.database.postgres import Pool
from runtime.messaging.replay import behind
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from services.desk.conversations.conversations import CHANNEL
from services.desk.conversations.views import Answered as Given
from services.desk.conversations.views import Held
from tests.conftest import Databases
from tests.integration.desk.conftest import running
from tests.integration.desk.people import Desk
from tests.waiting import until


async def publish(client: Client, *talks: AnyTalk | bytes) -> None:
    """Put messages into TALKS, each under its id."""
    outgoing = [
        Outgoing(TALK_SUBJECT, str(uuid4()), one)
        if isinstance(one, bytes)
        else Outgoing(TALK_SUBJECT, str(one.talk_id), one.encoded())
        for one in talks
    ]
    assert all(isinstance(one, Stored) for one in await StreamWriter(client).publish(outgoing))


async def replies(client: Client) -> list[AnyReply]:
    """Return what is in REPLIES."""
    js = client.jetstream()
    last = (await js.stream_info(REPLIES.name)).state.last_seq
    return [
        DESK_REPLY.validate_json((await js.get_msg(REPLIES.name, number)).data or b"")
        for number in range(1, last + 1)
    ]


async def test_a_question_comes_in_and_its_answer_goes_out(
    databases: Databases, nats_url: str, nats_client: Client, desk: Desk, pool: Pool
) -> None:
    """With two desks at once each message counts once; place and answer are in the stream, sealed."""
    told: list[str] = []
    connection = await pool.acquire()

    def hear(*heard: object) -> None:
        told.append(str(heard[-1]))

    await connection.add_listener(CHANNEL, hear)
    talks = desk.talks()
    first, second = talks.opened("where is my passport?"), talks.said("hello?")
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(running(databases, nats_url))
        await publish(nats_client, first, second, first)

        async def in_the_queue() -> bool:
            return not await behind(nats_client, DESK_TALKS) and len(await replies(nats_client)) == 1

        await until(in_the_queue)
        olena = await desk.staff()
        taken = await desk.conversations.take(olena, None)
        given = await desk.conversations.answer(olena, talks.conversation_id, "at the office", uuid4())

        async def answered() -> bool:
            return len(await replies(nats_client)) == 2

        # The answer's process is not one of these: their sweep publishes what it left.
        await until(answered)
    await connection.remove_listener(CHANNEL, hear)
    await pool.release(connection)
    queued, answer = await replies(nats_client)

    assert isinstance(taken, Held)
    assert isinstance(given, Given)
    assert isinstance(answer, Answered)
    assert [1, 2] == [queued.number, answer.number]
    assert "at the office" == desk.texts.open(answer.reply_id, answer.text.key, answer.text.box)
    assert b"office" not in answer.encoded()
    assert {str(talks.conversation_id)} == set(told)


async def test_what_cannot_be_read_stops_nobody(
    databases: Databases, nats_url: str, nats_client: Client, desk: Desk, pool: Pool
) -> None:
    """Messages that say nothing we know, or a number twice, end among the dead; all others are taken in."""
    talks, other = desk.talks(), desk.talks()
    first, twice = talks.opened("1"), talks.said("2").model_copy(update={"number": 1})
    unknown = talks.said("3").encoded().replace(b'"said"', b'"sung"')
    async with running(databases, nats_url):
        await publish(nats_client, b"{", first, twice, unknown, other.opened("4"))

        async def done() -> bool:
            state = (await nats_client.jetstream().stream_info(DEAD.name)).state
            return state.messages >= 3 and not await behind(nats_client, DESK_TALKS)

        await until(done)
    js = nats_client.jetstream()
    letters = [DEAD_LETTER.validate_json((await js.get_msg(DEAD.name, at)).data or b"") for at in (1, 2, 3)]

    assert ["undecodable", "undecodable", "unstorable"] == sorted(letter.reason for letter in letters)
    assert 2 == await pool.fetchval("SELECT count(*) FROM utterance")
