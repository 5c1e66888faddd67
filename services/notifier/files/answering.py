"""The desk's questions for files: answered a part at a time, sealed as it is kept."""

import asyncio

from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.desk.talk import FILE, FILE_PART, FILE_QUERY, FilePart
from contracts.services import NOTIFIER
from runtime.database.postgres import Pool
from runtime.logs import logger
from services.notifier.files.keeping import SQL

LOG = logger(__name__)


async def answer_files(client: Client, pool: Pool, stop: asyncio.Event) -> None:
    """Answer who asks for parts of files until told to stop; where that fails nobody is answered."""

    async def handle(message: Msg) -> None:
        try:
            asked = FILE_QUERY.validate_json(message.data)
            values = asked.conversation_id, asked.file_id, asked.offset, FILE_PART
            row = await pool.fetchrow(SQL["part"], *values)
        except ValidationError as error:
            LOG.warning("unreadable call", errors=error.error_count())
            return
        except Exception:  # whoever asks finds that nobody answers, and may ask again
            LOG.exception("a file cannot be read")
            return
        part = FilePart() if row is None else FilePart.of(row["key_id"], row["size"], row["part"])
        await message.respond(part.encoded())

    subscription = await client.subscribe(FILE, queue=NOTIFIER.name, cb=handle)
    try:
        await stop.wait()
    finally:
        await subscription.unsubscribe()
