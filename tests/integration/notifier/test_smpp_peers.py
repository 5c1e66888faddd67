"""Foreign implementations of SMPP at both ends: smpplib and smpp34 at our centre, our transport at theirs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import smpp34
import smpplib.client  # type: ignore[import-untyped] # it has no types
import smpplib.consts  # type: ignore[import-untyped] # it has no types
import smpplib.exceptions  # type: ignore[import-untyped] # it has no types
import smpplib.gsm  # type: ignore[import-untyped] # it has no types
import smpplib.smpp  # type: ignore[import-untyped] # it has no types

from sandbox.sms.smpp.centre import Centre, run_centre
from sandbox.sms.smpp.script import Fault
from services.notifier.channels.sms.smpp.transport import SmppTransport, open_smpp
from services.notifier.domain.incoming import Blocked, DeliveryReceipt
from services.notifier.domain.results import Accepted, AccountDown, Throttled
from tests.integration.notifier.smpp import LONG, NUMBER, PASSWORD, HastyClock, bodies, options_of

QUEUE_FULL, THROTTLED = 0x14, 0x58
DIGITS = NUMBER.removeprefix("+")


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    async with run_centre() as opened:
        yield opened


def by_smpplib(centre: Centre, text: str, password: str = PASSWORD) -> tuple[list[str], list[Any]]:
    """Bind, send a text in parts, wait for their receipts and unbind, all by smpplib; it blocks."""
    ids: list[str] = []
    receipts: list[Any] = []
    client = smpplib.client.Client("127.0.0.1", centre.port, allow_unknown_opt_params=True)
    client.set_message_sent_handler(lambda pdu: ids.append(pdu.message_id.decode()))
    client.set_message_received_handler(lambda pdu: receipts.append((pdu.esm_class, pdu.short_message)))
    client.connect()
    try:
        client.bind_transceiver(system_id="docwatch", password=password)
        parts, coding, esm_class = smpplib.gsm.make_parts(text)
        for part in parts:
            client.send_message(
                source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
                source_addr="DOCS",
                dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
                destination_addr=DIGITS,
                short_message=part,
                data_coding=coding,
                esm_class=esm_class,
                registered_delivery=True,
            )
        while len(receipts) < len(parts):
            client.read_once()
        client.unbind()
    finally:
        client.disconnect()
    return ids, receipts


@pytest.mark.parametrize("text", ["Ready", "Готово", LONG])
async def test_smpplib_sends_and_gets_receipts(centre: Centre, text: str) -> None:
    """Another client's texts are shown as it sent them, and it reads our answers and receipts."""
    ids, receipts = await asyncio.to_thread(by_smpplib, centre, text)

    (shown,) = centre.texts.shown(NUMBER)
    assert (text, tuple(ids)) == (shown.text, shown.ids)
    assert [4] * len(ids) == [esm_class for esm_class, _ in receipts]
    assert all(one.encode() in text for one, (_, text) in zip(ids, receipts, strict=True))
    assert 1 == centre.script.counts["unbind"]


async def test_smpplib_is_refused_with_a_wrong_password(centre: Centre) -> None:
    """Another client understands why it is not bound."""
    with pytest.raises(smpplib.exceptions.PDUError) as refused:
        await asyncio.to_thread(by_smpplib, centre, "text", "wrong")

    assert 0x0E in refused.value.args


async def test_smpp34_sends_and_gets_receipts(centre: Centre) -> None:
    """The client whose codec we use has a session of its own, and goes through."""
    client = smpp34.Client("127.0.0.1", centre.port, "docwatch", PASSWORD)
    session = await client.connect()
    centre.script.lay(Fault("status", status=QUEUE_FULL, nth=2))

    answers = [
        await session.submit_sm(
            DIGITS, b"Ready", source_addr="DOCS", source_addr_ton=5, registered_delivery=1
        )
        for _ in range(2)
    ]
    event = await session.next()
    await session.unbind()

    assert [0, QUEUE_FULL] == [answer.command_status for answer in answers]
    assert isinstance(event, smpp34.DeliverSmEvent)
    assert str(answers[0].message_id).encode() in event.short_message


@asynccontextmanager
async def at(port: int, query: str = "") -> AsyncIterator[SmppTransport]:
    async with open_smpp(options_of(port, query=query), HastyClock()) as transport:
        yield transport


