"""The raw limits of ingest, each a lean program of its own.

`publish` puts prepared messages (records of message id and body in turns) into the stream by nats-py's
`publish_async`, so many in flight, and prints what it took; `app` is a bare ASGI application that validates
one event and awaits the acknowledgement of the stream.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import uvicorn
import uvloop
from nats.js.client import JetStreamContext
from pydantic import TypeAdapter
from starlette.types import Receive, Scope, Send

from contracts.streams import STAGE_SUBJECT
from services.ingest.domain.events import CloudEvent
from tests.benchmarks.records import read_records

ADAPTER = TypeAdapter(CloudEvent)
ANSWER = b'{"accepted":1,"duplicates":0,"warnings":[],"rejected":[]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


async def publish(url: str, file: Path, flight: int) -> None:
    """Publish everything and print the seconds and the CPU seconds."""
    records = read_records(file)
    messages = [(name.decode(), body) for name, body in zip(records[::2], records[1::2], strict=True)]
    async with stream(url, flight) as js:
        began, used = time.perf_counter(), time.process_time()
        sent = [
            await js.publish_async(STAGE_SUBJECT, body, headers={"Nats-Msg-Id": name})
            for name, body in messages
        ]
        acks = await asyncio.gather(*sent)
        took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}
    if any(ack.duplicate for ack in acks):
        raise SystemExit("a message was there before")
    print(json.dumps(took))


@asynccontextmanager
async def stream(url: str, flight: int) -> AsyncIterator[JetStreamContext]:
    """Connect for the length of the block."""
    client = await nats.connect(url)
    try:
        yield client.jetstream(publish_async_max_pending=flight)
    finally:
        await client.close()


async def serve(url: str, port: int) -> None:
    """Serve single posts until told to stop, by the same server as ours with the same options."""
    async with stream(url, 1000) as js:

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            body, more = b"", scope["path"] == "/v1/events"
            while more:
                message = await receive()
                body, more = body + message["body"], message.get("more_body", False)
            if body:
                event = ADAPTER.validate_json(body)
                await (await js.publish_async(STAGE_SUBJECT, body, headers={"Nats-Msg-Id": event.id}))
            await send({"type": "http.response.start", "status": 202 if body else 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": ANSWER})

        await uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off")).serve()


def main() -> None:
    """Read the arguments and run one of both; the stream's address stands in the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("limit", choices=("publish", "app"))
    parser.add_argument("--file", type=Path)
    parser.add_argument("--flight", type=int, default=1000)
    parser.add_argument("--port", type=int)
    chosen = parser.parse_args()
    url = os.environ["BENCH_NATS_URL"]
    uvloop.run(
        publish(url, chosen.file, chosen.flight) if chosen.limit == "publish" else serve(url, chosen.port)
    )


if __name__ == "__main__":
    main()
