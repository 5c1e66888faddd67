"""The programs of one installation: their ports, environments, order of start and readiness."""

import asyncio
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from cli.errors import CommandError
from cli.provisioning import SERVICES
from cli.servers import Servers
from cli.settings import LocalSettings
from cli.supervisor import Supervisor
from sandbox.settings import SandboxSettings

READY_SECONDS = 30.0


@dataclass(frozen=True)
class Addresses:
    """Base URLs of what runs; `phone` is None with a real bot."""

    ingest: str
    tracker: str
    notifier: str
    phone: str | None

    def services(self) -> Iterator[tuple[str, str]]:
        """Yield name and base URL of each service."""
        yield from (("ingest", self.ingest), ("tracker", self.tracker), ("notifier", self.notifier))


def check_ports(settings: LocalSettings) -> None:
    """Raise CommandError that names every taken port and how to change it."""
    problems = [
        f"port {port} of {name} is taken: set DOCWATCH_{name.upper()}_PORT to another, such as {port + 1000}"
        for name, port in settings.ports.items()
        if not _free(settings.host, port)
    ]
    if problems:
        raise CommandError("\n".join(problems))


def _free(host: str, port: int) -> bool:
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class Stack:
    """Starts the sandbox where there is no real bot, then the three services, each until it is ready."""

    def __init__(
        self, settings: LocalSettings, values: Mapping[str, str], servers: Servers, supervisor: Supervisor
    ) -> None:
        self._settings = settings
        self._values = values
        self._servers = servers
        self._supervisor = supervisor

    async def start(self, bot_name: str) -> Addresses:
        """Start everything; CommandError with the log's name where a program does not become ready."""
        ports = self._settings.ports
        urls = {name: f"http://{self._settings.host}:{port}" for name, port in ports.items()}
        if "phone" in ports:
            await self._sandbox(ports["phone"], bot_name)
            await self._ready("phone", f"{urls['phone']}/phone/api/state")
        for service in SERVICES:
            await self._supervisor.start(
                service,
                ["-m", f"services.{service}"],
                self._environment(service, bot_name),
                self._log(service),
            )
        await asyncio.gather(*(self._ready(service, f"{urls[service]}/readyz") for service in SERVICES))
        return Addresses(urls["ingest"], urls["tracker"], urls["notifier"], urls.get("phone"))

    async def _sandbox(self, port: int, bot_name: str) -> None:
        arguments = [
            "-m",
            "sandbox",
            "--port",
            str(port),
            "--host",
            self._settings.host,
            "--bot-username",
            bot_name,
        ]
        rates = [
            "--global-rate",
            str(self._settings.rate_global),
            "--chat-rate",
            str(self._settings.rate_chat),
        ]
        data = ["--data", str(self._settings.folder / "phone.sqlite")]
        await self._supervisor.start("phone", [*arguments, *data, *rates], os.environ, self._log("phone"))

    def _environment(self, service: str, bot_name: str) -> dict[str, str]:
        found = {
            **os.environ,
            "DOCWATCH_NATS_URL": self._servers.nats[service],
            "DOCWATCH_DATABASE_URL": self._servers.databases[service],
            "DOCWATCH_CATALOGUE": str(self._settings.catalogue.absolute()),
            "DOCWATCH_HOST": self._settings.host,
            "DOCWATCH_TELEGRAM_BOT": bot_name,
        }
        for name in ("DOCWATCH_PEPPER", "DOCWATCH_RECEIPT_KEY", "DOCWATCH_ENCRYPTION_KEYS"):
            found.setdefault(name, self._values[name])
        if self._settings.sandboxed:
            found["DOCWATCH_TELEGRAM_TOKEN"] = SandboxSettings().bot_token
            found["DOCWATCH_TELEGRAM_API_URL"] = f"http://{self._settings.host}:{self._settings.phone_port}"
        return found

    def _log(self, name: str) -> Path:
        return self._settings.folder / "logs" / f"{name}.log"

    async def _ready(self, name: str, url: str) -> None:
        answer = "no answer"
        try:
            async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as client:
                while True:
                    try:
                        async with client.get(url) as response:
                            if response.ok:
                                return
                            answer = (await response.text()).strip()
                    except aiohttp.ClientError as error:
                        answer = str(error)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            log = self._log(name)
            tail = "\n".join(f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-8:])
            raise CommandError(
                f"{name} is not ready after {READY_SECONDS:g} s: {answer}\nthe end of {log}:\n{tail}"
            ) from None
