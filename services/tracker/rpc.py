"""The edge of the calls: FastStream subscribers that read a request, run its use case and always answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from faststream.nats import NatsBroker, NatsMessage
from pydantic import TypeAdapter

from contracts.messages import following, rpc
from contracts.messages.base import Message
from contracts.messages.desk import calls as call_list
from contracts.messages.desk import ready
from contracts.messages.rpc import Refused
from runtime.process.answering import answer
from runtime.tracing import OFF, Tracing, parent
from services.tracker.following.claims import INVALID, Claims
from services.tracker.following.joining import Joining
from services.tracker.following.readiness import Readiness
from services.tracker.following.recipient_queries import RecipientQueries
from services.tracker.following.sharing import Sharing
from services.tracker.following.subscriptions import Subscriptions
from services.tracker.ledger.calls import CallList
from services.tracker.ledger.publisher_queries import PublisherQueries
from services.tracker.metrics import Metrics

QUEUE = "tracker"
UNAVAILABLE = Refused(reason="unavailable")
WORKERS = 4
R = TypeVar("R", bound=Message)


@dataclass(frozen=True, slots=True)
class Calls:
    """The use cases that are called."""

    claims: Claims
    subscriptions: Subscriptions
    sharing: Sharing
    joining: Joining
    recipients: RecipientQueries
    publishers: PublisherQueries
    to_call: CallList
    readiness: Readiness


class Asked(NamedTuple):
    """The bytes of one request, and the span of whoever asks."""

    body: bytes
    trace: str | None


@dataclass(frozen=True, slots=True)
class Watched:
    """What is told of the calls."""

    metrics: Metrics
    tracing: Tracing = OFF


def serve(broker: NatsBroker, calls: Calls, metrics: Metrics, tracing: Tracing = OFF) -> None:
    """Subscribe every call on a broker that is not started yet; each call goes to one tracker only."""
    watched = Watched(metrics, tracing)
    _serve(broker, rpc.ISSUE, rpc.IssueClaim, calls.claims.issue, watched)
    _serve(broker, rpc.REVOKE, rpc.RevokeClaim, calls.claims.revoke, watched)
    _serve(broker, rpc.REDEEM, rpc.Redeem, calls.subscriptions.redeem, watched)
    _serve(broker, rpc.CLAIM, rpc.ClaimQuery, calls.subscriptions.stands, watched)
    _serve(broker, rpc.STATUS, rpc.StatusQuery, calls.subscriptions.status, watched)
    _serve(broker, rpc.STOP, rpc.Stop, calls.subscriptions.stop, watched)
    _serve(broker, following.SHARE, following.Share, calls.sharing.share, watched)
    _serve(broker, following.HISTORY, following.HistoryQuery, calls.recipients.history, watched)
    _serve(broker, following.EXPORT, following.ExportQuery, calls.recipients.export, watched)
    _serve(broker, following.JOIN, following.Join, calls.joining.join, watched)
    _serve(broker, rpc.EVENT, rpc.EventQuery, calls.publishers.event, watched)
    _serve(broker, rpc.UNREACHED, rpc.UnreachedQuery, calls.publishers.unreached, watched)
    _serve(broker, call_list.CALLS, call_list.CallsQuery, calls.to_call.listed, watched)
    _serve(broker, call_list.CALLS_OVER, call_list.CallsOverQuery, calls.to_call.over, watched)
    _serve(broker, ready.READY, ready.ReadyQuery, calls.readiness.ready, watched)
    _serve(broker, ready.RECEIPTS, ready.ReceiptsQuery, calls.readiness.receipts, watched)


def _serve(
    broker: NatsBroker,
    subject: str,
    request: type[R],
    usecase: Callable[[R], Awaitable[Message]],
    watched: Watched,
) -> None:
    adapter = TypeAdapter(request)
    call = subject.rpartition(".")[2]

    async def handle(asked: Asked) -> bytes:
        with watched.tracing.start("answer a call", "server", asked.trace, call=call).lasting():
            reply = await answer(asked.body, adapter, usecase, invalid=INVALID, unavailable=UNAVAILABLE)
        result = reply.reason if isinstance(reply, Refused) else "ok"
        watched.metrics.rpc.labels(call, result).inc()
        return reply.encoded()

    broker.subscriber(subject, QUEUE, max_workers=WORKERS, decoder=_raw, title=f"tracker.{call}")(handle)


async def _raw(message: NatsMessage) -> Asked:
    return Asked(message.body, parent(message.headers))
