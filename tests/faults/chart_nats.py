"""NATS as Kubernetes would run it with our values for its official chart: three nodes, TLS, narrow logins.

Clients are given one address, as of a Service, which leads each new connection to a node that is ready.
"""

import asyncio
import json
import re
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import nats
import nats.errors
import nats.js.errors
import pytest
from nats.aio.client import Client

from cli.errors import CommandError
from cli.installation.provisioning import provision_streams
from contracts.services import SERVICES
from deploy.helm import nats_values
from deploy.helm.services import Json
from runtime.embedded import ports
from runtime.messaging.tls import tls_options
from tests.faults.cluster import HOST, Cluster
from tests.faults.proxy import Proxy, proxied
from tests.integration.deployed.server import environment, make_secrets
from tests.waiting import until

START_SECONDS = 60.0
PROBE_SECONDS = 5.0
LAME_DUCK: Mapping[str, str] = {"lame_duck_grace_period": "10s", "lame_duck_duration": "30s"}
"""What the official chart says, so that a node takes at least as long to go."""
TLS_FILES: Mapping[str, str] = {"cert_file": "certificate", "key_file": "key"}
REFUSALS = (CommandError, TimeoutError, OSError, nats.errors.Error, nats.js.errors.Error)
State = Mapping[str, tuple[int, int, int]]
"""By stream the first and last number, and how many messages."""


