"""A citizen asks, staff answer, the citizen judges: notifier and desk over real NATS and tables."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from nats.aio.client import Client

from contracts.messages.dead import DEAD_LETTER
from contracts.messages.desk import talk
from contracts.messages.desk.talk import AnyReply
from contracts.streams import DEAD_REPLIES_SUBJECT, REPLY_SUBJECT
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Connection, open_pool
from runtime.keyring import KeyRing, parse_keys
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from services.desk.conversations.assembly import People, ground_of
from services.desk.conversations.conversations import Conversations as DeskConversations
from services.desk.conversations.sealing import Texts
from services.desk.conversations.views import Held
from services.desk.domain.viewers import Viewer
from services.desk.metrics import Metrics as DeskMetrics
from services.notifier.domain.incoming import Said, Tapped
from services.notifier.handover.consumer import ReplyConsumer
from services.notifier.handover.opening import asking
from services.notifier.recipients.conversations import Conversations
from services.notifier.wording.i18n import load_voice
from tests.conftest import Databases
from tests.integration.desk.conftest import running
from tests.integration.desk.people import KEYS
from tests.integration.notifier.conftest import catalogue, recipients, voice, world
from tests.integration.notifier.staffed import Staffed, answered
from tests.integration.notifier.world import CLOCK, World, make_world
from tests.waiting import until

__all__ = ["catalogue", "recipients", "voice", "world"]
NOBODY: frozenset[str] = frozenset()
OLENA = Viewer(uuid4(), "Olena K.", "Олена", frozenset({"operator"}), NOBODY, NOBODY, NOBODY)


def connected(world: World, client: Client) -> Staffed:
    """The notifier's half, its outbox published, its texts sealed for the desk that runs."""
    ring = KeyRing(parse_keys(KEYS), talk.PURPOSE)
    actionable = frozenset(code for code, stage in world.catalogue.stages.items() if stage.actionable)
    talks = asking(Conversations(ring, world.catalogue.agency.languages, actionable), client)
    outbox = Outbox(world.pool, StreamWriter(client), CLOCK)
    voice = load_voice(world.catalogue, staffed=True)
    return Staffed(make_world(world.pool, outbox, world.recipients, world.catalogue, voice, talks=talks))


@asynccontextmanager
async def at_work(notifier: Staffed, client: Client) -> AsyncIterator[None]:
    """Publish what the notifier says and tell citizens what the desk says, for the length of the block."""
    stop = asyncio.Event()
    consumer = ReplyConsumer(notifier.replies, CLOCK, notifier.world.metrics)
    loops = [consumer.run(client, 100, stop), notifier.world.outbox.run(stop)]
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        async with notifier.world.sending(await notifier.world.lease()):
            yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


@asynccontextmanager
async def staff(databases: Databases, client: Client, world: World) -> AsyncIterator[DeskConversations]:
    """What the pages of the staff call."""
    async with open_pool(databases.url("desk"), "desk") as pool:
        clock = SystemClock()
        outbox = Outbox(pool, StreamWriter(client), clock)
        ground = ground_of(pool, outbox, clock, world.catalogue, DeskMetrics())
        yield People.of(ground, Texts.of(KEYS), world.catalogue, _unaudited).conversations


async def heard(notifier: Staffed, words: str, within: float = 20.0) -> bool:
    """Wait until the citizen reads something."""

    async def there() -> bool:
        return any(words in text for text in notifier.world.channel.texts("7"))

    return bool(await until(there, within=within))


