"""The raw hops of an event's way, one after the other: `python -m tests.benchmarks.latency_raw URL MESSAGES`.

Delivery by the stream, the tracker's statements, publish and delivery of a notice, the notifier's statements
and one POST, by the leanest means, one event at a time. Prints the seconds of each from the stream's first
acknowledgement to the answer of the messenger.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp
import asyncpg
import nats
import uvloop

from contracts.messages.notice import NOTICE
from contracts.streams import NOTICE_SUBJECT, NOTIFIER_NOTICES, STAGE_SUBJECT, TRACKER_STAGES
from tests.benchmarks import town
from tests.benchmarks.notifier_raw import TEXT
from tests.benchmarks.tracker_raw import take
from tests.benchmarks.way_raw import notice, stored, tenure

ENDED = "WITH a AS (DELETE FROM attempt WHERE delivery_id = $1) DELETE FROM delivery WHERE id = $1"
"""What lets the next message of a person go, after the clock has stopped."""


async def main(url: str, count: int) -> None:
    """Send so many events on their way, one at a time, and print how long each took."""
    client = await nats.connect(os.environ["BENCH_NATS_URL"])
    js = client.jetstream()
    tracker = await asyncpg.connect(
        os.environ["BENCH_TRACKER_URL"], server_settings={"search_path": "tracker"}
    )
    notifier = await asyncpg.connect(
        os.environ["BENCH_NOTIFIER_URL"], server_settings={"search_path": "notifier"}
    )
    stages = await js.pull_subscribe_bind(TRACKER_STAGES.durable, TRACKER_STAGES.stream)
    notices = await js.pull_subscribe_bind(NOTIFIER_NOTICES.durable, NOTIFIER_NOTICES.stream)
    rows = await tracker.fetch(
        "SELECT application_key, masked, recipient_id FROM application JOIN subscription"
        " USING (application_key) LIMIT $1",
        count,
    )
    token = await tenure(notifier)
    took = []
    async with aiohttp.ClientSession() as session:
        for number, row in enumerate(rows):
            event = town.stage_event(row["application_key"], row["masked"], f"raw-{uuid4()}", town.STAGES[0])
            await js.publish(STAGE_SUBJECT, event.encoded())
            began = time.perf_counter()
            (message,) = await stages.fetch(1, timeout=5)
            await take(tracker, [message])
            now = datetime.now(UTC)
            await js.publish(NOTICE_SUBJECT, notice(event, 1, uuid4(), row["recipient_id"], now))
            (told,) = await notices.fetch(1, timeout=5)
            claimed = await stored(notifier, token, [NOTICE.validate_json(told.data)])
            assert len(claimed) == 1
            body = {"chat_id": number, "text": TEXT}
            async with session.post(f"{url}/bot1:x/sendMessage", json=body) as answer:
                await answer.read()
            took.append(time.perf_counter() - began)
            await message.ack()
            await told.ack()
            await notifier.execute(ENDED, claimed[0]["id"])
    await client.close()
    await tracker.close()
    await notifier.close()
    print(json.dumps({"took": took}))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
