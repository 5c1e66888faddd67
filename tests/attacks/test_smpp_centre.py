"""A message centre of SMPP that means ill: lengths that lie, floods, answers that nobody asked for."""

import asyncio
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
import smpp34

from services.notifier.channels.sms.smpp import pdus
from services.notifier.channels.sms.smpp.inbox import MOST
from services.notifier.channels.sms.smpp.transport import SmppTransport, open_smpp
from services.notifier.domain.results import Accepted, NotSent, Result, Unknown
from tests.attacks.heartbeat import calm
from tests.integration.notifier.smpp import NUMBER, TIMINGS, HastyClock, options_of

HOLD = 0.25
BOUND = pdus.pdu(pdus.BIND_TRANSCEIVER | pdus.RESPONSE, 1, b"EVIL\0")
ROOM_IN, ROOM_OUT = 320 * 1024, 80 * 1024
"""Bytes that a connection may hold: what the system hands over at once, and what is to be written."""


class Evil(asyncio.Protocol):
    """Answers the first request with what it is given, and others as `reply` does; may stop reading."""

    def __init__(self, begin: bytes, reply: Callable[[bytes], bytes], *, deaf: bool) -> None:
        self._begin, self._reply, self._deaf = begin, reply, deaf
        self.received = 0
        self._begun = False
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        """End."""
        self.closed.set()

    def data_received(self, data: bytes) -> None:
        """Answer."""
        self.received += len(data)
        if not self._begun:
            self._begun = True
            if self._deaf:
                self.transport.pause_reading()
            self.transport.write(self._begin)
        else:
            self.transport.write(self._reply(data))


@asynccontextmanager
async def evil(
    begin: bytes,
    reply: Callable[[bytes], bytes] = lambda _: b"",
    *,
    deaf: bool = False,
    response: float = 0.3,
) -> AsyncIterator[tuple[SmppTransport, list[Evil]]]:
    """Open the transport to such a centre."""
    made: list[Evil] = []

    def one() -> Evil:
        made.append(Evil(begin, reply, deaf=deaf))
        return made[-1]

    listening = socket.create_server(("127.0.0.1", 0))
    if deaf:
        # Else the system has room for more answers than are made in the time.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    server = await asyncio.get_running_loop().create_server(one, sock=listening)
    timings = replace(TIMINGS, response=response)
    port = listening.getsockname()[1]
    async with server, open_smpp(options_of(port, timings=timings), HastyClock()) as transport:
        yield transport, made
        for each in made:
            each.transport.abort()
            await each.closed.wait()


async def tried(begin: bytes, reply: Callable[[bytes], bytes] = lambda _: b"") -> Result:
    async with evil(begin, reply) as (transport, _):
        return await transport.submit(NUMBER, "text", uuid4())


def held(transport: SmppTransport) -> tuple[int, int]:
    """Return the bytes that a connection holds, of what came and of what is to be written."""
    connection = transport._session._connection if transport._session is not None else None
    if connection is None or connection._transport is None:
        return 0, 0
    return len(connection._frames._buffer), connection._transport.get_write_buffer_size()


@pytest.mark.parametrize("length", [0, 1, 15, pdus.LONGEST + 1, 2**31, 2**32 - 1])
async def test_lengths_that_no_unit_has(length: int) -> None:
    """A length that is none ends the session, before the answer to the bind and after it."""
    lie = struct.pack(">IIII", length, pdus.ENQUIRE_LINK, 0, 7)

    assert NotSent("not bound: the connection ended") == await tried(lie + b"x" * 1000)
    assert Unknown("the session ended before the answer") == await tried(BOUND, lambda _: lie)


async def test_a_unit_that_never_ends() -> None:
    """A unit of which the end never comes is waited for no longer than any answer, and takes little room."""
    begun = struct.pack(">IIII", pdus.LONGEST, pdus.DELIVER_SM, 0, 7) + b"x" * 60_000
    started = time.monotonic()

    assert NotSent("not bound: no answer in time") == await tried(begun)
    assert Unknown("no answer in time") == await tried(BOUND + begun)
    assert time.monotonic() - started < 5


async def test_an_answer_that_trickles() -> None:
    """Bytes that come one after the other are no answer for as long as they are no unit."""
    async with evil(b"") as (transport, made):
        sending = asyncio.ensure_future(transport.submit(NUMBER, "text", uuid4()))
        place = 0
        while not sending.done():
            if made and place < len(BOUND) - 1:
                made[0].transport.write(BOUND[place : place + 1])
                place += 1
            await asyncio.sleep(0.02)  # it trickles

        assert NotSent("not bound: no answer in time") == sending.result()