async def test_a_citizen_asks_is_answered_and_judges(
    databases: Databases, nats_url: str, nats_client: Client, world: World
) -> None:
    """The whole way, with the desk away when the question is asked."""
    notifier = connected(world, nats_client)
    await world.person("7", "uk")
    async with at_work(notifier, nats_client), staff(databases, nats_client, world) as desk:
        await notifier.does(Tapped("hp:a", None, "q"), Tapped("hk:a:id_card", None, "q"), Said("Коли?"))
        assert await heard(notifier, "Ваше запитання збережено")

        async with running(databases, nats_url):
            assert await heard(notifier, "Ваше місце в черзі: 1.")
            await desk.present(OLENA)
            held = await desk.take(OLENA, None)
            assert isinstance(held, Held)
            conversation = held.about.conversation_id
            read = await desk.read(OLENA, conversation)
            assert read is not None
            assert "Коли?" in [one.text for one in read.utterances]
            await notifier.does(Said("Це терміново"))

            async def said() -> bool:
                now = await desk.read(OLENA, conversation)
                return now is not None and len(now.utterances) > len(read.utterances)

            await until(said)
            await desk.answer(OLENA, conversation, "Завтра після обіду.", uuid4())
            assert await heard(notifier, "Завтра після обіду.")
            assert await heard(notifier, "Олена")

            async def arrived() -> bool:
                now = await desk.read(OLENA, conversation)
                return now is not None and any(one.end is not None for one in now.utterances)

            await until(arrived)
            await desk.close(OLENA, conversation)
            assert await heard(notifier, "Чи задоволені ви тим, як вам допомогли?")
            await notifier.does(Tapped(f"hy:{conversation.hex}", None, "q"), Said("Дуже швидко"))

            async def judged() -> bool:
                now = await desk.read(OLENA, conversation)
                return now is not None and now.rating is not None and now.rating.word == "Дуже швидко"

            await until(judged)
            whole = await _exported(notifier)
        without = await _exported(notifier)

    assert ["Коли?", "Це терміново", "Завтра після обіду."] == [
        line for line in whole.splitlines() if line in {"Коли?", "Це терміново", "Завтра після обіду."}
    ]
    assert "Ви були нею задоволені." in whole
    assert "Написане зараз отримати не вдається" in without


async def _exported(notifier: Staffed) -> str:
    """The file that the citizen gets who asks for everything."""
    sent = len(notifier.world.channel.sent)
    await notifier.does(Said("/export"))

    async def files() -> list[str]:
        new = notifier.world.channel.sent[sent:]
        return [message.attachment.content for _, message in new if message.attachment is not None]

    return (await until(files) or [""])[0]


async def test_what_cannot_be_read_is_dead_and_what_lacks_a_key_waits(
    nats_client: Client, world: World
) -> None:
    """Nonsense and a text that does not open become dead letters; one under an unknown key stays."""
    notifier = connected(world, nats_client)
    await world.person("7")
    async with at_work(notifier, nats_client):
        await notifier.does(Tapped("hp:a", None, "q"), Tapped("ho:a", None, "q"), Said("When?"))
        (conversation,) = await world.pool.fetch("SELECT conversation_id FROM handover")
        good = _sealed(answered(conversation["conversation_id"], 1, "x"), "1")
        foreign = _sealed(answered(conversation["conversation_id"], 2, "x"), "9")
        for body in (b"{}", good.encoded(), foreign.encoded()):
            outgoing = [Outgoing(REPLY_SUBJECT, str(uuid4()), body)]
            assert all(isinstance(one, Stored) for one in await StreamWriter(nats_client).publish(outgoing))

        async def letters() -> int:
            js = nats_client.jetstream()
            return int((await js.stream_info("DEAD")).state.messages)

        async def counted() -> bool:
            registry = notifier.world.metrics.registry
            locked = registry.get_sample_value("docwatch_notifier_replies_total", {"result": "locked"})
            return await letters() == 2 and bool(locked)

        await until(counted)
        js = nats_client.jetstream()
        found = [await js.get_msg("DEAD", number) for number in (1, 2)]
        waiting = (await js.consumer_info("REPLIES", "notifier")).num_ack_pending

    assert [DEAD_REPLIES_SUBJECT] * 2 == [one.subject for one in found]
    reasons = {DEAD_LETTER.validate_json(one.data or b"").reason for one in found}
    assert {"undecodable", "sealed"} == reasons
    assert 1 == waiting


async def _unaudited(connection: Connection, viewer: Viewer, what: str, about: UUID | None) -> None:
    """Staff of the test are no accounts."""


def _sealed(reply: AnyReply, key: str) -> AnyReply:
    """The same with a text under another key, which opens nowhere."""
    assert isinstance(reply, talk.Answered)
    text = reply.text.model_copy(update={"key": key})
    return reply.model_copy(update={"text": text})
