"""The edge of the calls: FastStream subscribers that read a request, run its use case and always answer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from faststream.nats import NatsBroker, NatsMessage
from pydantic import TypeAdapter, ValidationError

from contracts import rpc
from contracts.message import Message
from contracts.rpc import Refused
from runtime.logs import logger
from runtime.postgres import TRANSIENT, refused_data
from services.tracker.claims import INVALID, Claims
from services.tracker.metrics import Metrics
from services.tracker.questions import Questions
from services.tracker.usecases import Following

LOG = logger(__name__)
QUEUE = "tracker"
WORKERS = 4
R = TypeVar("R", bound=Message)


def serve(
    broker: NatsBroker, claims: Claims, following: Following, questions: Questions, metrics: Metrics
) -> None:
    """Subscribe every call on a broker that is not started yet; each call goes to one tracker only."""
    _serve(broker, rpc.ISSUE, rpc.IssueClaim, claims.issue, metrics)
    _serve(broker, rpc.REVOKE, rpc.RevokeClaim, claims.revoke, metrics)
    _serve(broker, rpc.REDEEM, rpc.Redeem, following.redeem, metrics)
    _serve(broker, rpc.STATUS, rpc.StatusQuery, following.status, metrics)
    _serve(broker, rpc.STOP, rpc.Stop, following.stop, metrics)
    _serve(broker, rpc.EVENT, rpc.EventQuery, questions.event, metrics)
    _serve(broker, rpc.UNREACHED, rpc.UnreachedQuery, questions.unreached, metrics)


def _serve(
    broker: NatsBroker,
    subject: str,
    request: type[R],
    usecase: Callable[[R], Awaitable[Message]],
    metrics: Metrics,
) -> None:
    adapter = TypeAdapter(request)
    call = subject.rpartition(".")[2]

    async def handle(body: bytes) -> bytes:
        reply = await answer(body, adapter, usecase)
        result = reply.reason if isinstance(reply, Refused) else "ok"
        metrics.rpc.labels(call, result).inc()
        return reply.encoded()

    broker.subscriber(subject, QUEUE, max_workers=WORKERS, decoder=_raw, title=f"tracker.{call}")(handle)


async def _raw(message: NatsMessage) -> bytes:
    return message.body


async def answer(body: bytes, adapter: TypeAdapter[R], usecase: Callable[[R], Awaitable[Message]]) -> Message:
    """Return what a call is answered; a caller never waits in vain because of what happened here."""
    try:
        request = adapter.validate_json(body)
    except ValidationError as error:
        LOG.warning("unreadable call", errors=error.error_count())
        return INVALID
    try:
        return await usecase(request)
    except Exception as error:
        if refused_data(error):
            LOG.warning("a call's data was refused by the database", error=type(error).__name__)
            return INVALID
        if not isinstance(error, TRANSIENT):
            LOG.exception("a call failed")
        return Refused(reason="unavailable")
