"""What the tests of the wrong batch share: a publisher with a past, its followers, its flood."""

from datetime import UTC, datetime

from contracts.messages.delivery import DeliveryEnd, DeliveryReport
from contracts.messages.ids import Publisher
from runtime.clock import SystemClock
from services.tracker.domain.batch import Source
from services.tracker.ledger.ends import Ledger
from services.tracker.ledger.reports import Report
from tests.integration.tracker.conftest import Tracker, key, stage_event

OFFICE = Publisher("office")
FLOOR = 100
BATCH = 200
NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)

DAYS = """
INSERT INTO pace (publisher, hour, stage, shard, events)
SELECT 'office', date_trunc('hour', now(), 'UTC') - make_interval(days => day), stage, 0, events
FROM generate_series(1, 5) AS day,
    (VALUES ('accepted', 40), ('printing', 30), ('rejected', 2)) AS s (stage, events)
"""

FOLLOW = """
WITH made AS (
    INSERT INTO application (application_key, document_type, masked)
    SELECT lpad(to_hex(n), 64, '0'), 'id_card', '...42' FROM generate_series(0, $1 - 1) AS n
    RETURNING application_key
), claims AS (
    INSERT INTO claim (claim_id, publisher, receipt_id, generation, application_key, token_hash, code_hash,
        max_redemptions, issued_at)
    SELECT gen_random_uuid(), 'office', application_key, 1, application_key, application_key,
        application_key, 5, now()
    FROM made
    RETURNING claim_id, application_key
)
INSERT INTO subscription (subscription_id, application_key, recipient_id, claim_id, consent_version,
    consented_at, created_at)
SELECT gen_random_uuid(), application_key, gen_random_uuid(), claim_id, '1', now() - interval '1 day',
    now() - interval '1 day'
FROM claims
"""


async def usual_days(tracker: Tracker) -> None:
    """Let the publisher have sent a mix on each of the last days."""
    await tracker.pool.execute(DAYS)


async def follow_all(tracker: Tracker, applications: int) -> None:
    """Let one person follow each of the first applications, since yesterday."""
    await tracker.pool.execute(FOLLOW, applications)


async def flood(tracker: Tracker, until: int, *, start: int = 0, stage: str = "rejected") -> None:
    """Take one stage of many applications in, a batch after the other, all accepted now."""
    now = datetime.now(UTC)
    for first in range(start, until, BATCH):
        numbers = range(first, min(first + BATCH, until))
        events = [stage_event(f"{stage}{n}", stage, application=n, accepted_at=now) for n in numbers]
        await tracker.take(*events)


async def told(tracker: Tracker) -> int:
    """Count the notices that are on their way to the notifier."""
    count = "SELECT count(*) FROM outbox WHERE subject = 'docwatch.notice.v1'"
    found: int = await tracker.pool.fetchval(count)
    return found


async def end(tracker: Tracker, how: DeliveryEnd, *, most: int = 10_000) -> None:
    """Let the notifier report an end of notices that it has, a batch after the other."""
    rows = await tracker.pool.fetch(
        "SELECT notice_id FROM notice WHERE ended_as IS NULL"
        " AND NOT EXISTS (SELECT FROM held WHERE held.notice_id = notice.notice_id)"
        " ORDER BY created_at, notice_id LIMIT $1",
        most,
    )
    bodies = [DeliveryReport(notice_id=row[0], status=how, attempts=1, at=NOW) for row in rows]
    reports = [Report(Source("DELIVERIES", number, b""), body) for number, body in enumerate(bodies)]
    ledger = Ledger(tracker.pool, tracker.outbox, SystemClock())
    for first in range(0, len(reports), BATCH):
        await ledger.enter(reports[first : first + BATCH])


async def stages(tracker: Tracker, *applications: int) -> list[str | None]:
    """Return where applications stand."""
    rows = await tracker.pool.fetch(
        "SELECT stage FROM application WHERE application_key = ANY($1) ORDER BY application_key",
        [key(one) for one in applications],
    )
    return [row["stage"] for row in rows]
