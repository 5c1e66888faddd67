"""The bucket of answers under the rights of deploy/nats: the desk writes it, the notifier follows it."""

import asyncio
from typing import Any

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import NoStreamResponseError

from cli.installation.provisioning import provision_streams
from contracts.streams import KNOWLEDGE
from runtime.messaging.buckets import BucketWriter
from tests.integration.deployed.server import Deployed


async def test_the_desk_writes_and_the_notifier_follows(deployed: Deployed) -> None:
    """Every change comes to who follows, whole at the start, and who follows cannot write."""
    await provision_streams(deployed.url("provision"), ca=deployed.ca)
    async with deployed.connected("desk") as desk, deployed.connected("notifier") as notifier:
        writer = BucketWriter(desk.client, KNOWLEDGE)
        before = await writer.read()
        await writer.write("fee", b"one", 0)
        bucket = await notifier.client.jetstream().key_value(KNOWLEDGE.name)
        watcher: Any = await bucket.watchall()  # without types in the library
        seen = [await watcher.updates(), await watcher.updates()]
        await writer.write("fee", b"two", (await writer.read())["fee"].revision)
        seen.append(await watcher.updates())
        await writer.write("fee", None, (await writer.read())["fee"].revision)
        seen.append(await watcher.updates())
        await watcher.stop()
        with pytest.raises((NatsTimeoutError, NoStreamResponseError, asyncio.TimeoutError)):
            await notifier.client.jetstream(timeout=0.5).publish("$KV.knowledge.fee", b"mine")

    assert {} == before
    assert [("fee", b"one", None), None, ("fee", b"two", None), ("fee", b"", "DEL")] == [
        None if one is None else (one.key, one.value, one.operation) for one in seen
    ]
    assert [] == desk.errors
    assert ["$kv.knowledge.fee" in one.lower() for one in notifier.errors] == [True]
