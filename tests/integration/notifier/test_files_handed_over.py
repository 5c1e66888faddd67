"""Files of conversations, handed to the desk a part at a time."""

import asyncio
import secrets
from uuid import UUID, uuid4

from nats.aio.client import Client

from contracts.messages.desk.talk import FILE, FILE_PART, FILE_REPLY, FileQuery, file_context
from runtime.keyring import Sealed
from runtime.messaging.jetstream import RpcUnavailableError, call
from services.notifier.files.answering import answer_files
from tests.integration.notifier.staffed import RING, staffed
from tests.integration.notifier.world import World
from tests.waiting import until


async def test_the_desk_is_handed_a_file_in_parts(world: World, nats_client: Client) -> None:
    """What is larger than one answer comes in several, and only for the conversation that it is of."""
    desk = staffed(world)
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
