"""A connection to NATS for the length of one command."""

import asyncio
from contextlib import suppress
from pathlib import Path

import nats.errors
import nats.js.errors
from nats.aio.client import Client

from cli.errors import CommandError
from contracts.streams import CONSUMERS
from runtime.messaging.jetstream import addresses
from runtime.messaging.tls import tls_options

PATIENCE_SECONDS = 15.0
ATTEMPTS = 4
PAUSE_SECONDS = 1.0


async def connect(url: str, ca: Path | None) -> Client:
    """Connect; CommandError that says why where that does not work within seconds, tried some times."""
    met = list[Exception]()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for attempt in range(ATTEMPTS):
                if attempt:
                    await asyncio.sleep(PAUSE_SECONDS)
                with suppress(OSError, nats.errors.Error):
                    return await _connected(url, ca, met)
    except TimeoutError as error:
        met = met or [error]
    raise CommandError(f"cannot connect to NATS: {met[-1]}")


async def _connected(url: str, ca: Path | None, met: list[Exception]) -> Client:
    client = Client()

    async def failed(error: Exception) -> None:
        met[:] = [error]

    # A client that may come again waits for ever for the end of a connection whose handshake failed.
    await client.connect(
        addresses(url),
        connect_timeout=5,
        allow_reconnect=False,
        max_reconnect_attempts=3,
        error_cb=failed,
        **tls_options(url, ca),
    )
    client.options["allow_reconnect"] = True
    return client


async def nobody_reads(client: Client) -> None:
    """Raise CommandError where a service waits for messages of a stream."""
    js = client.jetstream()
    for consumer in CONSUMERS:
        with suppress(nats.js.errors.NotFoundError):
            if (await js.consumer_info(consumer.stream, consumer.durable)).num_waiting:
                raise CommandError(f"somebody still reads {consumer.stream}: stop the services first")
