"""What ingest asks the tracker over NATS; RpcUnavailableError where no answer comes."""

from nats.aio.client import Client

from contracts.messages.rpc import (
    EVENT,
    EVENT_REPLY,
    ISSUE,
    ISSUE_REPLY,
    REVOKE,
    REVOKE_REPLY,
    UNREACHED,
    UNREACHED_REPLY,
    EventAnswer,
    EventQuery,
    IssueClaim,
    Issued,
    Refused,
    RevokeClaim,
    Revoked,
    UnreachedAnswer,
    UnreachedQuery,
)
from runtime.messaging.jetstream import call


class TrackerClient:
    """The tracker, asked over NATS."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def issue(self, claim: IssueClaim) -> Issued | Refused:
        """Issue one claim."""
        return await call(self._client, ISSUE, claim, ISSUE_REPLY)

    async def revoke(self, claim: RevokeClaim) -> Revoked | Refused:
        """End every generation of a receipt's claim."""
        return await call(self._client, REVOKE, claim, REVOKE_REPLY)

    async def event(self, query: EventQuery) -> EventAnswer | Refused:
        """Tell what became of one event."""
        return await call(self._client, EVENT, query, EVENT_REPLY)

    async def unreached(self, query: UnreachedQuery) -> UnreachedAnswer | Refused:
        """Return a page of notices that reached nobody."""
        return await call(self._client, UNREACHED, query, UNREACHED_REPLY)
