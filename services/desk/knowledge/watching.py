"""Keeps the gauges true that only the database knows."""

from runtime.database import sql
from runtime.database.postgres import Pool
from services.desk.knowledge.answers import Answers
from services.desk.knowledge.records import Records
from services.desk.metrics import Metrics

OUTBOX = sql.load("runtime.database", "outbox.sql")
STANDINGS = ("released", "withdrawn")


async def look(pool: Pool, answers: Answers, records: Records, metrics: Metrics) -> None:
    """Look once."""
    standing = await answers.count()
    for name in STANDINGS:
        metrics.answers.labels(name).set(standing.get(name, 0))
    metrics.revision.set(await answers.revision())
    metrics.misses.set(await records.number())
    metrics.outbox.set(await pool.fetchval(OUTBOX["depth"]))
