"""A simulated message centre: sessions, texts that are stored, deliveries until they are acknowledged."""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import smpp34

from runtime.clock import Clock, SystemClock
from sandbox.sms.smpp import wire
from sandbox.sms.smpp.script import Script
from sandbox.sms.smpp.session import Session
from sandbox.sms.smpp.texts import IdStyle, Stored, Texts


@dataclass(frozen=True)
class CentreSettings:
    """An account and how the centre behaves.

    `rate` is how many texts a second it takes (None: as many as come), `sessions` how many it allows at once.
    `receipts` come by themselves after `receipt_after` seconds; `ids` is how they write the message's id.
    """

    system_id: str = "docwatch"
    password: str = "secret"  # noqa: S105 - a simulator has none
    host: str = "127.0.0.1"
    port: int = 0
    rate: float | None = None
    sessions: int = 1
    receipts: bool = True
    receipt_after: float = 0.0
    ids: IdStyle = "same"


@dataclass
class Delivery:
    """What is delivered to the account until it is acknowledged; `tries` counts how often it was."""

    unit: bytes
    done: asyncio.Event = field(default_factory=asyncio.Event)
    tries: int = 0
    status: int | None = None


class Centre:
    """The centre of one account; `run_centre` opens it."""

    def __init__(self, settings: CentreSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.script = Script()
        self.texts = Texts(settings.ids)
        self.port = 0
        self.sessions: list[Session] = []
        self._deliveries: dict[int, Delivery] = {}
        self._numbers = itertools.count(1)
        self._taken = 0.0
        self._since = clock.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[Stored], None]] = []

    def listen(self, told: Callable[[Stored], None]) -> None:
        """Have somebody told of each text that is stored."""
        self._listeners.append(told)

    def refusal(self, system_id: str, password: str) -> int:
        """Return the status that answers a request to be bound."""
        if system_id != self.settings.system_id:
            return wire.BAD_SYSTEM_ID
        if password != self.settings.password:
            return wire.BAD_PASSWORD
        return wire.OK if len(self.sessions) < self.settings.sessions else wire.BOUND_ALREADY

    def allows(self) -> bool:
        """Count a text and tell whether the rate allows it."""
        rate = self.settings.rate
        if rate is None:
            return True
        now = self.clock.monotonic()
        self._taken = max(0.0, self._taken - (now - self._since) * rate)
        self._since = now
        if self._taken + 1 > max(rate, 1.0):
            return False
        self._taken += 1
        return True

    def store(self, request: smpp34.SubmitSm, message_id: str | None = None) -> Stored:
        """Store a part of a text."""
        stored = self.texts.store(request, message_id)
        self.script.count("stored")
        for told in self._listeners:
            told(stored)
        return stored

    def tell(self, stored: Stored, stat: str | None = None) -> Delivery | None:
        """Deliver the receipt of a part, as the script has it; None where it is lost."""
        fault = self.script.strike_receipt(stored.number)
        if fault is not None and fault.kind == "lose":
            return None
        said = stat or self.script.fates.get(stored.number, "DELIVRD")
        unit = self.texts.receipt(stored, said, self.clock.now())
        wait = fault.seconds if fault is not None and fault.kind == "delay" else 0.0
        if fault is not None and fault.kind == "duplicate":
            self._deliver(unit, wait)
        return self._deliver(unit, wait)

    def tell_later(self, stored: Stored) -> None:
        """Deliver the receipt that comes by itself, where it does."""
        if not self.settings.receipts or not stored.receipt:
            return
        if self.settings.receipt_after:
            self.later(self.settings.receipt_after, lambda: self.tell(stored))
        else:
            asyncio.get_running_loop().call_soon(self.tell, stored)

    async def say(self, number: str, text: str, *, wait: bool = True) -> Delivery:
        """Let somebody write to the account; waits until it was acknowledged."""
        delivery = self._deliver(self.texts.said(number, text), 0.0)
        if wait:
            await delivery.done.wait()
        return delivery

    def deliver(self, unit: bytes) -> Delivery:
        """Deliver a unit, whatever it is."""
        return self._deliver(unit, 0.0)

    @property
    def waiting(self) -> int:
        """Return how many deliveries are not acknowledged."""
        return len(self._deliveries)

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Do something after a while."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            do()

        task = asyncio.ensure_future(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def bound(self, session: Session) -> None:
        """Deliver all that waits over a new session."""
        self.sessions.append(session)
        for number in list(self._deliveries):
            self._try(number, session)

    def ended(self, session: Session) -> None:
        """Forget a session; what it did not acknowledge waits for the next."""
        if session in self.sessions:
            self.sessions.remove(session)
            self.script.count("ended")

    def answered(self, number: int, status: int) -> None:
        """Take the account's answer to a delivery: one that is refused comes again after a while."""
        delivery = self._deliveries.get(number)
        if delivery is None:
            return
        delivery.status = status
        if status in (wire.OK, wire.NEVER):
            del self._deliveries[number]
            delivery.done.set()
            self.script.count("acknowledged")
        else:
            self.script.count("refused")
            self.later(0.05, lambda: self._try(number))

    def end_sessions(self) -> None:
        """Break every session off."""
        for session in list(self.sessions):
            session.drop()

    async def close(self) -> None:
        """End everything."""
        self.end_sessions()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _deliver(self, unit: bytes, wait: float) -> Delivery:
        number, delivery = next(self._numbers), Delivery(unit)
        self._deliveries[number] = delivery
        if wait:
            self.later(wait, lambda: self._try(number))
        else:
            self._try(number)
        return delivery

    def _try(self, number: int, session: Session | None = None) -> None:
        delivery = self._deliveries.get(number)
        session = session or next(iter(self.sessions), None)
        if delivery is None or session is None:
            return
        delivery.tries += 1
        self.script.count("redelivered" if delivery.tries > 1 else "delivered")
        session.deliver(number, delivery.unit)

    def units(self) -> Iterator[bytes]:
        """Yield what waits to be acknowledged."""
        return (delivery.unit for delivery in self._deliveries.values())


@asynccontextmanager
async def run_centre(
    settings: CentreSettings | None = None,
    clock: Clock | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Centre]:
    """Run a centre for the length of the block; it is found at its `port`."""
    settings = settings or CentreSettings()
    centre = Centre(settings, clock or SystemClock())
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(centre), settings.host, settings.port, ssl=tls)
    centre.port = server.sockets[0].getsockname()[1]
    try:
        yield centre
    finally:
        server.close()
        await centre.close()
        await server.wait_closed()
