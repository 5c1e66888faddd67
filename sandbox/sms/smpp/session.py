"""One session with the simulated message centre, as strict as a real one, and as bad as the script has it."""

import asyncio
import itertools
from typing import Protocol, cast

import smpp34

from runtime.clock import Clock
from sandbox.sms.smpp import wire
from sandbox.sms.smpp.script import Call, Fault, Script
from sandbox.sms.smpp.texts import Stored
from sandbox.sms.smpp.wire import Unit

PIECE = 8
GARBAGE = b"HTTP/1.1 400 Bad Request\r\n\r\n"


class Owner(Protocol):
    """The centre, as its sessions know it."""

    script: Script
    clock: Clock
    sessions: "list[Session]"

    def refusal(self, system_id: str, password: str) -> int:
        """Return the status that answers a request to be bound."""
        ...

    def allows(self) -> bool:
        """Count a text and tell whether the rate allows it."""
        ...

    def store(self, request: smpp34.SubmitSm, message_id: str | None = None) -> Stored:
        """Store a part of a text."""
        ...

    def tell(self, stored: Stored) -> object:
        """Deliver the receipt of a part."""
        ...

    def tell_later(self, stored: Stored) -> None:
        """Deliver the receipt that comes by itself."""
        ...

    def bound(self, session: "Session") -> None:
        """Take a session that was bound."""
        ...

    def ended(self, session: "Session") -> None:
        """Forget a session."""
        ...

    def answered(self, number: int, status: int) -> None:
        """Take the answer to a delivery."""
        ...


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, centre: Owner) -> None:
        self._centre = centre
        self._script = centre.script
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._bound = False
        self._sequences = itertools.count(1)
        self._delivered: dict[int, int] = {}
        self._unsent: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        """End."""
        self._transport = None
        self._centre.ended(self)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._buffer += data
        try:
            for unit in wire.taken(self._buffer):
                self._take(unit)
                if self._transport is None:
                    return
        except ValueError:
            self.drop()

    def deliver(self, number: int, unit: bytes) -> None:
        """Deliver something, which is answered by its number."""
        sequence = next(self._sequences)
        self._delivered[sequence] = number
        self.write(wire.renumbered(unit, sequence))

    def write(self, data: bytes) -> None:
        """Write bytes, whatever they are; those of one turn of the event loop go out in few pieces."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._send)
        self._unsent.append(data)
        if len(self._unsent) >= PIECE:
            self._send()

    def _send(self) -> None:
        units, self._unsent = self._unsent, []
        if self._transport is not None and units:
            self._transport.write(b"".join(units))

    def unbind(self) -> None:
        """Say goodbye."""
        self.write(wire.unit(wire.UNBIND, next(self._sequences)))

    def drop(self) -> None:
        """Break the connection off."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
        self._centre.ended(self)

    def _take(self, unit: Unit) -> None:
        if unit.command & wire.RESPONSE:
            self._take_answer(unit)
            return
        match unit.command:
            case wire.BIND_TRANSCEIVER:
                self._bind(unit)
            case wire.SUBMIT_SM:
                self._submit(unit)
            case wire.ENQUIRE_LINK:
                call = self._script.begin("enquire", self._centre.clock.now())
                if self._script.strike("enquire") is None:
                    self._answer(unit, call)
            case wire.UNBIND:
                self._script.count("unbind")
                self.write(wire.unit(unit.command | wire.RESPONSE, unit.sequence))
                self._bound = False
                self._send()
                if self._transport is not None:
                    self._transport.close()
                self._centre.ended(self)
            case _:
                self.write(wire.unit(wire.GENERIC_NACK, unit.sequence, status=wire.UNKNOWN_COMMAND))

    def _take_answer(self, unit: Unit) -> None:
        if unit.command == wire.UNBIND_RESP:
            self._script.count("unbound")
        number = self._delivered.pop(unit.sequence, None)
        if unit.command == wire.DELIVER_SM_RESP and number is not None:
            self._centre.answered(number, unit.status)

    def _bind(self, unit: Unit) -> None:
        call = self._script.begin("bind", self._centre.clock.now())
        fault = self._script.strike("bind")
        if fault is not None and fault.kind in ("silent", "drop_before_store", "garbage"):
            self._fail(fault)
            return
        system_id, password, *_ = unit.body.split(b"\0")
        status = self._centre.refusal(system_id.decode("latin-1"), password.decode("latin-1"))
        if self._bound:
            status = wire.BOUND_ALREADY
        if fault is not None and fault.kind == "status":
            status = fault.status
        self._bound = self._bound or status == wire.OK
        self._answer(unit, call, status, b"CENTRE\0" if status == wire.OK else b"")
        if status == wire.OK:
            self._centre.bound(self)

    def _submit(self, unit: Unit) -> None:
        call = self._script.begin("submit", self._centre.clock.now())
        if not self._bound:
            self._answer(unit, call, wire.NOT_BOUND)
            return
        try:
            request = smpp34.decode(unit.whole)
        except smpp34.SmppError:
            self._answer(unit, call, wire.SYSTEM_ERROR)
            return
        if not isinstance(request, smpp34.SubmitSm):  # what it is, is in its head
            raise TypeError(unit.command)
        call.number, call.content = f"+{request.destination_addr}", request.short_message
        fault = self._script.strike("submit", call.number)
        if fault is not None:
            call.fault = fault.kind
            self._faulty(unit, call, request, fault)
        elif call.number in self._script.refused:
            self._answer(unit, call, self._script.refused[call.number])
        elif not self._centre.allows():
            self._answer(unit, call, wire.THROTTLED)
        else:
            self._store(unit, call, request)

    def _store(self, unit: Unit, call: Call, request: smpp34.SubmitSm) -> None:
        stored = self._centre.store(request)
        call.message_id = stored.message_id
        self._answer(unit, call, body=stored.message_id.encode() + b"\0")
        self._centre.tell_later(stored)

    def _faulty(self, unit: Unit, call: Call, request: smpp34.SubmitSm, fault: Fault) -> None:
        match fault.kind:
            case "status":
                self._answer(unit, call, fault.status)
            case "nack":
                self.write(wire.unit(wire.GENERIC_NACK, unit.sequence, status=fault.status))
            case "stored_silent":
                self._centre.tell_later(self._centre.store(request))
            case "store_then_drop":
                self._centre.tell_later(self._centre.store(request))
                self.drop()
            case "slow":
                loop = asyncio.get_running_loop()
                loop.call_later(fault.seconds, self._store, unit, call, request)
            case "receipt_first":
                stored = self._centre.store(request)
                self._centre.tell(stored)
                self._answer(unit, call, body=stored.message_id.encode() + b"\0")
            case "no_id":
                self._centre.store(request, "")
                self._answer(unit, call, body=b"\0")
            case _:
                self._fail(fault)

    def _fail(self, fault: Fault) -> None:
        match fault.kind:
            case "drop_before_store":
                self.drop()
            case "unbind":
                self.unbind()
            case "garbage":
                self.write(GARBAGE)
            case _:
                pass

    def _answer(self, unit: Unit, call: Call, status: int = wire.OK, body: bytes = b"") -> None:
        self._script.end(call, status)
        self.write(wire.unit(unit.command | wire.RESPONSE, unit.sequence, body, status))
