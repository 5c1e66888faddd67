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
ATTEMPT_SECONDS = 5.0


async def connect(url: str, ca: Path | None) -> Client:
    """Connect; CommandError that says why where that does not work within seconds, tried some times."""
    met = list[Exception]()

    async def failed(error: Exception) -> None:
        met[:] = [error]

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                client = Client()
                trying = client.connect(
                    addresses(url),
                    connect_timeout=5,
                    max_reconnect_attempts=3,
                    reconnect_time_wait=1,
                    error_cb=failed,
                    **tls_options(url, ca),
                )
                # After a failed handshake the client waits for ever for the end of its connection.
                with suppress(TimeoutError):
                    await asyncio.wait_for(trying, ATTEMPT_SECONDS)
                    return client
    except (TimeoutError, OSError, nats.errors.Error) as error:
        raise CommandError(f"cannot connect to NATS: {met[-1] if met else error}") from None


async def nobody_reads(client: Client) -> None:
    """Raise CommandError where a service waits for messages of a stream."""
    js = client.jetstream()
    for consumer in CONSUMERS:
        with suppress(nats.js.errors.NotFoundError):
            if (await js.consumer_info(consumer.stream, consumer.durable)).num_waiting:
                raise CommandError(f"somebody still reads {consumer.stream}: stop the services first")
