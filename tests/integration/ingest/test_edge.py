"""The TLS proxy of deploy/ before a real ingest: what passes, what is refused, who waits for how long."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import aiohttp
import httpx
import pytest

from contracts.catalogue import load_catalogue
from runtime.embedded import ports
from sandbox.agency import CATALOGUE
from services.notifier.edge.application import Edge as PublicEdge
from services.notifier.edge.pages import Pages
from services.notifier.wording.i18n import load_voice
from tests.attacks.wire import listening
from tests.integration.deployed.server import DEPLOY, make_secrets
from tests.integration.ingest.conftest import Bench
from tests.integration.ingest.test_process import settings, started
from tests.waiting import until

__all__ = ["settings"]
NGINX = shutil.which("nginx", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
CONFIGURATION = (DEPLOY / "nginx" / "nginx.conf").read_text("utf-8")
EVENT = {
    "specversion": "1.0",
    "type": "docwatch.stage.v1",
    "source": "passports",
    "id": "e-1",
    "time": "2026-11-20T10:15:00+02:00",
    "data": {"application_number": "AB-123456789", "document_type": "id_card", "stage": "printing"},
}
JSON = "application/cloudevents+json"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@dataclass(frozen=True)
class Edge:
    """The running proxy: its port, and what a client must know to believe it."""

    port: int
    trust: ssl.SSLContext

    @property
    def url(self) -> str:
        """Where back offices come to."""
        return f"https://localhost:{self.port}"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates as the script of deploy/ makes them."""
    return make_secrets(tmp_path_factory.mktemp("edge") / "made")


@asynccontextmanager
async def proxy(folder: Path, secrets: Path, inside: int, page: int = 9) -> AsyncIterator[Edge]:
    """Run nginx by the configuration of deploy/, with addresses and files of this test and shorter waits."""
    port, alive = ports.pick("127.0.0.1"), ports.pick("127.0.0.1")
    written = folder / "nginx.conf"
    changes = {
        " /tmp/": f" {folder}/",
        "listen 8443": f"listen 127.0.0.1:{port}",
        "127.0.0.1:8444": f"127.0.0.1:{alive}",
        "ingest:8080": f"127.0.0.1:{inside}",
        "notifier:8082": "127.0.0.1:9",
        "notifier:8083": f"127.0.0.1:{page}",
        "/run/secrets/": f"{secrets}/",
        "client_header_timeout 10s": "client_header_timeout 1s",
        "client_body_timeout 20s": "client_body_timeout 1s",
    }
    text = CONFIGURATION
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    written.write_text(text)
    # As root its workers would be an account that cannot enter the folder.
    ours = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
    program = [str(NGINX), "-c", str(written), "-e", "stderr", "-g", ours]
    checked = await asyncio.to_thread(subprocess.run, [*program, "-t"], capture_output=True, text=True)
    assert 0 == checked.returncode, checked.stderr
    assert "[warn]" not in checked.stderr
    process = await asyncio.create_subprocess_exec(*program)
    trust = ssl.create_default_context(cafile=secrets / "nats_ca")

    async def serves() -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", alive)
            writer.close()
            return True
        return False

    try:
        await until(serves)
        yield Edge(port, trust)
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def ingest_edge(settings: dict[str, str], secrets: Path, tmp_path: Path) -> AsyncIterator[Edge]:
    """The proxy before an ingest that runs."""
    async with started(settings, tmp_path) as ingest, proxy(tmp_path, secrets, ingest.port) as found:
        yield found


@pytest.fixture
async def edge(secrets: Path, tmp_path: Path) -> AsyncIterator[Edge]:
    """The proxy before something that takes everything and answers nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while await reader.read(65_536):
                pass
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server, proxy(tmp_path, secrets, server.sockets[0].getsockname()[1]) as found:
        yield found


async def test_events_come_in_by_tls(ingest_edge: Edge, bench: Bench) -> None:
    """An event and lines without a length are accepted, and the certificate is believed by its authority."""
    key = {"Authorization": f"Bearer {bench.key}"}
    template = str(EVENT).replace("'", '"')

    async def lines() -> AsyncIterator[bytes]:
        for number in range(3000):
            yield template.replace("e-1", f"l-{number}").encode() + b"\n"

    connector = aiohttp.TCPConnector(ssl=ingest_edge.trust)
    async with aiohttp.ClientSession(ingest_edge.url, connector=connector, headers=key) as client:
        async with client.post("/v1/events", data=template, headers={"Content-Type": JSON}) as one:
            accepted = [(one.status, (await one.json())["accepted"])]
        headers = {"Content-Type": "application/x-ndjson"}
        async with client.post("/v1/events", data=lines(), headers=headers) as many:
            accepted.append((many.status, (await many.json())["accepted"]))
        async with client.post("/v1/receipts", data=BytesIO(b"x" * (1024 * 1024 + 1))) as large:
            refused = large.status

    assert [(202, 1), (202, 3000)] == accepted
    assert "max-age=31536000" == one.headers["Strict-Transport-Security"]
    assert 413 == refused


async def test_only_the_back_offices_doors_are_open(ingest_edge: Edge) -> None:
    """What tells of the service itself stays inside, however it is asked for."""
    shut = [
        "metrics",
        "healthz",
        "readyz",
        "V1/events",
        "v1",
        "v1/../metrics",
        "v1/%2e%2e/readyz",
        "/metrics",
    ]
    # The description is public only where the operator wants it.
    shut += ["docs", "openapi.json"]
    # Citizens' pages are the notifier's, which is away here.
    wanted = {f"/{path}": 404 for path in shut} | {"/v1/outcomes": 401, "/": 503}
    answers = {
        path: await said(
            ingest_edge, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        for path in wanted
    }

    assert wanted == {path: int(answer.split()[1]) for path, answer in answers.items()}
    assert not any(b"process_cpu" in one or b'"ready"' in one for one in answers.values())


async def said(edge: Edge, request: bytes, seconds: float = 10.0) -> bytes:
    """Send bytes by TLS and return all that comes until the other side closes."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", edge.port, ssl=edge.trust, server_hostname="localhost"
    )
    try:
        async with asyncio.timeout(seconds):
            writer.write(request)
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


