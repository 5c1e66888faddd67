"""TLS between the services and NATS as deploy/ has it: who is no part of it, learns and says nothing."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import nats.errors
import pytest
from pydantic import SecretStr

from cli.errors import CommandError
from cli.installation import bus
from cli.installation.provisioning import provision_streams
from runtime.errors import SettingsError, StartError
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from runtime.messaging.tls import tls_context, tls_options
from runtime.process import start
from runtime.process.lifecycle import Stop
from runtime.settings import RuntimeSettings
from tests.faults.proxy import Proxy, proxied
from tests.integration.deployed.server import HOST, Deployed, make_secrets
from tests.waiting import until


def settings(url: str, ca: Path | None) -> RuntimeSettings:
    """What a service is told."""
    return RuntimeSettings.model_construct(nats_url=SecretStr(url), nats_ca=ca)


async def test_a_service_with_the_authority_is_connected_by_tls(deployed: Deployed) -> None:
    """A service that is given the CA publishes, and no byte of it goes in plain text."""
    url = deployed.url("ingest")
    async with start.messaging(settings(url, deployed.ca), "ingest", Stop()) as connected:
        [told] = await StreamWriter(connected.client).publish([Outgoing("docwatch.stage.v1", "one", b"{}")])

        assert isinstance(told, Stored)
        assert connected.client._transport is not None
        assert connected.client._transport._io_writer.get_extra_info("cipher") is not None  # type: ignore[attr-defined]  # no public way to ask
        assert await connected.refused_rights.check() is None


@pytest.mark.parametrize("case", ["no authority", "another authority"])
async def test_an_unknown_server_is_not_spoken_with(
    deployed: Deployed, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the CA, or with that of another installation, a service does not start, and says why."""
    monkeypatch.setattr(start, "CONNECT_SECONDS", 1.0)
    ca = None if case == "no authority" else make_secrets(tmp_path) / "nats_ca"

    with pytest.raises(StartError, match="CERTIFICATE_VERIFY_FAILED"):
        async with start.messaging(settings(deployed.url("ingest"), ca), "ingest", Stop()):
            pytest.fail("connected")


async def test_provisioning_does_not_wait_for_ever_for_an_unknown_server(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that does not trust the server ends with the reason."""
    monkeypatch.setattr(bus, "PATIENCE_SECONDS", 1.0)

    with pytest.raises(CommandError, match="CERTIFICATE_VERIFY_FAILED"):
        await provision_streams(deployed.url("provision"))


async def test_plain_text_is_refused(deployed: Deployed) -> None:
    """Whoever goes on in plain text after the greeting is cut off without a word, with any password."""
    user, _, password = deployed.url("tracker").removeprefix("tls://").partition("@")[0].partition(":")
    reader, writer = await asyncio.open_connection(HOST, deployed.port)
    greeting = await asyncio.wait_for(reader.readline(), 10)
    writer.write(f'CONNECT {{"user":"{user}","pass":"{password}","tls_required":false}}\r\nPING\r\n'.encode())
    said = await asyncio.wait_for(reader.read(), 10)
    writer.close()

    assert b'"tls_required":true' in greeting
    assert b"" == said


async def test_a_client_that_waits_for_the_greeting_is_served(deployed: Deployed) -> None:
    """Publishers with clients of their own need not begin with TLS: the greeting tells them to."""
    trusting = ssl.create_default_context(cafile=deployed.ca)
    client = await nats.connect(deployed.url("ingest"), tls=trusting, inbox_prefix="_INBOX_ingest")
    told = await client.jetstream().stream_info("STAGES")
    await client.close()

    assert "STAGES" == told.config.name


@asynccontextmanager
async def liar() -> AsyncIterator[tuple[int, list[bytes]]]:
    """Somebody on the way who greets like a server without TLS, and keeps what it is sent."""
    heard: list[bytes] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.15.1","max_payload":1048576}\r\n')
        heard.append(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(greet, HOST) as server:
        yield server.sockets[0].getsockname()[1], heard


async def test_a_password_is_never_sent_to_who_says_that_there_is_no_tls(deployed: Deployed) -> None:
    """A greeting without TLS does not make a client of `tls://` speak in plain text."""
    async with liar() as (port, heard):
        url = deployed.url("ingest").replace(f":{deployed.port}", f":{port}")
        with pytest.raises((OSError, nats.errors.Error)):
            await nats.connect(url, allow_reconnect=False, connect_timeout=2, **tls_options(url, deployed.ca))

    assert heard
    assert not any(b"CONNECT" in one for one in heard)


def test_settings_that_contradict_each_other_are_refused(deployed: Deployed, tmp_path: Path) -> None:
    """A CA without `tls://`, servers of both kinds and a CA that is none are said, not passed over."""
    broken = tmp_path / "ca"
    broken.write_text("no certificate")
    for url, ca, said in (
        ("nats://one", deployed.ca, "DOCWATCH_NATS_CA"),
        ("tls://one,nats://two", deployed.ca, "DOCWATCH_NATS_URL"),
        ("tls://one", broken, "DOCWATCH_NATS_CA"),
        ("tls://one", tmp_path / "missing", "DOCWATCH_NATS_CA"),
    ):
        with pytest.raises(SettingsError, match=said):
            tls_context(url, ca)

    assert tls_context("nats://one", None) is None
    assert isinstance(tls_context("tls://one,tls://two", deployed.ca), ssl.SSLContext)


@asynccontextmanager
async def hasty(deployed: Deployed) -> AsyncIterator[str]:
    """A server that did not wait for the first client's TLS, and serves the next; yield its address."""
    proxy, greeted = Proxy([(HOST, deployed.port)]), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greeted.is_set():
            proxy.serve(reader, writer)
            return
        greeted.set()
        writer.write(
            b'INFO {"server_id":"x","version":"2.15.1","tls_required":true,"max_payload":1048576}\r\n'
        )
        await reader.read(4096)
        writer.close()

    async with await asyncio.start_server(serve, HOST) as server:
        port = server.sockets[0].getsockname()[1]
        yield deployed.url("ingest").replace(f":{deployed.port}", f":{port}")
        await proxy.end()


async def test_a_handshake_that_failed_is_tried_again(deployed: Deployed) -> None:
    """A server that greeted too early keeps neither a service nor a command out."""
    async with (
        hasty(deployed) as url,
        start.messaging(settings(url, deployed.ca), "ingest", Stop()) as connected,
    ):
        assert connected.client.is_connected
    async with hasty(deployed) as url:
        client = await bus.connect(url, deployed.ca)
        assert client.is_connected
        await client.close()


async def test_a_service_that_lost_its_connection_comes_again(deployed: Deployed) -> None:
    """Though a first connection that fails is given up at once, one that broke is made anew."""
    async with proxied((HOST, deployed.port)) as proxy:
        url = deployed.url("ingest").replace(f":{deployed.port}", f":{proxy.address[1]}")
        async with start.messaging(settings(url, deployed.ca), "ingest", Stop()) as connected:
            proxy.cut()

            async def back() -> bool:
                return connected.client.stats["reconnects"] > 0 and connected.client.is_connected

            await until(back)
