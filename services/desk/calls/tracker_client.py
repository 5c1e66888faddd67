"""What the desk asks the tracker over NATS; RpcUnavailableError where no answer comes."""

from nats.aio.client import Client

from contracts.messages.desk.calls import (
    CALLS,
    CALLS_OVER,
    CALLS_OVER_REPLY,
    CALLS_REPLY,
    CallsAnswer,
    CallsOverAnswer,
    CallsOverQuery,
    CallsQuery,
)
from contracts.messages.rpc import Refused
from runtime.messaging.jetstream import call


class TrackerClient:
    """The tracker, asked over NATS."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def listed(self, query: CallsQuery) -> CallsAnswer | Refused:
        """Return a page of people to call."""
        return await call(self._client, CALLS, query, CALLS_REPLY)

    async def over(self, query: CallsOverQuery) -> CallsOverAnswer | Refused:
        """Return which entries need no call any more."""
        return await call(self._client, CALLS_OVER, query, CALLS_OVER_REPLY)
