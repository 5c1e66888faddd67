"""NATS as deploy/ has it: its configuration, and the passwords and certificates that its script makes."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import nats
from nats.aio.client import Client

from runtime.embedded import binaries, ports
from runtime.messaging.tls import tls_options
from tests.waiting import until

DEPLOY = Path(__file__).parents[3] / "deploy"
HOST = "127.0.0.1"


@dataclass
class Connected:
    """A client of one login, and what the server told it beside its answers."""

    client: Client
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Deployed:
    """The running server: where its secrets and its log are."""

    secrets: Path
    port: int
    monitor: str
    log: Path
    scheme: str = "tls"

    @property
    def ca(self) -> Path | None:
        """Who vouches for the server."""
        return self.secrets / "nats_ca" if self.scheme == "tls" else None

    def url(self, login: str) -> str:
        """The address that the containers are given, on this machine."""
        given = (self.secrets / f"{login}_nats_url").read_text()
        return given.replace("tls://", f"{self.scheme}://").replace("@nats:4222", f"@localhost:{self.port}")

    @asynccontextmanager
    async def connected(self, login: str) -> AsyncIterator[Connected]:
        """Connect as one login, with its own inbox."""
        found = Connected(Client())

        async def failed(error: Exception) -> None:
            found.errors.append(str(error))

        url = self.url(login)
        found.client = await nats.connect(
            url, error_cb=failed, inbox_prefix=f"_INBOX_{login}", **tls_options(url, self.ca)
        )
        try:
            yield found
        finally:
            await found.client.close()

    def refused(self) -> list[str]:
        """What the server's log says that it refused."""
        return [line for line in self.log.read_text().splitlines() if "Violation" in line]


def make_secrets(home: Path) -> Path:
    """Run the script that makes an installation's secrets; return their folder."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(DEPLOY / "secrets.sh", home)
    subprocess.run(["/bin/sh", str(home / "secrets.sh")], check=True, capture_output=True)  # noqa: S603 - a script of the project
    return home / "secrets"


def environment(secrets: Path, store: Path) -> dict[str, str]:
    """What the configuration takes from the environment, as the container's start makes it."""
    lines = (secrets / "nats_passwords").read_text().splitlines()
    return {
        **dict(line.split("=", 1) for line in lines),
        "NATS_STORE": str(store),
        "NATS_CERTIFICATE": str(secrets / "nats_certificate"),
        "NATS_KEY": str(secrets / "nats_key"),
    }


def configured(home: Path, changes: Mapping[str, str]) -> Path:
    """Return the configuration, a copy in which texts were replaced by others."""
    folder, left = home / "configuration", set(changes)
    folder.mkdir()
    for name in ("nats.conf", "rights.conf"):
        text = (DEPLOY / "nats" / name).read_text("utf-8")
        for old, new in changes.items():
            left -= {old} if old in text else set()
            text = text.replace(old, new)
        (folder / name).write_text(text, "utf-8")
    assert not left, f"not in the configuration: {left}"
    return folder / "nats.conf"


@asynccontextmanager
async def deployed_nats(home: Path, changes: Mapping[str, str] | None = None) -> AsyncIterator[Deployed]:
    """Run the server for the length of the block, on free ports of this machine, with no streams.

    Each text of `changes` is replaced by the other in its configuration.
    """
    secrets = make_secrets(home)
    configuration = configured(home, changes or {})
    port, monitor, log = ports.pick(HOST), ports.pick(HOST), home / "nats.log"
    process = await asyncio.create_subprocess_exec(
        *(str(binaries.nats_server()), "--config", str(configuration), "--log", str(log)),
        *("--addr", HOST, "--port", str(port), "--http_port", str(monitor)),
        env=environment(secrets, home / "store"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        scheme = "tls" if "tls {" in configuration.read_text("utf-8") else "nats"
        found = Deployed(secrets, port, f"http://{HOST}:{monitor}", log, scheme)
        await until(lambda: _healthy(found.monitor))
        yield found
    finally:
        process.terminate()
        await process.wait()


async def _healthy(monitor: str) -> bool:
    try:
        async with aiohttp.ClientSession() as client, client.get(f"{monitor}/healthz") as response:
            return response.ok
    except aiohttp.ClientError:
        return False
