"""All streams and buckets with their consumers, into a folder and out of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats.js.errors
from nats.aio.client import Client

from cli.errors import CommandError
from cli.moving.contents import SavedStream, stream_file
from contracts.streams import BUCKETS, STREAMS
from runtime.messaging import snapshots

NAMES = (*(one.name for one in STREAMS), *(one.stream for one in BUCKETS))


async def save(client: Client, folder: Path) -> list[SavedStream]:
    """Write each stream into a file of its own; return what the server says of them."""
    js, found = client.jetstream(), []
    for name in NAMES:
        try:
            created = (await js.stream_info(name)).created
        except nats.js.errors.NotFoundError:
            raise CommandError(f"there is no stream {name}: run docwatch provision first") from None
        if created is None:
            raise CommandError(f"the server does not say when {name} was made")
        snapshot = await snapshots.save(client, name, stream_file(folder, name))
        found.append(
            SavedStream(name=name, created=created, config=dict(snapshot.config), state=dict(snapshot.state))
        )
    return found


async def make_room(client: Client) -> None:
    """Remove streams that hold nothing and never did; CommandError, before any is removed, where one does."""
    js, empty = client.jetstream(), []
    for name in NAMES:
        try:
            state = (await js.stream_info(name)).state
        except nats.js.errors.NotFoundError:
            continue
        if state.last_seq:
            raise CommandError(f"the stream {name} is in use; load into a NATS that has none of ours")
        empty.append(name)
    for name in empty:
        await js.delete_stream(name)


@asynccontextmanager
async def loaded(
    client: Client, folder: Path, saved: tuple[SavedStream, ...], replicas: int
) -> AsyncIterator[None]:
    """Make the streams from their files, with so many copies each; where the block fails none stays."""
    js = client.jetstream()
    try:
        for one in saved:
            await snapshots.load(client, one.snapshot, stream_file(folder, one.name), replicas=replicas)
        yield
    except BaseException:  # cancellation too: half a load must not stay
        for one in saved:
            with suppress(nats.js.errors.NotFoundError):
                await js.delete_stream(one.name)
        raise
