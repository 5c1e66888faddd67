"""The edge of the calls: subscribers that read a request, run its use case and always answer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from faststream.nats import NatsBroker, NatsMessage
from pydantic import TypeAdapter, ValidationError

from contracts.messages.base import Message
from contracts.messages.desk import appointments
from contracts.messages.desk.appointments import Refused
from contracts.services import DESK
from runtime.database.postgres import TRANSIENT, refused_data
from runtime.logs import logger
from services.desk.appointments.booking import UNAVAILABLE, Booking
from services.desk.appointments.looking import Looking
from services.desk.metrics import Metrics

LOG = logger(__name__)
WORKERS = 8
INVALID = Refused(reason="invalid")
R = TypeVar("R", bound=Message)


def serve(broker: NatsBroker, booking: Booking, metrics: Metrics) -> None:
    """Subscribe every call on a broker that is not started yet; each call goes to one desk only."""
    looking = Looking(booking)
    _serve(broker, appointments.SLOTS, appointments.SlotsQuery, looking.slots, metrics)
    _serve(broker, appointments.BOOK, appointments.Book, booking.book, metrics)
    _serve(broker, appointments.GIVE_BACK, appointments.GiveBack, booking.give_back, metrics)
    _serve(broker, appointments.WAIT, appointments.Wait, booking.wait, metrics)
    _serve(broker, appointments.OWN, appointments.OwnQuery, looking.own, metrics)
    _serve(broker, appointments.LIST, appointments.ListQuery, looking.list, metrics)


def _serve(
    broker: NatsBroker,
    subject: str,
    request: type[R],
    usecase: Callable[[R], Awaitable[Message]],
    metrics: Metrics,
) -> None:
    adapter = TypeAdapter(request)
    call = subject.rpartition(".")[2]
    metrics.rpc.labels(call, "ok")

    async def handle(body: bytes) -> bytes:
        reply = await answer(body, adapter, usecase)
        metrics.rpc.labels(call, reply.reason if isinstance(reply, Refused) else "ok").inc()
        return reply.encoded()

    broker.subscriber(subject, DESK.name, max_workers=WORKERS, decoder=_raw, title=f"desk.{call}")(handle)


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
        return UNAVAILABLE
