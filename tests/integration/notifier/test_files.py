"""Photos and documents sent to people: looked at, kept sealed, told, refused kindly, gone."""

import asyncio
import secrets
from datetime import timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
import segno
from nats.aio.client import Client

from contracts.catalogue.desk_terms import FileTerms
from contracts.messages.desk.talk import FILE, FILE_PART, FILE_REPLY, FileQuery, SentFile, file_context
from contracts.messages.desk.talk import Said as SaidMore
from runtime.database.lease import Lease
from runtime.database.postgres import transaction
from runtime.keyring import Sealed
from runtime.messaging.jetstream import RpcUnavailableError, call
from services.notifier.channels.base import ChannelDownError
from services.notifier.delivery.joining import become
from services.notifier.delivery.upkeep import purge
from services.notifier.delivery.upkeep.purge import Purge
from services.notifier.domain.incoming import Body, Document, Photo, Said, Unsupported
from services.notifier.domain.messages import Message
from services.notifier.files.answering import answer_files
from services.notifier.files.content import cleaned
from tests.integration.notifier.staffed import RING, Staffed, closed, opened_text, staffed, texts
from tests.integration.notifier.test_forget import YES
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.world import CLOCK, SECRET, World
from tests.pictures import PDF, PLACE, photo
from tests.waiting import until

TERMS = FileTerms(types=("jpeg", "pdf"), most_bytes=64 * 1024, most_a_conversation=3, keep_days=7)


@pytest.fixture
def desk(world: World) -> Staffed:
    """A notifier with people behind it who take photos and documents."""
    return staffed(world, TERMS)


async def sends(desk: Staffed, data: bytes, body: Body | None = None, *, caption: str = "") -> list[Message]:
    """Have the citizen send a file; return what they are answered once it was dealt with."""
    reference = f"file{next(desk.updates)}"
    desk.world.channel.pictures[reference] = data
    query = "SELECT coalesce(max(seq), 0) FROM delivery"
    before = await desk.world.pool.fetchval(query)
    sent = body or Photo(reference, len(data), caption)
    if isinstance(sent, Document):
        sent = Document(reference, len(data), caption)
    await desk.does(sent)
    while await desk.world.pictures.once():
        pass
    return await desk.answers(before)


async def files(desk: Staffed) -> list[SentFile]:
    """The files of which the desk was told."""
    return [one.file for one in await desk.told(SaidMore) if one.file is not None]


async def kept(world: World, file: SentFile) -> bytes:
    """What is kept of a file, opened by the keys that only the desk has as well."""
    row = await world.pool.fetchrow("SELECT key_id, box FROM handover_file WHERE id = $1", file.file_id)
    assert row is not None
    return RING.open(Sealed(row["key_id"], row["box"]), file_context(file.file_id))


async def count(desk: Staffed) -> int:
    """How many files are kept."""
    found: int = await desk.world.pool.fetchval("SELECT count(*) FROM handover_file")
    return found


async def test_a_photo_goes_to_people_and_its_sender_is_told_once(desk: Staffed) -> None:
    """The first file of a conversation is confirmed, with how long it is kept; further ones are silent."""
    conversation = await desk.asks()

    first = await sends(desk, photo())
    second = await sends(desk, photo(shade=1))

    assert "Our staff have what you sent." in first[0].shown
    assert "erase them after 7 days" in first[0].shown
    assert [] == second
    said = await desk.told(SaidMore)
    assert [2, 3] == [one.number for one in said]
    assert {conversation} == {one.conversation_id for one in said}
    assert "A photo, 0.1 MB" == opened_text(said[0])
    (file, _) = await files(desk)
    assert "jpeg" == file.type
    assert timedelta(days=6) < file.until - CLOCK.now() <= timedelta(days=7)


async def test_what_is_kept_is_sealed_and_without_the_place(desk: Staffed) -> None:
    """No bytes of a photo stand in the database in clear, and where it was taken stands nowhere."""
    await desk.asks()
    sent = photo()

    await sends(desk, sent)

    (file,) = await files(desk)
    found = await kept(desk.world, file)
    assert (cleaned(sent), len(found)) == (cleaned(found), file.size)
    assert PLACE not in found
    box = await desk.world.pool.fetchval("SELECT box FROM handover_file")
    assert found[20:60] not in box


async def test_a_document_goes_to_people(desk: Staffed) -> None:
    """A PDF is kept as it is."""
    await desk.asks()

    await sends(desk, PDF, Document("x"))

    (file,) = await files(desk)
    assert ("pdf", PDF) == (file.type, await kept(desk.world, file))


async def test_what_stands_beside_a_file_is_said_at_once(desk: Staffed) -> None:
    """Words beside a photo reach people as words, also where the photo does not."""
    await desk.asks()

    await sends(desk, photo("PNG"), caption="is this the right form?")

    assert ["is this the right form?"] == [opened_text(one) for one in await desk.told(SaidMore)]


