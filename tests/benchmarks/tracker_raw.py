"""The raw limit of the tracker: `python -m tests.benchmarks.tracker_raw EVENTS BATCH`.

One consumer, one connection: fetch, validate, the tracker's own statements with values made the shortest way,
commit, publish what follows, forget it, ack. It decides nothing, so it is right for events in order only.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import nats
import uvloop
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext

from contracts.messages.stage import STAGE_EVENT, StageEvent
from contracts.streams import NOTICE_SUBJECT, OUTCOME_SUBJECT, TRACKER_STAGES
from runtime.database import outbox
from runtime.database.postgres import OwnConnection
from services.tracker.intake.publisher_brake import SQL as PACE
from services.tracker.store import applications, history, holds, notices, set_aside
from tests.benchmarks.town import STAGES

NOTICE, OUTCOME = b"n" * 560, b"o" * 260
"""As long as what the tracker says."""
Worded = Callable[[StageEvent, int, UUID, UUID, datetime], bytes]
"""The notice of an event: its revision, subscription and recipient, and the present."""


async def take(
    connection: OwnConnection, messages: Sequence[Msg], worded: Worded = lambda *_: NOTICE
) -> list[tuple[UUID, str, bytes]]:
    """Take a batch in; return what is to be published."""
    events = [STAGE_EVENT.validate_json(message.data) for message in messages]
    numbers = [message.metadata.sequence.stream for message in messages]
    keys = [event.application_key for event in events]
    publishers, names = [event.publisher for event in events], [event.event_id for event in events]
    now, count = datetime.now(UTC), len(events)
    async with connection.transaction():
        columns = keys, [event.document_type for event in events], [event.masked for event in events]
        await connection.execute(applications.SQL["insert_applications"], *columns)
        rows = await connection.fetch(applications.SQL["lock_applications"], keys)
        revisions = {row["application_key"]: row["revision"] + 1 for row in rows}
        await connection.fetch(set_aside.SQL["dealt_with"], [uuid4() for _ in events])
        await connection.fetch(history.SQL["inbox"], publishers, names)
        found = await connection.fetch(applications.SQL["followers"], keys)
        followers = {row["application_key"]: (row["subscription_id"], row["recipient_id"]) for row in found}
        await connection.fetch(history.SQL["insert_events"], *_history(events, numbers), now)
        await connection.execute(applications.SQL["move_applications"], *_states(events, revisions, now))
        ids = [uuid4() for _ in events]
        told = [followers[key] for key in keys]
        ledger = ids, [one for one, _ in told], [who for _, who in told], keys, publishers, names
        await connection.execute(
            notices.SQL["insert_notices"], *ledger, ["advance"] * count, [revisions[key] for key in keys], now
        )
        hour = now.replace(minute=0, second=0, microsecond=0)
        pace = publishers[:1], [hour], [events[0].stage]
        await connection.execute(PACE["note_pace"], *pace, [count], 0)
        await connection.fetch(PACE["pace_of"], *pace[:2])
        await connection.fetch(holds.SQL["held_of"], publishers[:1])
        rows_out = [
            (one, NOTICE_SUBJECT, worded(event, revisions[event.application_key], *who, now))
            for one, event, who in zip(ids, events, told, strict=True)
        ]
        rows_out += [(uuid4(), OUTCOME_SUBJECT, OUTCOME) for _ in events]
        kept = [list(column) for column in zip(*rows_out, strict=True)]
        await connection.execute(outbox.SQL["insert_rows"], *kept, [None] * len(rows_out))
    return rows_out


def _history(events: Sequence[StageEvent], numbers: Sequence[int]) -> list[list[object]]:
    rows = [
        (
            *(one.publisher, one.event_id, one.digest, one.application_key, one.document_type, one.stage),
            *(one.office, one.note, one.expected_at, "", STAGES.index(one.stage) * 10, False),
            *(one.occurred_at, one.sequence, one.correction, one.restart, one.notify, "advance", 1),
            *(number, one.accepted_at),
        )
        for one, number in zip(events, numbers, strict=True)
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _states(events: Sequence[StageEvent], revisions: dict[str, int], now: datetime) -> list[list[object]]:
    rows = [
        (
            *(one.application_key, one.document_type, one.stage, one.office, one.note, one.expected_at, ""),
            *(revisions[one.application_key], 0, STAGES.index(one.stage) * 10, False, one.occurred_at),
            *(one.publisher, one.event_id, one.occurred_at, one.sequence, 10, one.publisher, one.event_id),
            *(now, one.publisher),
        )
        for one in events
    ]
    return [list(column) for column in zip(*rows, strict=True)]


async def relay(
    js: JetStreamContext, connection: OwnConnection, rows: Sequence[tuple[UUID, str, bytes]]
) -> None:
    """Publish, wait for all acknowledgements, forget."""
    sent = [
        await js.publish_async(subject, payload, headers={"Nats-Msg-Id": str(number)})
        for number, subject, payload in rows
    ]
    await asyncio.gather(*sent)
    await connection.execute(outbox.SQL["delete_rows"], [number for number, _, _ in rows])


async def main(count: int, size: int) -> None:
    """Take so many events in and print the seconds and the CPU seconds."""
    client = await nats.connect(os.environ["BENCH_NATS_URL"])
    js = client.jetstream(publish_async_max_pending=4000)
    connection = await asyncpg.connect(
        os.environ["BENCH_DATABASE_URL"], server_settings={"search_path": "tracker"}
    )
    reader = await js.pull_subscribe_bind(TRACKER_STAGES.durable, TRACKER_STAGES.stream)
    began, used, done = time.perf_counter(), time.process_time(), 0
    while done < count:
        messages = await reader.fetch(size, timeout=5)
        for start in range(0, len(messages), size):
            batch = messages[start : start + size]
            rows = await take(connection, batch)
            await relay(js, connection, rows)
            for message in batch:
                await message.ack()
        done += len(messages)
    await client.flush()
    took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}
    await connection.close()
    await client.close()
    print(json.dumps(took))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
