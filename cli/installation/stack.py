"""The programs of one installation: their ports, environments, order of start and readiness."""

import asyncio
import os
import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from cli.errors import CommandError
from cli.installation.environments import environment_of, process_environment
from cli.installation.servers import Servers
from cli.installation.supervisor import Supervisor
from cli.settings import LocalSettings, base_url
from contracts.services import SERVICES
from sandbox.settings import (
    OFFICE_KEY,
    SMS_KEY,
    SMS_SIGNING_KEY,
    SMS_WEBHOOK_SECRET,
    VIBER_TOKEN,
    SandboxSettings,
)
from sandbox.sms.description import description

READY_SECONDS = 90.0
STAFF_FILE = "staff.json"
"""Where an installation keeps how its sample member of staff signs in."""
_NAMED = {"telegram": "--bot-username", "viber": "--viber-uri", "sms": "--sms-name"}
SIMULATED_PROVIDER = {
    "DOCWATCH_SMS_KEY": SMS_KEY,
    "DOCWATCH_SMS_WEBHOOK_SECRET": SMS_WEBHOOK_SECRET,
    "DOCWATCH_SMS_SIGNING_KEY": SMS_SIGNING_KEY,
}
"""What the simulated provider of SMS knows its customer by."""
_TOKENS = {"telegram": SandboxSettings().bot_token, "viber": VIBER_TOKEN}
_CALLED = {
    "telegram": "TELEGRAM_BOT",
    "viber": "VIBER_BOT",
    "email": "EMAIL_FROM",
    "sms": "SMS_SENDER",
}
"""The settings with the public names of accounts."""


@dataclass(frozen=True)
class Addresses:
    """Base URLs of what runs; `ops` by service for operators, `phone` is None with a real bot."""

    ingest: str
    phone: str | None
    ops: Mapping[str, str]