class ChartNodes(Cluster):
    """The three nodes; `config` is what the values say of NATS's configuration."""

    def __init__(self, home: Path, secrets: Path, config: Json) -> None:
        super().__init__(home)
        self.secrets = secrets
        self.config = config
        self.environment = environment(secrets, home)
        self.front: Proxy | None = None
        self._monitors = [ports.pick(HOST) for _ in self._ports]
        self._frozen = set[int]()

    @property
    def ca(self) -> Path:
        """Who vouches for the nodes."""
        return self.secrets / "nats_ca"

    @property
    def url(self) -> str:
        """The address of whoever provisions."""
        return self.url_of("provision")

    def url_of(self, login: str) -> str:
        """Return the address that a login is given."""
        assert self.front is not None
        password = (self.secrets / f"{login}_nats_password").read_text()
        return f"tls://{login}:{password}@localhost:{self.front.address[1]}"

    def tell_by(self, patch: pytest.MonkeyPatch) -> None:
        """Tell an installation by the environment where NATS is, each service by its own login."""
        patch.setenv("DOCWATCH_NATS_URL", self.url)
        patch.setenv("DOCWATCH_NATS_CA", str(self.ca))
        for service in SERVICES:
            patch.setenv(f"DOCWATCH_{service.upper()}_NATS_URL", self.url_of(service))

    def configuration(self, number: int) -> str:
        """Return what the official chart makes of our values, on this machine.

        The chart joins its own configuration with `merge`, and writes what stands between angles without
        quotes.
        """
        config, folder = self.config, self.folder(number)
        store: Json = {
            "max_memory_store": 0,
            "store_dir": str(folder / "store"),
            "max_file_store": f"<< {config['jetstream']['fileStore']['pvc']['size']} >>",
            **config["jetstream"]["merge"],
        }
        tls = {
            "cert_file": str(self.secrets / "nats_certificate"),
            "key_file": str(self.secrets / "nats_key"),
        }
        made: Json = {
            "server_name": f"nats-{number}",
            **LAME_DUCK,
            "pid_file": str(folder / "nats.pid"),
            "listen": f"{HOST}:{self._ports[number][0]}",
            "http": f"{HOST}:{self._monitors[number]}",
            "tls": {**tls, **config["nats"]["tls"]["merge"]},
            "cluster": {"name": "nats", **self.routes(number)},
            "jetstream": store,
            **config["merge"],
        }
        return re.sub(r'"<< (.*?) >>"', r"\1", json.dumps(made))

    async def connect(self) -> Client:
        """Connect as whoever provisions."""
        return await nats.connect(
            self.url, inbox_prefix=b"_INBOX_provision", **tls_options(self.url, self.ca)
        )

    async def start(self, number: int) -> None:
        """Start a node; new clients come to it once it is ready, which this does not wait for."""
        await super().start(number)
        self._route()

    async def kill(self, number: int) -> None:
        """Kill a node with -9; new clients still come to it, for nobody has been told."""
        self._frozen.discard(number)
        await super().kill(number)

    def freeze(self, number: int) -> None:
        """Let a node stand still: it keeps its connections and takes new ones, and says nothing."""
        self._frozen.add(number)
        self.signal(number, signal.SIGSTOP)

    def wake(self, number: int) -> None:
        """Let a node go on that stood still."""
        if number in self._frozen:
            self._frozen.discard(number)
            self.signal(number, signal.SIGCONT)

    def wipe(self, number: int) -> None:
        """Take its disk from a node that does not run."""
        assert number not in self._nodes
        shutil.rmtree(self.folder(number) / "store")

    async def retire(self, number: int) -> None:
        """End a node as Kubernetes does: nobody new comes, its clients are told to go, then it ends."""
        self._route(without=number)
        self.signal(number, signal.SIGUSR2)
        await self.ended(number)

    async def restart(self, number: int) -> None:
        """End a node as Kubernetes does and start it again; return when it has all that it must have."""
        await self.retire(number)
        await self.start(number)
        await self.started(number)

    async def started(self, number: int) -> None:
        """Return when a node has all that it must have."""
        await until(lambda: self.ready(number), within=START_SECONDS, every=0.2)

    async def ready(self, number: int) -> bool:
        """Tell whether a node has all that it must have, as the chart's probe at the start asks."""
        timeout = aiohttp.ClientTimeout(total=PROBE_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.get(f"http://{HOST}:{self._monitors[number]}/healthz") as answer,
            ):
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def whole(self) -> None:
        """Wake and start whatever stands still or does not run; return when every node has everything."""
        for number in range(len(self._ports)):
            self.wake(number)
            if number not in self._nodes:
                await self.start(number)
        await asyncio.gather(*map(self.started, range(len(self._ports))))

    async def stored(self, number: int) -> State:
        """Return what a node has of each stream, asked of that node alone."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://{HOST}:{self._monitors[number]}/jsz?accounts=true&streams=true") as answer,
        ):
            found = await answer.json()
        streams = [one for account in found["account_details"] for one in account.get("stream_detail", ())]
        return {
            one["name"]: tuple(one["state"][field] for field in ("first_seq", "last_seq", "messages"))
            for one in streams
        }

    def refused(self) -> list[str]:
        """Return what the nodes' logs say that a login was refused."""
        logs = [self.folder(number) / "nats.log" for number in range(len(self._ports))]
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        return [line for line in lines if "Violation" in line]

    def _route(self, without: int | None = None) -> None:
        if self.front is not None:
            ready = [one for number, one in enumerate(self.addresses) if number != without]
            self.front.lead(*ready)


@asynccontextmanager
async def chart_nodes(home: Path, config: Json | None = None) -> AsyncIterator[ChartNodes]:
    """Run the three nodes, our streams in three copies on them, for the length of the block."""
    nodes = ChartNodes(home, make_secrets(home), nats_values.values()["config"] if config is None else config)
    async with proxied(*nodes.addresses) as front:
        nodes.front = front
        try:
            for number in range(len(nodes.addresses)):
                await nodes.start(number)
            await until(lambda: _provisioned(nodes), within=START_SECONDS, every=0.5)
            await nodes.whole()
            yield nodes
        finally:
            await nodes.stop()


async def _provisioned(nodes: ChartNodes) -> bool:
    try:
        await provision_streams(nodes.url, ca=nodes.ca, replicas=3)
    except REFUSALS:
        return False  # no leader yet
    return True
