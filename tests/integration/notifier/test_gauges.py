"""The gauges that only the database knows."""

import asyncpg

from runtime.database.postgres import open_pool
from services.notifier.delivery.upkeep import gauges
from services.notifier.metrics import Metrics
from tests.conftest import Databases

ACCOUNT = {"channel": "telegram", "account": "telegram"}
PERSON = """
INSERT INTO notifier.recipient (id, channel, lookup, address, key_id, heard_at, consented_at, consented_by,
                                unreachable_since, unreachable_reason)
SELECT gen_random_uuid(), 'telegram', decode(repeat($1, 32), 'hex'), 'x', '1', now(),
       CASE WHEN $2 THEN now() END, CASE WHEN $2 THEN 1 END,
       CASE WHEN $3 THEN now() END, CASE WHEN $3 THEN 'blocked' END
"""
GUEST = (False, False)
ANSWER = """
INSERT INTO notifier.delivery (id, channel, recipient_id, kind, class, payload, created_at, expires_at, state)
SELECT gen_random_uuid(), 'telegram', id, 'answer', 0, '{}', now() - interval '1 minute',
       now() + interval '1 day', 'pending'
FROM notifier.recipient LIMIT 1
"""
ENDED = """
INSERT INTO notifier.delivery (id, channel, recipient_id, kind, class, payload, created_at, expires_at, state,
                               reason, ended_at)
SELECT gen_random_uuid(), 'telegram', id, 'notice', 2, '{}', now(), now(), 'withdrawn', 'publisher', now()
FROM notifier.recipient, generate_series(1, 20000)
"""


async def test_people_are_counted_by_standing(databases: Databases) -> None:
    """Those whom we may write to and those whom we can reach are told apart."""
    admin = await asyncpg.connect(databases.admin)
    for mark, consented, unreachable in (("aa", False, False), ("bb", True, False), ("cc", True, True)):
        await admin.execute(PERSON, mark, consented, unreachable)
    await admin.close()
    metrics = Metrics()

    async with open_pool(databases.url("notifier"), "notifier", size=2) as pool:
        await gauges.count_people(pool, metrics)

    value = metrics.registry.get_sample_value
    assert [3, 2, 1] == [
        value("docwatch_notifier_recipients", {"standing": one})
        for one in ("known", "consented", "reachable")
    ]


async def test_the_oldest_delivery_is_aged_by_class(databases: Databases) -> None:
    """An answer of a minute ago is a minute old, and a class without deliveries is 0."""
    admin = await asyncpg.connect(databases.admin)
    await admin.execute(PERSON, "aa", *GUEST)
    await admin.execute(ANSWER)
    await admin.close()
    metrics = Metrics()

    async with open_pool(databases.url("notifier"), "notifier", size=2) as pool:
        await gauges.Queues(pool, metrics, ["telegram"]).look()

    value = metrics.registry.get_sample_value
    assert 60 <= (value("docwatch_notifier_oldest_seconds", ACCOUNT | {"class": "answer"}) or 0) < 90
    assert 0 == value("docwatch_notifier_oldest_seconds", ACCOUNT | {"class": "other"})
    assert 0 == value("docwatch_notifier_outbox_rows")


async def test_what_is_held_back_does_not_wait(databases: Databases) -> None:
    """A delivery of quiet hours is not due before their end, and waits only from then on."""
    admin = await asyncpg.connect(databases.admin)
    await admin.execute(PERSON, "aa", *GUEST)
    await admin.execute(ANSWER)
    await admin.execute("UPDATE notifier.delivery SET held = true, due_at = now() + interval '1 hour'")
    metrics = Metrics()

    async with open_pool(databases.url("notifier"), "notifier", size=2) as pool:
        await gauges.Queues(pool, metrics, ["telegram"]).look()
        value = metrics.registry.get_sample_value
        assert 0 == value("docwatch_notifier_due", ACCOUNT | {"class": "answer"})
        await admin.execute("UPDATE notifier.delivery SET due_at = now() - interval '5 seconds'")
        await admin.close()
        await gauges.Queues(pool, metrics, ["telegram"]).look()

    assert 1 == value("docwatch_notifier_due", ACCOUNT | {"class": "answer"})
    assert 5 <= (value("docwatch_notifier_oldest_seconds", ACCOUNT | {"class": "answer"}) or 0) < 30


async def test_what_waits_is_found_without_reading_what_ended(databases: Databases) -> None:
    """The gauges of the queue go by its indexes, however many deliveries have ended."""
    admin = await asyncpg.connect(databases.admin, server_settings={"search_path": "notifier"})
    await admin.execute(PERSON, "aa", *GUEST)
    await admin.execute(ENDED)
    await admin.execute(ANSWER)
    await admin.execute("ANALYZE notifier.delivery")

    plans = [
        "\n".join(line for (line,) in await admin.fetch(f"EXPLAIN {text}"))
        for text in (gauges.SQL["due"], gauges.SQL["open"])
    ]
    await admin.close()
    assert [] == [one for one in plans if "Seq Scan on delivery" in one]
