"""What the desk asks the tracker: whose document is ready; RpcUnavailableError where nobody answers."""

from collections.abc import Sequence
from typing import Protocol

from nats.aio.client import Client

from contracts.messages.desk.ready import (
    READY,
    READY_REPLY,
    OneAsked,
    Ready,
    ReadyAnswer,
    ReadyQuery,
)
from runtime.messaging.jetstream import RpcUnavailableError, call


class Tracker(Protocol):
    """The tracker as appointments need it."""

    async def ready(self, asked: Sequence[OneAsked]) -> Sequence[Ready | None]:
        """Return for each who asks the document that is ready, or None; at most `MOST_ASKED` at once."""
        ...


class RpcTracker:
    """The tracker over NATS."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ready(self, asked: Sequence[OneAsked]) -> Sequence[Ready | None]:
        """Return for each who asks the document that is ready, or None; at most `MOST_ASKED` at once."""
        answer = await call(self._client, READY, ReadyQuery(asked=tuple(asked)), READY_REPLY)
        if not isinstance(answer, ReadyAnswer) or len(answer.ready) != len(asked):
            raise RpcUnavailableError(f"{READY}: the tracker cannot answer now")
        return answer.ready
