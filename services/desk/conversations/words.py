"""What a citizen and staff wrote to each other, for that citizen: sealed as it was sent."""

import asyncio

from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.messages.desk.talk import (
    WORDS,
    WORDS_QUERY,
    Sealed,
    Uttered,
    Words,
)
from contracts.services import DESK
from runtime.database import sql
from runtime.database.postgres import Pool
from runtime.logs import logger

SQL = sql.load("services.desk.conversations", "words.sql")
LOG = logger(__name__)
MOST = 500
MOST_BYTES = 400_000
"""Of boxes: in base64 they fit into one message."""


async def answer_words(client: Client, pool: Pool, stop: asyncio.Event) -> None:
    """Answer who asks for a citizen's words until told to stop; where that fails nobody is answered."""

    async def handle(message: Msg) -> None:
        try:
            asked = WORDS_QUERY.validate_json(message.data)
            rows = await pool.fetch(SQL["words"], asked.recipient_id, MOST + 1)
        except ValidationError as error:
            LOG.warning("unreadable call", errors=error.error_count())
            return
        except Exception:  # whoever asks finds that nobody answers, and may ask again
            LOG.exception("words cannot be read")
            return
        kept, size = [], 0
        for row in rows[:MOST]:
            size += len(row["box"])
            if size > MOST_BYTES:
                break
            kept.append(row)
        words = tuple(
            Uttered(
                utterance_id=row["utterance_id"],
                conversation_id=row["conversation_id"],
                at=row["at"],
                by_staff=row["by_staff"],
                author=row["public_name"],
                text=Sealed.of(row["key"], row["box"]),
            )
            for row in reversed(kept)
        )
        await message.respond(Words(words=words, cut=len(kept) < len(rows)).encoded())

    subscription = await client.subscribe(WORDS, queue=DESK.name, cb=handle)
    try:
        await stop.wait()
    finally:
        await subscription.unsubscribe()
