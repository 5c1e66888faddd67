"""The desk's batches: people open conversations, staff take and answer them, and hear that it arrived."""

from uuid import uuid4

from nats.aio.client import Client

from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.conversations.views import Held
from tests.integration.desk.people import Desk
from tests.integration.plans.tracker_work import published

FILL = """
INSERT INTO citizen (recipient_id) SELECT gen_random_uuid() FROM generate_series($1, $2);

INSERT INTO conversation (conversation_id, recipient_id, opened_at, language, answers, answered_at, closed_at,
    closed_why)
SELECT gen_random_uuid(), recipient_id, now(), 'uk', 1, now(), now(), 'answered' FROM citizen
ON CONFLICT DO NOTHING;

INSERT INTO utterance (utterance_id, conversation_id, by_staff, number, at, key, box)
SELECT gen_random_uuid(), conversation_id, false, 1, now(), '1', ''::bytea FROM conversation
ON CONFLICT DO NOTHING;

INSERT INTO talk_seen (talk_id) SELECT gen_random_uuid() FROM generate_series($1, $2);

INSERT INTO outbox (id, subject, payload)
SELECT gen_random_uuid(), 's', ''::bytea FROM generate_series($1, $2);
"""


class DeskWork:
    """One desk of people who answer."""

    def __init__(self, pool: Pool) -> None:
        self._outbox = Outbox(pool, StreamWriter(Client()), SystemClock())
        self._desk = Desk(pool, self._outbox)

    async def batch(self, stage: int, first: int, events: int) -> None:
        """Open conversations in one batch, and answer some of them one by one."""
        talks = [self._desk.talks() for _ in range(events)]
        await self._desk.take(*(one.opened(f"{stage}/{first}") for one in talks))
        viewer = await self._desk.staff(f"S{uuid4().hex}")
        await self._desk.conversations.waiting(viewer, 20)
        for _ in range((events + 3) // 4):
            held = await self._desk.conversations.take(viewer, None)
            assert isinstance(held, Held)
            reply = uuid4()
            await self._desk.conversations.answer(viewer, held.about.conversation_id, "Готовий.", reply)
        await self._desk.take(*(one.withdrawn() for one in talks))
        await published(self._outbox)
