"""The tracker's batches: events are taken in, notices made, and the reports about them entered."""

from datetime import UTC, datetime
from itertools import count

from nats.aio.client import Client

from contracts.catalogue import load_catalogue
from contracts.messages.delivery import DeliveryEnd, DeliveryReport
from contracts.messages.notice import NOTICE
from contracts.streams import NOTICE_SUBJECT
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox, Row
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from services.tracker.domain.batch import Source
from services.tracker.ledger.ends import Ledger
from services.tracker.ledger.reports import Report
from tests.integration.tracker.conftest import SAMPLE, STAGES, Tracker, stage_event

FILL = """
INSERT INTO application (application_key, document_type, masked)
SELECT lpad(to_hex(n), 64, '0'), 'id_card', '...42' FROM generate_series($1, $2) AS n;

INSERT INTO event (publisher, event_id, digest, application_key, document_type, stage, rank, detour,
    occurred_at, missing, correction, restart, notify, effect, notices, stream_sequence, accepted_at,
    taken_at)
SELECT 'before', format('b%s', n), repeat('0', 64), lpad(to_hex(n), 64, '0'), 'id_card', 'accepted', 10,
    false, '2026-01-01', '{}', false, false, true, 'repeat', 0, n, now(), now()
FROM generate_series($1, $2) AS n WHERE n > 100;

INSERT INTO claim (claim_id, publisher, receipt_id, generation, application_key, token_hash, code_hash,
    max_redemptions, issued_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'office', n, 1, lpad(to_hex(n), 64, '0'), lpad(to_hex(n), 64, '0'),
    lpad(to_hex(n), 64, '0'), 5, now()
FROM generate_series($1, $2) AS n;

INSERT INTO subscription (subscription_id, application_key, recipient_id, claim_id, consent_version,
    consented_at, created_at)
SELECT claim_id, application_key, claim_id, claim_id, '1', now(), now() FROM claim
WHERE claim_id >= lpad(to_hex($1), 32, '0')::uuid;

INSERT INTO notice (notice_id, subscription_id, recipient_id, application_key, publisher, event_id, kind,
    revision, created_at)
SELECT gen_random_uuid(), lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid,
    lpad(to_hex(n), 64, '0'), 'before', format('b%s', n), 'advance', 1, now()
FROM generate_series($1, $2) AS n WHERE n > 100;

INSERT INTO set_aside (id, stream, stream_sequence, effect, publisher, event_id, reason, at)
SELECT gen_random_uuid(), 'STAGES', n, 'duplicate', 'before', format('b%s', n), 'again', now()
FROM generate_series($1, $2) AS n WHERE n > 100;

INSERT INTO outbox (id, subject, payload)
SELECT gen_random_uuid(), 's', ''::bytea FROM generate_series($1, $2) AS n WHERE n > 100;

INSERT INTO publisher_grant (owner, publisher, application_key, granted_by)
SELECT 'before', format('office%s', n % 20), lpad(to_hex(n), 64, '0'), 'history'
FROM generate_series($1, $2) AS n WHERE n > 100;
"""


class TrackerWork:
    """One tracker without its loops; its applications are numbered from 1."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._numbers = count(1)
        self._tracker = Tracker(pool, load_catalogue(SAMPLE), StreamWriter(Client()))
        self._ledger = Ledger(pool, self._tracker.outbox, SystemClock())

    async def batch(self, stage: int, first: int, events: int) -> None:
        """Take a stage of some applications in, tell it, and enter what became of each notice."""
        number, now = next(self._numbers), datetime.now(UTC)
        bodies = [
            stage_event(f"{number}/{n}", STAGES[stage], application=n) for n in range(first, first + events)
        ]
        await self._tracker.take(*bodies)
        await self._tracker.take(*bodies[:1])
        rows = await published(self._tracker.outbox)
        told = [NOTICE.validate_json(row.payload).notice_id for row in rows if row.subject == NOTICE_SUBJECT]
        assert len(told) == events
        reports = [
            Report(
                Source("DELIVERIES", number * 1000 + place, b""),
                DeliveryReport(notice_id=notice_id, status=DeliveryEnd.ACCEPTED, attempts=1, at=now),
            )
            for place, notice_id in enumerate(told)
        ]
        await self._ledger.enter(reports)
        await published(self._tracker.outbox)


async def published(outbox: Outbox) -> list[Row]:
    """Delete what was committed into an outbox as if its messages stood in their streams, and return it."""
    rows: list[Row] = []
    while not outbox._fresh.empty():
        rows += outbox._fresh.get_nowait()
    outbox._stored += [row.id for row in rows]
    await outbox._forget()
    return rows
