"""What ingest asks the desk and the tracker about appointments; RpcUnavailableError where no answer comes."""

from collections.abc import Sequence
from uuid import UUID

from nats.aio.client import Client

from contracts.messages.desk.appointments import (
    LIST,
    LIST_REPLY,
    ListAnswer,
    ListQuery,
)
from contracts.messages.desk.ready import (
    RECEIPTS,
    RECEIPTS_REPLY,
    ReceiptsAnswer,
    ReceiptsQuery,
)
from contracts.messages.ids import Publisher
from runtime.messaging.jetstream import RpcUnavailableError, call


class RpcCalendar:
    """The desk, which knows who comes when, and the tracker, which knows what for."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def appointments(self, query: ListQuery) -> ListAnswer:
        """Return a page of a publisher's appointments, in the order of their times."""
        answer = await call(self._client, LIST, query, LIST_REPLY)
        if not isinstance(answer, ListAnswer):
            raise RpcUnavailableError(f"{LIST}: the desk cannot answer now")
        return answer

    async def receipts(self, publisher: Publisher, applications: Sequence[UUID]) -> Sequence[str | None]:
        """Return under which receipt a publisher knows each application; None: under none."""
        query = ReceiptsQuery(publisher=publisher, applications=tuple(applications))
        answer = await call(self._client, RECEIPTS, query, RECEIPTS_REPLY)
        if not isinstance(answer, ReceiptsAnswer) or len(answer.receipts) != len(applications):
            raise RpcUnavailableError(f"{RECEIPTS}: the tracker cannot answer now")
        return answer.receipts