@pytest.mark.parametrize("command", [pdus.ENQUIRE_LINK, 0x0000FFFF, 0x00000103])
async def test_a_flood_of_questions_by_one_who_reads_no_answers(command: int) -> None:
    """Where the answers are not read no more is read: room and the loop stay free."""
    flood = pdus.pdu(command, 7) * 3_000_000  # more than the system itself has room for

    async def attack() -> tuple[int, int]:
        async with evil(BOUND + flood, deaf=True, response=1.0) as (transport, made):
            sending = asyncio.ensure_future(transport.submit(NUMBER, "text", uuid4()))
            read = written = 0
            while not sending.done():
                now = held(transport)
                read, written = max(read, now[0]), max(written, now[1])
                await asyncio.sleep(0.005)  # looks again and again
            assert made[0].transport.get_write_buffer_size() > 0, "the flood was read to its end"
            assert isinstance(sending.result(), Unknown)
            return read, written

    (read, written), hold = await calm(attack, bar=HOLD)

    assert read < ROOM_IN
    assert written < ROOM_OUT
    assert hold < HOLD


async def test_a_flood_of_deliveries() -> None:
    """Of endless deliveries as many wait as there is room for; the others are told to come again."""
    one = smpp34.DeliverSm("380501112233", "DOCS", b"STOP").encode()
    flood = b"".join(one[:12] + struct.pack(">I", number) + one[16:] for number in range(1, 50_001))

    async def attack() -> int:
        async with evil(BOUND + flood, response=2.0) as (transport, _):
            assert isinstance(await transport.submit(NUMBER, "text", uuid4()), Unknown)
            assert transport._inbox is not None
            return len(transport._inbox._waiting)

    waiting, hold = await calm(attack, bar=HOLD)

    assert MOST == waiting
    assert hold < HOLD


async def test_deliveries_that_are_damaged() -> None:
    """Whatever stands in a delivery is read or refused; the session goes on, and texts are taken."""
    chance = random.Random(34)  # noqa: S311 - the same damage each time
    whole = smpp34.DeliverSm(
        "380501112233", "DOCS", b"id:1 stat:DELIVRD", esm_class=4, tlvs=[smpp34.Tlv(0x1E, b"1\0")]
    ).encode()
    flood = bytearray()
    for number in range(1, 3001):
        body = bytearray(whole[16:])
        for _ in range(chance.randint(1, 5)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        flood += pdus.pdu(pdus.DELIVER_SM, number, bytes(body[: chance.randint(0, len(body))]))

    def reply(data: bytes) -> bytes:
        # The text comes last; all before it are our answers to the flood.
        at = data.rfind(struct.pack(">II", pdus.SUBMIT_SM, 0))
        return (
            b"" if at < 0 else pdus.pdu(pdus.SUBMIT_SM_RESP, int.from_bytes(data[at + 8 : at + 12]), b"m1\0")
        )

    async with evil(BOUND + bytes(flood), reply, response=20.0) as (transport, _):
        assert Accepted("m1") == await transport.submit(NUMBER, "text", uuid4())
        for _ in range(60):
            await transport.poll()
            await transport.taken()
        assert transport._session is not None
        assert transport._session.alive


async def test_answers_that_nobody_asked_for() -> None:
    """Answers to nothing are nothing, an answer twice is one, and only our own question ends in one."""

    def reply(data: bytes) -> bytes:
        sequence = int.from_bytes(data[12:16])
        strange = b"".join(pdus.pdu(pdus.SUBMIT_SM_RESP, number, b"x\0") for number in range(1000, 1100))
        return strange + pdus.pdu(pdus.SUBMIT_SM_RESP, sequence, b"m1\0") * 2

    assert Accepted("m1") == await tried(BOUND, reply)


@pytest.mark.parametrize(
    "strange",
    [
        lambda sequence: pdus.pdu(pdus.ENQUIRE_LINK_RESP, sequence),
        lambda _: pdus.pdu(pdus.GENERIC_NACK, 0, status=3),
        lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9,
    ],
)
async def test_what_makes_no_sense_ends_the_session(strange: Callable[[int], bytes]) -> None:
    """Who answers another question, or refuses what was not asked, is not to be relied on: it is unknown."""
    result = await tried(BOUND, lambda data: strange(int.from_bytes(data[12:16])))

    assert Unknown("the session ended before the answer") == result


@pytest.mark.parametrize(
    ("identity", "reference"),
    [
        (b"a b\tc\0", "a%20b%09c"),
        (b"\xff\xfe\0", "%ff%fe"),
        (b"x" * 66 + b"\0", ""),
        (b"x" * 60_000, ""),
        (b"", ""),
    ],
)
async def test_ids_that_are_none(identity: bytes, reference: str) -> None:
    """An id is one reference of visible characters, or none."""

    def reply(data: bytes) -> bytes:
        return pdus.pdu(pdus.SUBMIT_SM_RESP, int.from_bytes(data[12:16]), identity)

    assert Accepted(reference) == await tried(BOUND, reply)
