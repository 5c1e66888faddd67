"""A key-value bucket as its one writer sees it: all of it at a time, and changes that nobody else's undo.

Each change names the revision of the key that it replaces, so of two writers one is refused.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import nats.js.errors
from nats.aio.client import Client
from nats.js.api import Header
from nats.js.kv import KV_DEL, KV_OP, KV_PURGE

from runtime.messaging.provision import BucketSpec

_WRONG_REVISION = frozenset({10071, 10164})


class ConflictError(Exception):
    """The key has another revision by now."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a key holds, None where it was deleted, and under which revision."""

    value: bytes | None
    revision: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells one state of a bucket from others: to write, to empty or to make it anew changes it."""

    created: datetime | None
    first: int
    last: int
    messages: int


class BucketWriter:
    """Reads and writes one bucket."""

    def __init__(self, client: Client, spec: BucketSpec) -> None:
        self._js = client.jetstream()
        self._spec = spec
        self._prefix = spec.subjects.removesuffix(">")

    async def mark(self) -> Mark:
        """Return what the bucket's state is known by."""
        info = await self._js.stream_info(self._spec.stream)
        state = info.state
        return Mark(info.created, state.first_seq, state.last_seq, state.messages)

    async def read(self) -> Mapping[str, Held]:
        """Return all keys, the deleted ones too.

        Message by message: who may make a consumer may have all that it wrote itself sent on to any subject.
        """
        values: dict[str, Held] = {}
        last = 0
        with suppress(nats.js.errors.NotFoundError):
            while True:
                message = await self._js.get_msg(
                    self._spec.stream, seq=last + 1, subject=self._spec.subjects, next=True
                )
                last, subject = message.seq or 0, message.subject or ""
                gone = (message.headers or {}).get(KV_OP) in {KV_DEL, KV_PURGE}
                values[subject.removeprefix(self._prefix)] = Held(None if gone else message.data or b"", last)
        return values

    async def write(self, key: str, value: bytes | None, revision: int) -> None:
        """Put a value, or delete the key, where its revision is still this one (0: it never was).

        Raises ConflictError where it is not.
        """
        headers = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(revision)}
        if value is None:
            headers[KV_OP] = KV_DEL
        try:
            await self._js.publish(f"{self._prefix}{key}", value or b"", headers=headers)
        except nats.js.errors.APIError as error:
            if error.err_code in _WRONG_REVISION:
                raise ConflictError(key) from None
            raise