async def test_our_texts_at_the_centre_of_smpp34(unused_tcp_port: int) -> None:
    """Texts, refusals, receipts and keywords pass through another implementation's sessions."""
    server = smpp34.Server("127.0.0.1", unused_tcp_port)
    await server.start()
    came: list[smpp34.SubmitSmEvent] = []
    delivering: list[asyncio.Future[smpp34.DeliverSmResp]] = []

    async def serve() -> None:
        session = None
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                session = event
            elif isinstance(event, smpp34.SubmitSmEvent):
                came.append(event)
                if len(came) == 1:
                    event.reject(THROTTLED)
                    continue
                event.accept(f"m{len(came)}")
                if session is not None and len(came) == 2:
                    receipt = b"id:m2 sub:001 dlvrd:001 stat:DELIVRD err:000 text:"
                    for content, esm_class in ((receipt, 4), (b"STOP", 0)):
                        sent = session.deliver_sm("DOCS", content, source_addr=DIGITS, esm_class=esm_class)
                        delivering.append(asyncio.ensure_future(sent))

    serving = asyncio.ensure_future(serve())
    try:
        async with at(unused_tcp_port) as transport:
            refused = await transport.submit(NUMBER, "Ready", uuid4())
            taken = await transport.submit(NUMBER, "Ready", uuid4())
            long = await transport.submit(NUMBER, LONG, uuid4())
            told = list(await transport.poll())
            await transport.taken()
            while len(told) < 2:
                told += await transport.poll()
                await transport.taken()
            acknowledged = [answer.is_success for answer in await asyncio.gather(*delivering)]
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await server.stop()

    assert [True] * 2 == acknowledged
    assert (Throttled(1.0, "account"), Accepted("m2")) == (refused, taken)
    assert isinstance(long, Accepted)
    assert {f"m{number}" for number in range(3, 3 + long.messages)} == set(long.reference.split(" "))
    assert [DeliveryReceipt("m2", "delivered"), Blocked("stopped")] == bodies(told)
    assert ("DOCS", 5, DIGITS, 1) == (
        came[0].source_addr,
        came[0].source_addr_ton,
        came[0].destination_addr,
        came[0].dest_addr_ton,
    )


@asynccontextmanager
async def foreign_centre(units: list[Any], password: bytes = b"secret") -> AsyncIterator[int]:
    """A centre whose units are read and written by smpplib alone."""
    codec = smpplib.client.Client("127.0.0.1", 1, allow_unknown_opt_params=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = await reader.readexactly(4)
                unit = length + await reader.readexactly(int.from_bytes(length) - 4)
                request = smpplib.smpp.parse_pdu(unit, client=codec, allow_unknown_opt_params=True)
                units.append(request)
                if not request.command.endswith("_resp"):
                    writer.write(_answer(codec, request, password, len(units)))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _answer(codec: Any, request: Any, password: bytes, number: int) -> bytes:  # noqa: ANN401 - it has no types
    answer = smpplib.smpp.make_pdu(f"{request.command}_resp", client=codec)
    answer.sequence = request.sequence
    if request.command == "bind_transceiver":
        answer.system_id = "FOREIGN"
        answer.status = 0 if request.password == password else 0x0E
    if request.command == "submit_sm":
        answer.message_id = f"id-{number}"
    written: bytes = answer.generate()
    return written


@pytest.mark.parametrize("text", ["Ready: 5 €", "Готово", LONG])
async def test_our_texts_as_another_codec_reads_them(text: str) -> None:
    """What we write is read by another codec as what it is meant to be."""
    units: list[Any] = []
    async with foreign_centre(units) as port, at(port, "validity=50&system_type=VMA") as transport:
        result = await transport.submit(NUMBER, text, uuid4())

    bind, *submitted, unbind = units
    assert (b"docwatch", b"secret", b"VMA", 0x34) == (
        bind.system_id,
        bind.password,
        bind.system_type,
        bind.interface_version,
    )
    parts = [one.short_message[6:] if one.esm_class & 0x40 else one.short_message for one in submitted]
    coding = submitted[0].data_coding
    expected = text.encode("utf-16-be") if coding == 8 else smpplib.gsm.gsm_encode(text)
    assert expected == b"".join(parts)
    assert {(b"DOCS", 5, DIGITS.encode(), 1, 1, b"000002020000000R")} == {
        (
            one.source_addr,
            one.source_addr_ton,
            one.destination_addr,
            one.dest_addr_ton,
            one.registered_delivery,
            one.validity_period,
        )
        for one in submitted
    }
    assert "unbind" == unbind.command
    assert isinstance(result, Accepted)
    assert len(submitted) == result.messages


async def test_another_centre_refuses_a_password() -> None:
    """What another codec writes as a refusal is the account's."""
    units: list[Any] = []
    async with foreign_centre(units, b"other") as port, at(port) as transport:
        assert AccountDown("not bound: 0x0e RINVPASWD") == await transport.submit(NUMBER, "text", uuid4())
