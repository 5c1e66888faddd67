"""Three nats-servers as one cluster on this machine."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats

from runtime.embedded import binaries, ports

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30.0


class Cluster:
    """The nodes by their number; each keeps its data and ports when it is started again."""

    def __init__(self, home: Path, size: int) -> None:
        self._home = home
        self._ports = [(ports.pick(HOST), ports.pick(HOST)) for _ in range(size)]
        self._nodes: dict[int, asyncio.subprocess.Process] = {}

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
        client, route = self._ports[number]
        folder = self._home / f"node-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        configuration = {
            "server_name": f"node-{number}",
            "host": HOST,
            "port": client,
            "jetstream": {"store_dir": str(folder)},
            "cluster": {
                "name": "tests",
                "listen": f"{HOST}:{route}",
                # Clients stay on the addresses they were given, which a test may stand before.
                "no_advertise": True,
                "routes": [f"nats://{HOST}:{other}" for _, other in self._ports],
            },
        }
        path = folder / "nats.conf"
        path.write_text(json.dumps(configuration))
        self._nodes[number] = await asyncio.create_subprocess_exec(
            str(binaries.nats_server()), "--config", str(path), "--log", str(folder / "nats.log")
        )

    async def kill(self, number: int) -> None:
        """Kill a node with -9."""
        node = self._nodes.pop(number)
        node.send_signal(signal.SIGKILL)
        await node.wait()

    async def leader(self, stream: str) -> int:
        """Return the number of the node that leads a stream, of which there must be three copies."""
        client = await nats.connect(self.url.split(","))
        try:
            info = await client.jetstream(timeout=10).stream_info(stream)
        finally:
            await client.close()
        assert info.config.num_replicas == len(self._ports)
        assert info.cluster is not None
        assert info.cluster.leader is not None
        return int(info.cluster.leader.removeprefix("node-"))

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
