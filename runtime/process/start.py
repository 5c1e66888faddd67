"""What every service does before it serves: reach its servers, and refuse to start where they are not fit."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nats.errors
import nats.js.errors
from faststream.nats import NatsBroker
from faststream.nats.security import NatsSecurity
from nats.aio.client import Client

from runtime.clock import SystemClock
from runtime.database.migrations import pending
from runtime.database.postgres import UNUSABLE, Pool, open_pool
from runtime.errors import SettingsError, StartError
from runtime.logs import logger
from runtime.messaging.connection_state import ConnectionState
from runtime.messaging.jetstream import connected, make_broker
from runtime.messaging.provision import BucketSpec, ConsumerSpec, StreamSpec, drift
from runtime.messaging.refused_rights import RefusedRights
from runtime.messaging.tls import tls_context
from runtime.process.lifecycle import Stop
from runtime.process.operations import Check
from runtime.settings import RuntimeSettings

LOG = logger(__name__)
CONNECT_SECONDS = 15.0
CLOSE_SECONDS = 8.0
_HELP = "run: docwatch provision"


@asynccontextmanager
async def database(url: str, schema: str, package: str, *, size: int) -> AsyncIterator[Pool]:
    """Open a service's pool; StartError where it cannot be reached or its schema is not up to date."""
    async with AsyncExitStack() as stack:
        try:
            pool = await stack.enter_async_context(open_pool(url, schema, size=size))
            async with pool.acquire() as connection:
                missing = await pending(connection, package)
        except ValueError:
            # What it says could show the password that the address holds.
            raise StartError("DOCWATCH_DATABASE_URL is no address of a database") from None
        except UNUSABLE as error:
            raise StartError(f"cannot use the database: {str(error) or type(error).__name__}") from None
        if missing:
            raise StartError(f"the schema {schema} lacks {', '.join(missing)}; {_HELP}")
        yield pool


@dataclass(frozen=True)
class Bus:
    """A connection to NATS: a broker, not started, its client, what is refused it, and whether it breaks."""

    broker: NatsBroker
    client: Client
    refused_rights: RefusedRights
    state: ConnectionState


@asynccontextmanager
async def messaging(settings: RuntimeSettings, name: str, stop: Stop) -> AsyncIterator[Bus]:
    """Connect to NATS.

    StartError where NATS does not answer. A connection that closes for good ends the process. Leaving never
    raises, even while NATS is down. `name` is the service's, below which it listens to its answers.
    """
    url = settings.nats_url.get_secret_value()
    refused_rights, state, met = RefusedRights(SystemClock()), ConnectionState(), list[Exception]()

    def failed(error: Exception) -> None:
        refused_rights.note(error)
        met[:] = [error]

    closed = partial(stop.fail, "the connection to NATS is closed")
    broker = make_broker(url, name, closed, failed, state=state, security=_security(url, settings.nats_ca))
    try:
        client = await asyncio.wait_for(connected(broker), CONNECT_SECONDS)
    except (TimeoutError, OSError, nats.errors.Error) as error:
        last = met[-1] if met else error
        raise StartError(f"cannot connect to NATS in {CONNECT_SECONDS:g} s: {last!r}") from None
    try:
        yield Bus(broker, client, refused_rights, state)
    finally:
        try:
            await asyncio.wait_for(broker.stop(), CLOSE_SECONDS)
        except (TimeoutError, OSError, nats.errors.Error) as error:
            LOG.warning("NATS was not left in order", error=repr(error))
        if not client.is_closed:
            await client.close()


def _security(url: str, ca: Path | None) -> NatsSecurity | None:
    try:
        context = tls_context(url, ca)
    except SettingsError as error:
        raise StartError(str(error)) from None
    return None if context is None else NatsSecurity(ssl_context=context, tls_handshake_first=True)


async def assert_streams(
    client: Client,
    streams: Iterable[StreamSpec],
    consumers: Iterable[ConsumerSpec],
    buckets: Iterable[BucketSpec] = (),
) -> None:
    """Raise StartError that names every stream, consumer and bucket that is missing or not as it must be."""
    try:
        differences = await drift(client.jetstream(), streams, consumers, buckets)
    except (TimeoutError, nats.errors.Error, nats.js.errors.Error) as error:
        raise StartError(f"cannot read what streams there are: {error!r}") from None
    if differences:
        raise StartError(f"{'; '.join(differences)}; {_HELP}")


def fitness(bus: Bus, pool: Pool) -> dict[str, Check]:
    """Return every service's checks of readiness: NATS is there and refuses nothing, the database answers."""

    async def connected() -> str | None:
        return None if bus.client.is_connected else "not connected to NATS"

    async def answers() -> str | None:
        await pool.fetchval("SELECT 1")
        return None

    return {"nats": connected, "rights": bus.refused_rights.check, "database": answers}
