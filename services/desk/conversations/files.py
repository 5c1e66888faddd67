"""Files that citizens sent: asked of the notifier a part at a time, put together and opened, kept nowhere."""

import asyncio
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from nats.aio.client import Client

from contracts.messages.desk.talk import FILE, FILE_REPLY, PURPOSE, FileQuery, file_context
from runtime.keyring import DecryptionError, KeyRing, Sealed, parse_keys
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError, call
from services.desk.metrics import Metrics

LOG = logger(__name__)
MOST_BYTES = 11 * 1024**2
"""Of a sealed file: more than any catalogue allows."""
AT_ONCE = 4
"""Files that one process holds in memory."""
PATIENCE_SECONDS = 20.0


class UnavailableError(Exception):
    """The notifier does not answer, or too many look at files: the same may be asked again."""


@dataclass(frozen=True)
class Files:
    """The files of all conversations, as the notifier has them."""

    client: Client
    ring: KeyRing
    metrics: Metrics
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @classmethod
    def of(cls, client: Client, keys: str, metrics: Metrics) -> Self:
        """Read `id:hex,id:hex`; raise KeyRingError."""
        return cls(client, KeyRing(parse_keys(keys), PURPOSE), metrics)

    async def content(self, conversation: UUID, file: UUID) -> bytes | None:
        """Return what is in a file; None where it is gone or does not open. Raises UnavailableError."""
        content: bytes | None = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self.turns:
                sealed = await self._fetched(conversation, file)
                if sealed is not None:
                    content = await asyncio.to_thread(self.ring.open, sealed, file_context(file))
        except (RpcUnavailableError, TimeoutError) as error:
            LOG.warning("a file cannot be had", error=repr(error))
            self.metrics.files.labels("unavailable").inc()
            raise UnavailableError from None
        except DecryptionError as error:
            LOG.error("a file does not open", error=str(error))  # noqa: TRY400 - the trace says no more
        self.metrics.files.labels("gone" if content is None else "shown").inc()
        return content

    async def _fetched(self, conversation: UUID, file: UUID) -> Sealed | None:
        box = bytearray()
        while True:
            asked = FileQuery(conversation_id=conversation, file_id=file, offset=len(box))
            answer = await call(self.client, FILE, asked, FILE_REPLY)
            if not answer.key or not answer.part or answer.size > MOST_BYTES:
                return None
            box += answer.part
            if len(box) >= answer.size:
                return Sealed(answer.key, bytes(box))