async def test_the_code_of_a_receipt_wins(desk: Staffed) -> None:
    """A photo of a receipt is followed while a conversation is open, and people do not get it."""
    await desk.asks()
    code = BytesIO()
    segno.make_qr(f"https://t.me/sample_bot?start={SECRET}").save(code, kind="png", scale=8)

    answers = await sends(desk, code.getvalue())

    assert "Shall we write to you when there is news" in answers[0].shown
    assert [] == await files(desk)
    assert 0 == await count(desk)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (photo("PNG"), "we can take only JPEG, PDF"),
        (photo("GIF"), "we can take only JPEG, PDF"),
        (b"MZ\x90\x00", "we can take only JPEG, PDF"),
        (photo()[:300], "cannot be read"),
        (PDF + bytes(65 * 1024), "too large. At most 0.1 MB"),
    ],
)
async def test_what_is_refused_is_told_in_one_sentence(desk: Staffed, data: bytes, told: str) -> None:
    """Whoever sends what people do not get is told so, and why; nothing is kept."""
    await desk.asks()

    answers = await sends(desk, data)

    assert 1 == len(answers)
    assert "Nobody got this" in answers[0].shown
    assert told in answers[0].shown
    assert 0 == await count(desk)


async def test_a_document_that_says_it_is_too_large_is_not_fetched(desk: Staffed) -> None:
    """Where the messenger tells the size, nothing is downloaded to be refused."""
    await desk.asks()

    answers = await desk.does(Document("huge", TERMS.most_bytes + 1))

    assert "too large" in answers[0].shown
    assert not await desk.world.pictures.once()


async def test_no_more_files_than_may_be_kept(desk: Staffed) -> None:
    """The fourth of three is refused, and those before it stay."""
    await desk.asks()

    for shade in range(3):
        await sends(desk, photo(shade=shade))
    answers = await sends(desk, photo(shade=9))

    assert "3 files can be sent here" in answers[0].shown
    assert 3 == await count(desk)


async def test_two_at_once_for_the_last_place(desk: Staffed) -> None:
    """Of several files that are kept side by side no more are kept than may be."""
    await desk.asks()
    for index in range(6):
        desk.world.channel.pictures[f"p{index}"] = photo(shade=index)
        await desk.does(Photo(f"p{index}"))

    await asyncio.gather(*(desk.world.pictures.once() for _ in range(6)))

    assert 3 == await count(desk)
    assert 3 == len(await files(desk))


async def test_all_files_together_have_so_much_room(world: World) -> None:
    """Where the room of all files is full, nobody's is kept, and they are told so."""
    desk = staffed(world, TERMS, room=len(photo()) + 10)
    await desk.asks()

    await sends(desk, photo())
    answers = await sends(desk, photo(shade=1))

    assert "we cannot take files now" in answers[0].shown
    assert 1 == await count(desk)


@pytest.mark.parametrize("body", [Photo("x"), Document("x"), Unsupported("voice")])
async def test_where_files_are_off_that_is_told(world: World, body: Body) -> None:
    """Files are off unless the agency wants them; whoever sends one is told to write."""
    desk = staffed(world)
    await desk.asks()

    answers = await sends(desk, photo(), body if not isinstance(body, Photo) else None)
    if isinstance(body, Unsupported):
        answers = await desk.does(body)

    assert ["Our staff cannot take photos or files here. Please write it in words."] == texts(answers)
    assert 0 == await count(desk)


async def test_without_a_conversation_a_photo_is_a_receipts_or_nothing(desk: Staffed) -> None:
    """As long as nobody asked people anything, files go nowhere."""
    answers = await sends(desk, photo())
    refused = await desk.does(Document("x"))

    assert "code" in answers[0].shown
    assert "only read text and photos" in refused[0].shown
    assert 0 == await count(desk)


async def test_a_file_that_comes_when_the_conversation_is_over(desk: Staffed) -> None:
    """Whoever sent it is told that nobody got it."""
    conversation = await desk.asks()
    desk.world.channel.pictures["late"] = photo()
    await desk.does(Photo("late"))
    await desk.says(closed(conversation, 1))

    assert await desk.world.pictures.once()

    assert "is over already" in (await desk.answers())[-1].shown
    assert 0 == await count(desk)


