"""The notifier's batches: notices are stored, claimed, sent and recorded; half of them at once."""

from uuid import UUID

from nats.aio.client import Client

from contracts.catalogue import load_catalogue
from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.keyring import KeyRing
from runtime.messaging.stream_writer import StreamWriter
from sandbox.agency import CATALOGUE
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.wording.i18n import load_voice
from tests.integration.notifier.world import CLOCK, make_world, notice
from tests.integration.plans.tracker_work import published

FILL = """
INSERT INTO recipient (id, channel, lookup, address, key_id, language, consented_at, consented_by, heard_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'telegram', decode(lpad(to_hex(n), 64, '0'), 'hex'), 'x', 'k1', 'en',
    now(), 1, now()
FROM generate_series($1, $2) AS n WHERE n > 100;

INSERT INTO delivery (id, channel, recipient_id, kind, class, subscription_id, revision, payload, created_at,
    expires_at, state, ended_at, reason)
SELECT gen_random_uuid(), channel, id, 'notice', 2, id, 1, '{}', now(), now() + interval '1 day',
    'superseded', now(), 'newer_waits'
FROM recipient WHERE key_id = 'k1' AND address = 'x';

INSERT INTO attempt (delivery_id, number, token, started_at, finished_at, result)
SELECT id, 1, 1, now(), now(), 'accepted' FROM delivery WHERE state = 'superseded' ON CONFLICT DO NOTHING;

INSERT INTO withdrawn_notice (notice_id, reason)
SELECT gen_random_uuid(), 'stopped' FROM generate_series($1, $2) AS n WHERE n > 100;

INSERT INTO outbox (id, subject, payload)
SELECT gen_random_uuid(), 's', ''::bytea FROM generate_series($1, $2) AS n WHERE n > 100;
"""


class NotifierWork:
    """One notifier's parts with a scripted messenger; its people are numbered from 1."""

    def __init__(self, pool: Pool) -> None:
        self._outbox = Outbox(pool, StreamWriter(Client()), CLOCK)
        catalogue = load_catalogue(CATALOGUE)
        recipients = Recipients("telegram", KeyRing([("k1", bytes(32))], PURPOSE))
        self._world = make_world(pool, self._outbox, recipients, catalogue, load_voice(catalogue))
        self._people: dict[int, RecipientId] = {}

    async def _notice(self, number: int, stage: int) -> Notice:
        if number not in self._people:
            self._people[number] = await self._world.person(str(number))
        return notice(self._people[number], subscription=UUID(int=number), revision=stage + 2)

    async def batch(self, stage: int, first: int, events: int) -> None:
        """Tell people something, half of it while nobody sends yet."""
        told = [await self._notice(n, stage) for n in range(first, first + events)]
        half = events // 2
        await self._world.keep(*told[:half])
        lease = await self._world.lease()
        async with self._world.sending(lease):
            await self._world.ended(*(one.notice_id for one in told[:half]))
            await self._world.keep(*told[half:])
            await self._world.ended(*(one.notice_id for one in told))
        await lease.release()
        await published(self._outbox)
