"""Snapshots of streams: what a stream holds and how far each of its consumers is, as one file, and back.

The server writes and reads the file. A stream that is loaded has the numbers, times and ids of all its
messages as they were; it is another life of the stream all the same, with a creation of its own.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

CHUNK_BYTES = 128 * 1024
PATIENCE_SECONDS = 20.0
"""How long one answer of the server may take, or one part of a file."""


class SnapshotError(Exception):
    """The server refused or broke off, or what it has made is not what was saved."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stream as it was saved, in the words of the server."""

    config: Mapping[str, Any]
    state: Mapping[str, Any]

    @property
    def stream(self) -> str:
        """The stream's name."""
        return str(self.config["name"])

    @property
    def extent(self) -> tuple[int, int]:
        """How many messages it holds, and the number of the last one."""
        return int(self.state["messages"]), int(self.state["last_seq"])


async def save(client: Client, stream: str, path: Path) -> Snapshot:
    """Write a stream with its consumers into a file, while others may go on with it."""
    inbox = client.new_inbox()
    parts = await client.subscribe(inbox)
    try:
        wanted = {"deliver_subject": inbox, "chunk_size": CHUNK_BYTES, "no_consumers": False}
        head = await _asked(client, f"$JS.API.STREAM.SNAPSHOT.{stream}", json.dumps(wanted).encode())
        with path.open("wb") as file:
            while (part := await parts.next_msg(timeout=PATIENCE_SECONDS)).data:
                await asyncio.to_thread(file.write, part.data)
                if part.reply:
                    await part.respond(b"")
            _look_for_error(part)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
    except (TimeoutError, nats.errors.Error) as error:
        raise SnapshotError(f"{stream} could not be saved: {error!r}") from None
    finally:
        await parts.unsubscribe()
    return Snapshot(head["config"], head["state"])


async def load(client: Client, snapshot: Snapshot, path: Path, *, replicas: int = 1) -> None:
    """Make a stream, which must not exist, from its file; SnapshotError where it is not whole afterwards."""
    config = {**snapshot.config, "num_replicas": replicas}
    body = json.dumps({"config": config, "state": snapshot.state}).encode()
    try:
        answer = await _asked(client, f"$JS.API.STREAM.RESTORE.{snapshot.stream}", body)
        target = answer["deliver_subject"]
        with path.open("rb") as file:
            while part := await asyncio.to_thread(file.read, CHUNK_BYTES):
                await _asked(client, target, part)
        made = await _asked(client, target, b"")
    except (TimeoutError, nats.errors.Error) as error:
        raise SnapshotError(f"{snapshot.stream} could not be loaded: {error!r}") from None
    found = Snapshot(made["config"], made["state"])
    if found.extent != snapshot.extent:
        raise SnapshotError(f"{snapshot.stream} is {found.extent}, was {snapshot.extent} when it was saved")


async def _asked(client: Client, subject: str, body: bytes) -> dict[str, Any]:
    answer = await client.request(subject, body, timeout=PATIENCE_SECONDS)
    found: dict[str, Any] = json.loads(answer.data) if answer.data else {}
    if error := found.get("error"):
        raise SnapshotError(f"{subject}: {error.get('description', error)}")
    return found


def _look_for_error(last: Msg) -> None:
    """Raise what the server says where the last part is no end but a failure."""
    said = last.headers or {}
    if "Status" in said and not said["Status"].startswith("2"):
        raise SnapshotError(f"the server broke off: {said['Status']} {said.get('Description', '')}".strip())
