"""The edge of the calls: subscribers that read a request, run its use case and always answer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from faststream.nats import NatsBroker, NatsMessage
from pydantic import TypeAdapter

from contracts.messages.base import Message
from contracts.messages.desk import appointments
from contracts.messages.desk.appointments import Refused
from contracts.services import DESK
from runtime.process.answering import answer
from services.desk.appointments.booking import UNAVAILABLE, Booking
from services.desk.appointments.looking import Looking
from services.desk.metrics import Metrics

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
        reply = await answer(body, adapter, usecase, invalid=INVALID, unavailable=UNAVAILABLE)
        metrics.rpc.labels(call, reply.reason if isinstance(reply, Refused) else "ok").inc()
        return reply.encoded()

    broker.subscriber(subject, DESK.name, max_workers=WORKERS, decoder=_raw, title=f"desk.{call}")(handle)


async def _raw(message: NatsMessage) -> bytes:
    return message.body