def check_ports(settings: LocalSettings) -> None:
    """Raise CommandError that names every taken port and how to change it."""
    wanted = [(settings.host, port, f"{name.upper()}_PORT") for name, port in settings.ports.items()]
    wanted += [
        (settings.ops_host, port, f"{name.upper()}_OPS_PORT") for name, port in settings.ops_ports.items()
    ]
    problems = [
        f"port {port} is taken: set DOCWATCH_{setting} to another, such as {port + 1000}"
        for host, port, setting in wanted
        if not _free(host, port)
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
    """Starts the sandbox where there is no real bot, then the services, each until it is ready.

    `bots` are the public names of the bots by channel.
    """

    def __init__(
        self, settings: LocalSettings, values: Mapping[str, str], servers: Servers, supervisor: Supervisor
    ) -> None:
        self._settings = settings
        self._values = values
        self._servers = servers
        self._supervisor = supervisor

    async def start(
        self, bots: Mapping[str, str], office_key: str | None = None, *, page: bool = True
    ) -> Addresses:
        """Start everything; CommandError with the log's name where a program does not become ready.

        With a key to ingest there is a clerk's desk beside the phones; with `page` these open the citizens'.
        """
        host, ops_host, ports = self._settings.host, self._settings.ops_host, self._settings.ports
        urls = {name: base_url(host, port) for name, port in ports.items()}
        ops = {name: base_url(ops_host, port) for name, port in self._settings.ops_ports.items()}
        if "phone" in ports:
            await self.start_phone(bots, office_key, page=page)
        for service in SERVICES:
            await self.start_service(service, bots)
        await asyncio.gather(*(self.ready(service, ops[service]) for service in SERVICES))
        return Addresses(urls["ingest"], urls.get("phone"), ops)

    async def start_service(
        self,
        service: str,
        bots: Mapping[str, str],
        *,
        name: str | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        """Start one process of a service under a name of its own, with changes to its environment."""
        name = name or service
        environment = {**self._environment(service, bots), **(changes or {})}
        await self._supervisor.start(name, ["-m", SERVICES[service].package], environment, self._log(name))

    async def start_phone(
        self, bots: Mapping[str, str], office_key: str | None = None, *, page: bool = True
    ) -> None:
        """Start the simulated messengers with their phone and wait until they serve."""
        host, port = self._settings.host, self._settings.phone_port
        named = {_NAMED[channel]: name for channel, name in bots.items() if channel in _NAMED}
        names = [part for option in named.items() for part in option]
        smtp = ["--smtp-port", str(self._settings.smtp_port)]
        arguments = ["-m", "sandbox", "--port", str(port), "--host", host, *smtp, *names]
        rates = [
            "--global-rate",
            str(self._settings.rate_global),
            "--chat-rate",
            str(self._settings.rate_chat),
        ]
        folder = self._settings.folder
        data = ["--data", str(folder / "phone.sqlite"), "--staff", str(folder / STAFF_FILE)]
        catalogue, ingest = (
            str(self._settings.catalogue.absolute()),
            f"http://{host}:{self._settings.ingest_port}",
        )
        desk = ["--catalogue", catalogue, "--ingest-url", ingest] if office_key else []
        environment = process_environment(os.environ) | ({OFFICE_KEY: office_key} if office_key else {})
        edge = self._settings.edge_url
        browsers = [] if edge is None or not page else ["--public-url", edge]
        whole = [*arguments, *data, *rates, *desk, *browsers]
        self._describe_gateway()
        await self._supervisor.start("phone", whole, environment, self._log("phone"))
        await self._answers("phone", f"http://{host}:{port}/phone/api/state")

    def _environment(self, service: str, bots: Mapping[str, str]) -> dict[str, str]:
        values = {
            **os.environ,
            "DOCWATCH_NATS_URL": self._servers.nats[service],
            "DOCWATCH_DATABASE_URL": self._servers.databases[service],
            "DOCWATCH_CATALOGUE": str(self._settings.catalogue.absolute()),
            "DOCWATCH_HOST": self._settings.host,
            "DOCWATCH_OPS_HOST": self._settings.ops_host,
            "DOCWATCH_INGEST_DOCS": str(self._settings.public_docs),
            **{f"DOCWATCH_{_CALLED[channel]}": name for channel, name in bots.items()},
            "DOCWATCH_CALLBACK_PRIVATE": str(self._settings.private_callbacks),
        }
        if self._settings.edge_url is not None:
            values["DOCWATCH_PUBLIC_URL"] = self._settings.edge_url
        if self._settings.door_url is not None:
            values["DOCWATCH_DESK_URL"] = self._settings.door_url
        for name in (
            "DOCWATCH_PEPPER",
            "DOCWATCH_RECEIPT_KEY",
            "DOCWATCH_ENCRYPTION_KEYS",
            "DOCWATCH_CONVERSATION_KEYS",
            "DOCWATCH_STAFF_KEYS",
            "DOCWATCH_VAPID_KEY",
        ):
            values.setdefault(name, self._values[name])
        if self._settings.sandboxed:
            phone = f"http://{self._settings.host}:{self._settings.phone_port}"
            apis = {"telegram": phone, "viber": f"{phone}/viber"}
            for channel in bots.keys() & apis:
                values[f"DOCWATCH_{channel.upper()}_TOKEN"] = _TOKENS[channel]
                values[f"DOCWATCH_{channel.upper()}_API_URL"] = apis[channel]
            if "email" in bots:
                values["DOCWATCH_SMTP_URL"] = f"smtp://127.0.0.1:{self._settings.smtp_port}"
            if "sms" in bots:
                values |= {**SIMULATED_PROVIDER, "DOCWATCH_SMS_GATEWAY": str(self._gateway)}
            # The browsers of the simulated phones have their push service on this machine.
            values["DOCWATCH_PUSH_LOOPBACK"] = "true"
            # Whoever plays with the sandbox at night wants to see messages come.
            values.setdefault("DOCWATCH_QUIET_HOURS", "false")
        return environment_of(service, values)

    @property
    def _gateway(self) -> Path:
        """Return where the simulated provider of SMS is described."""
        return self._settings.folder / "sms-gateway.yaml"

    def _describe_gateway(self) -> None:
        here = base_url(self._settings.host, self._settings.phone_port)
        self._gateway.parent.mkdir(parents=True, exist_ok=True)
        self._gateway.write_text(description(here), "utf-8")

    def _log(self, name: str) -> Path:
        return self._settings.folder / "logs" / f"{name}.log"

    async def ready(self, name: str, url: str) -> None:
        """Wait until the service at a base URL is ready; CommandError with the end of its log."""
        await self._answers(name, f"{url}/readyz")

    async def _answers(self, name: str, url: str) -> None:
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
