"""Three nats-servers as one cluster on this machine."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from nats.aio.client import Client

from runtime.embedded import binaries, ports

HOST = "127.0.0.1"


class Cluster:
    """The nodes by their number; each keeps its data and ports when it is started again."""

    def __init__(self, home: Path, size: int = 3) -> None:
        self._home = home
        self._ports = [(ports.pick(HOST), ports.pick(HOST)) for _ in range(size)]
        self._nodes: dict[int, asyncio.subprocess.Process] = {}
        self.environment: Mapping[str, str] | None = None

    @property
    def url(self) -> str:
        """The addresses of all nodes, for a client."""
        return ",".join(f"nats://{HOST}:{client}" for client, _ in self._ports)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where each node listens for clients."""
        return [(HOST, client) for client, _ in self._ports]

    @property
    def pids(self) -> list[int]:
        """The process of each node that runs."""
        return [node.pid for node in self._nodes.values()]

    async def start(self, number: int) -> None:
        """Start a node and leave it to find the others."""
        folder = self.folder(number)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "nats.conf"
        path.write_text(self.configuration(number))
        self._nodes[number] = await asyncio.create_subprocess_exec(
            *(str(binaries.nats_server()), "--config", str(path), "--log", str(folder / "nats.log")),
            stderr=asyncio.subprocess.DEVNULL,
            env=self.environment,
        )

    def folder(self, number: int) -> Path:
        """Return where a node keeps its configuration, its log and what it stores."""
        return self._home / f"node-{number}"

    def configuration(self, number: int) -> str:
        """Return a node's configuration."""
        client, _ = self._ports[number]
        return json.dumps(
            {
                "server_name": f"node-{number}",
                "host": HOST,
                "port": client,
                "jetstream": {"store_dir": str(self.folder(number))},
                "cluster": {"name": "tests", **self.routes(number)},
            }
        )

    def routes(self, number: int) -> dict[str, object]:
        """Return how a node finds the others; clients stay on the addresses they were given."""
        return {
            "listen": f"{HOST}:{self._ports[number][1]}",
            "no_advertise": True,
            "routes": [f"nats://{HOST}:{other}" for _, other in self._ports],
        }

    async def kill(self, number: int) -> None:
        """Kill a node with -9; nothing where it does not run."""
        node = self._nodes.pop(number, None)
        if node is not None:
            node.send_signal(signal.SIGKILL)
            await node.wait()

    def signal(self, number: int, which: signal.Signals) -> None:
        """Send a signal to a node."""
        self._nodes[number].send_signal(which)

    async def ended(self, number: int) -> None:
        """Return when a node that was told to end has done so."""
        await self._nodes.pop(number).wait()

    async def connect(self) -> Client:
        """Connect as one who may look at streams."""
        return await nats.connect(self.url.split(","))

    async def leader(self, stream: str) -> int:
        """Return the number of the node that leads a stream, of which there must be three copies."""
        client = await self.connect()
        try:
            info = await client.jetstream(timeout=10).stream_info(stream)
        finally:
            await client.close()
        assert info.config.num_replicas == len(self._ports)
        assert info.cluster is not None
        assert info.cluster.leader is not None
        return int(info.cluster.leader.rpartition("-")[2])

    async def stop(self) -> None:
        """Kill what still runs."""
        for number in tuple(self._nodes):
            await self.kill(number)


@asynccontextmanager
async def cluster(home: Path, size: int = 3) -> AsyncIterator[Cluster]:
    """Run a cluster for the length of the block."""
    found = Cluster(home, size)
    try:
        for number in range(size):
            await found.start(number)
        yield found
    finally:
        await found.stop()