async def test_a_messenger_that_hands_nothing_over(desk: Staffed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be fetched now is told as a fault of ours; one that is gone, as gone."""
    await desk.asks()

    await desk.does(Photo("gone"))
    assert await desk.world.pictures.once()
    gone = (await desk.answers())[-1].shown

    async def down(*_: object) -> bytes:
        raise ChannelDownError("503")

    monkeypatch.setattr(desk.world.channel, "download", down)
    await desk.does(Photo("down"))
    assert await desk.world.pictures.once()

    assert "it is gone, or larger than" in gone
    assert "try again" in (await desk.answers())[-1].shown.lower()


async def test_who_is_killed_between_download_and_commit_leaves_all_to_do(desk: Staffed) -> None:
    """A try that ends before its commit leaves no file and no word; the next one keeps it once."""
    await desk.asks()
    desk.world.channel.pictures["one"] = photo()
    await desk.does(Photo("one"))
    waiting = await desk.world.pictures._claim()
    assert waiting is not None
    async with transaction(desk.world.pool) as held:
        # The transaction that would keep it waits for a lock, and is gone with its process.
        await held.execute("SELECT FROM handover FOR UPDATE")
        reading = asyncio.ensure_future(desk.world.pictures._read(waiting))
        await until(lambda: _waits_for_a_lock(desk.world))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    before = await count(desk), await files(desk)
    await desk.world.pool.execute("UPDATE picture SET due_at = now()")

    assert await desk.world.pictures.once()

    assert (0, []) == before
    assert (1, 1) == (await count(desk), len(await files(desk)))
    assert not await desk.world.pictures.once()


async def _waits_for_a_lock(world: World) -> bool:
    query = (
        "SELECT count(*) > 0 FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return bool(await world.pool.fetchval(query))


async def test_an_update_that_comes_again_sends_nothing_again(desk: Staffed) -> None:
    """What the messenger posts twice is kept once."""
    await desk.asks()
    desk.world.channel.pictures["one"] = photo()
    update = did(900, Photo("one", caption="look"), desk.address)

    for _ in range(2):
        await desk.world.updates().take_one(update)
        while await desk.world.pictures.once():
            pass

    assert 1 == await count(desk)
    assert 2 == len(await desk.told(SaidMore))


async def test_who_is_forgotten_leaves_no_file(desk: Staffed) -> None:
    """With the person the files go, also those that wait to be looked at."""
    await desk.world.person("7")
    await desk.asks()
    await sends(desk, photo())
    desk.world.channel.pictures["waits"] = photo(shade=3)
    await desk.does(Photo("waits"))

    await desk.does(Said("/forget"), YES)

    assert 0 == await count(desk)
    assert 0 == await desk.world.pool.fetchval("SELECT count(*) FROM picture")


async def test_who_becomes_one_with_another_keeps_their_files(desk: Staffed) -> None:
    """A conversation that goes over takes its files along, and more can be sent."""
    person = await desk.world.person("7")
    other = await desk.world.person("8")
    await desk.asks()
    await sends(desk, photo())
    preferences = desk.world.recipients.preferences
    async with desk.world.store.unit() as unit:
        await become(desk.world.store, preferences, unit, [person], other, twice={}, at=CLOCK.now())

    await sends(desk, photo(shade=1))

    assert 2 == await count(desk)


async def test_files_are_gone_after_their_days(desk: Staffed) -> None:
    """A file goes when its days are over, whatever becomes of its conversation."""
    await desk.asks()
    await sends(desk, photo())
    await sends(desk, photo(shade=1))
    await desk.world.pool.execute(
        "UPDATE handover_file SET kept_until = now() WHERE id = (SELECT id FROM handover_file LIMIT 1)"
    )

    lease = Lease(desk.world.pool, CLOCK, purge.ROLE, "one")
    await Purge(desk.world.pool, lease, CLOCK, timedelta(days=31)).once()

    assert 1 == await count(desk)


async def test_files_go_with_their_conversation(desk: Staffed) -> None:
    """No file outlives the conversation in which it was sent."""
    await desk.asks()
    await sends(desk, photo())

    await desk.world.pool.execute("DELETE FROM handover")

    assert 0 == await count(desk)


async def test_the_desk_is_handed_a_file_in_parts(desk: Staffed, nats_client: Client) -> None:
    """What is larger than one answer comes in several, and only for the conversation that it is of."""
    conversation, file, content = await desk.asks(), uuid4(), secrets.token_bytes(2 * FILE_PART)
    sealed = RING.seal(content, file_context(file))
    query = "INSERT INTO handover_file VALUES ($1, $2, $3, $4, $5, now() + interval '1 day')"
    values = file, conversation, len(content), sealed.key_id, sealed.box
    await desk.world.pool.execute(query, *values)
    stop = asyncio.Event()
    answering = asyncio.ensure_future(answer_files(nats_client, desk.world.pool, stop))
    try:
        await until(lambda: _answered(nats_client))
        parts = await _parts(nats_client, conversation, file)
        foreign = await _parts(nats_client, uuid4(), file)
        await desk.world.pool.execute("UPDATE handover_file SET kept_until = now()")
        old = await _parts(nats_client, conversation, file)
    finally:
        stop.set()
        await answering

    assert 3 == len(parts)
    assert content == RING.open(Sealed(sealed.key_id, b"".join(parts)), file_context(file))
    assert ([b""], [b""]) == (foreign, old)


async def _answered(client: Client) -> bool:
    """Tell whether somebody answers by now."""
    try:
        await call(client, FILE, FileQuery(conversation_id=uuid4(), file_id=uuid4()), FILE_REPLY)
    except RpcUnavailableError:
        return False
    return True


async def _parts(client: Client, conversation: UUID, file: UUID) -> list[bytes]:
    found: list[bytes] = []
    while True:
        asked = FileQuery(conversation_id=conversation, file_id=file, offset=sum(map(len, found)))
        answer = await call(client, FILE, asked, FILE_REPLY)
        found.append(answer.part)
        if sum(map(len, found)) >= answer.size:
            return found