async def test_plain_text_and_old_tls_are_refused(edge: Edge) -> None:
    """The port speaks TLS 1.2 and newer, and nothing else."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(b"GET /docs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    plain = await reader.read()
    writer.close()
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")

    assert b" 400 " in plain.splitlines()[0]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", edge.port, ssl=old, server_hostname="localhost")


HEAD = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + JSON.encode() + b"\r\n"


STANDING = {
    "nothing": b"",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 500\r\n\r\n{",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
}
LARGE = {
    "a long field": HEAD + b"X: " + b"x" * 9_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "many fields": HEAD + (b"X: " + b"x" * 4_000 + b"\r\n") * 10 + b"Content-Length: 0\r\n\r\n",
}


async def test_who_stands_still_is_sent_away(edge: Edge) -> None:
    """A head or a body that does not go on ends the connection after the time for it, with no 2xx."""
    answers = await asyncio.gather(*(said(edge, request) for request in STANDING.values()))

    assert [] == [one for one in answers if re.match(rb"HTTP/1.1 2\d\d", one)]


async def test_a_large_head_is_refused(edge: Edge) -> None:
    """Neither one long field nor many of them reach ingest."""
    answers = await asyncio.gather(*(said(edge, request) for request in LARGE.values()))

    assert [b"400", b"400"] == [one.split()[1] for one in answers]


async def test_a_crowd_from_one_address_is_refused(edge: Edge) -> None:
    """One address has so many requests at once, and the next is told to come again."""
    opened = [
        await asyncio.open_connection("127.0.0.1", edge.port, ssl=edge.trust, server_hostname="localhost")
        for _ in range(64)
    ]
    try:
        for _, writer in opened:
            writer.write(b"GET /v1/outcomes HTTP/1.1\r\nHost: localhost\r\n\r\n")

        async def one_more() -> bytes | None:
            with suppress(TimeoutError):
                return await said(edge, b"GET /v1/x HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n", 0.5)
            return None

        refused = await until(one_more)
    finally:
        for _, writer in opened:
            writer.close()

    assert b" 429 " in refused.splitlines()[0]
    assert b"Retry-After: 1" in refused
    assert b"application/problem+json" in refused


async def test_without_ingest_the_answer_says_to_send_again(secrets: Path, tmp_path: Path) -> None:
    """While ingest is away a post is answered 503, which means unknown, with a problem and a time."""
    async with proxy(tmp_path, secrets, ports.pick("127.0.0.1")) as edge:
        answer = await said(edge, HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")

    assert b" 503 " in answer.splitlines()[0]
    assert b"Retry-After: 2" in answer
    assert b"application/problem+json" in answer


async def test_the_page_behind_a_code_passes_and_is_written_down_nowhere(
    secrets: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The page comes as the notifier makes it, people are told where that is away, and no path is logged."""
    voice = load_voice(load_catalogue(CATALOGUE))
    pages = Pages(voice, voice.catalogue.agency, "https://docs.agency.example")
    async with (
        listening(PublicEdge(pages, time.monotonic, lambda _: None)) as inside,
        proxy(tmp_path, secrets, 9, inside.port) as found,
        httpx.AsyncClient(base_url=found.url, verify=found.trust) as client,
    ):
        answer = await client.get("/r/MARKEDtoken00000000_-x", headers={"Accept-Language": "en"})
        other = await client.get("/r/MARKED")
    async with (
        proxy(tmp_path, secrets, 9) as found,
        httpx.AsyncClient(base_url=found.url, verify=found.trust) as client,
    ):
        away = await client.get("/r/MARKEDtoken00000000_-x")

    assert (200, "no-store", "no-referrer") == (
        answer.status_code,
        answer.headers["cache-control"],
        answer.headers["referrer-policy"],
    )
    assert "start=MARKEDtoken00000000_-x" in answer.text
    assert 404 == other.status_code
    assert (503, "no-store") == (away.status_code, away.headers["cache-control"])
    assert "text/plain" in away.headers["content-type"]
    assert [] == [text for text in (*capfd.readouterr(), *_files(tmp_path)) if "MARKED" in text]


def _files(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*") if path.is_file()]
