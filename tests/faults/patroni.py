"""PostgreSQL that fails over, on this machine: one etcd, and nodes of Patroni with their PostgreSQL.

Commits wait for one synchronous standby, always. A standby reaches another node through a proxy, so that it
can be cut off while clients are served. Patroni forgets a leader that is silent no sooner than after 20 s.
"""

import asyncio
import json
import os
import secrets
import shutil
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import asyncpg
import pytest

from runtime.embedded import binaries, ports
from runtime.embedded.account import Account
from tests.faults.between import HOST, haproxy
from tests.faults.proxy import Proxy, proxied
from tests.waiting import until

TTL_SECONDS = 20
START_SECONDS = 240.0
ELECTED_SECONDS = 180.0
CAPABILITY = "+dac_override"
"""What lets the account of PostgreSQL use programs in a directory of root's."""


def command_as(account: Account | None, program: Sequence[str]) -> list[str]:
    """Return the command that runs a program as an account, by which it can read what root can."""
    if account is None:
        return list(program)
    who = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    return ["setpriv", *who, f"--inh-caps={CAPABILITY}", f"--ambient-caps={CAPABILITY}", *program]


def require(*programs: str) -> None:
    """Skip the test where a program of the system is missing, and say which package brings it."""
    packages = {"etcd": "etcd-server", "setpriv": "util-linux"}
    missing = [packages.get(one, one) for one in programs if shutil.which(one) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} of the system, as in: apt-get install {' '.join(missing)}")


def patroni() -> str:
    """Return the program; skip the test where it is missing: one of its packages has no wheel."""
    found = shutil.which("patroni")
    if found is None:
        pytest.skip(
            "needs patroni 4.1 on PATH: pip install 'patroni[etcd3,psycopg3]' 'psycopg[binary]' in an"
            " environment of its own"
        )
    return found


class Node:
    """Patroni and its PostgreSQL, which live and die together, as on a machine of their own."""

    def __init__(self, home: Path, name: str, account: Account | None) -> None:
        self.name = name
        self.port, self.rest = ports.pick(HOST), ports.pick(HOST)
        self.home = home / name
        self.front: Proxy | None = None
        self._account = account
        self._patroni: asyncio.subprocess.Process | None = None

    def write(self, etcd: int, passwords: Sequence[str]) -> None:
        """Write the node's configuration; its directory becomes the account's that will run it."""
        assert self.front is not None
        self.home.mkdir(mode=0o755)
        kinds = ("superuser", "postgres"), ("replication", "replicator"), ("rewind", "rewinder")
        logins = [(*kind, password) for kind, password in zip(kinds, passwords, strict=True)]
        configuration = {
            "scope": "docwatch",
            "name": self.name,
            "log": {"dir": str(self.home), "level": "INFO"},
            "restapi": {"listen": f"{HOST}:{self.rest}", "connect_address": f"{HOST}:{self.rest}"},
            "etcd3": {"hosts": f"{HOST}:{etcd}"},
            "bootstrap": {
                "dcs": {
                    "ttl": TTL_SECONDS,
                    "loop_wait": 2,
                    "retry_timeout": 4,
                    "primary_start_timeout": 0,
                    "synchronous_mode": True,
                    "synchronous_mode_strict": True,
                    "maximum_lag_on_failover": 1 << 30,
                    "postgresql": {"use_pg_rewind": True, "parameters": _PARAMETERS},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums", "no-sync"],
            },
            "postgresql": {
                "listen": f"{HOST}:{self.port}",
                # Where the others find it.
                "connect_address": f"{HOST}:{self.front.address[1]}",
                "data_dir": str(self.home / "data"),
                "bin_dir": str(binaries.postgres(None)),
                "pgpass": str(self.home / "pgpass"),
                "authentication": {
                    kind: {"username": user, "password": password} for kind, user, password in logins
                },
                "pg_hba": [
                    f"host all all {HOST}/32 scram-sha-256",
                    f"host replication all {HOST}/32 scram-sha-256",
                ],
                "parameters": {"unix_socket_directories": ""},
                # A copy waits for a checkpoint, which takes minutes by itself.
                "basebackup": {"checkpoint": "fast"},
                "remove_data_directory_on_rewind_failure": True,
                "remove_data_directory_on_diverged_timelines": True,
            },
        }
        (self.home / "patroni.json").write_text(json.dumps(configuration))
        if self._account is not None:
            os.chown(self.home, self._account.uid, self._account.gid)

    async def start(self) -> None:
        """Start Patroni, which starts PostgreSQL."""
        program = [patroni(), str(self.home / "patroni.json")]
        with (self.home / "output.log").open("ab") as output:
            self._patroni = await asyncio.create_subprocess_exec(
                *command_as(self._account, program),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def postmaster(self) -> int | None:
        """Return the id of PostgreSQL's main process, if it runs."""
        with suppress(OSError, ValueError):
            pid = int((self.home / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
            if Path(f"/proc/{pid}/comm").read_text() == "postgres\n":
                return pid
        return None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the node, to each before those that it could start."""
        patroni = None if self._patroni is None or self._patroni.returncode is not None else self._patroni.pid
        for top in (patroni, self.postmaster()):
            for pid in () if top is None else _family(top):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    async def kill(self) -> None:
        """Kill all of the node with -9, as a power cut does."""
        self.signal(signal.SIGKILL)
        if self._patroni is not None:
            await self._patroni.wait()
            self._patroni = None
        await until(self._gone, within=START_SECONDS)

    async def stop(self) -> None:
        """End Patroni in good order, and PostgreSQL by it."""
        assert self._patroni is not None
        self._patroni.terminate()
        await self._patroni.wait()
        self._patroni = None

    async def _gone(self) -> bool:
        self.signal(signal.SIGKILL)  # what was born in between
        return self.postmaster() is None


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all that come from it, parents first; a parent that is stopped has no more."""
    yield pid
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _family(int(child))


_PARAMETERS = {
    # Nothing here is to survive a power cut of the machine that runs the tests.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "wal_keep_size": "256MB",
    "scram_iterations": "1",
    # Longer than what a service waits for a commit.
    "wal_sender_timeout": "30s",
    "wal_receiver_timeout": "30s",
}


class HighlyAvailable:
    """The nodes by their number, and the etcd by which they agree who leads."""

    def __init__(self, home: Path, nodes: Sequence[Node], etcd: int, password: str) -> None:
        self.nodes = nodes
        self.password = password
        self._home = home
        self._ports = (etcd, ports.pick(HOST))
        self._etcd: asyncio.subprocess.Process | None = None

    def url(self) -> str:
        """Return the address that services are given: every host, and that the primary is wanted."""
        hosts = ",".join(f"{HOST}:{node.port}" for node in self.nodes)
        return _address(self.password, hosts, {"target_session_attrs": "read-write"})

    def url_of(self, number: int) -> str:
        """Return the address of one node alone."""
        return self.url_at(self.nodes[number].port)

    def url_at(self, port: int) -> str:
        """Return the address by way of one port."""
        return _address(self.password, f"{HOST}:{port}", {})

    def behind_haproxy(self, port: int) -> str:
        """Return the configuration of a haproxy that passes on to whoever leads, as Patroni tells it."""
        servers = [f"server {node.name} {HOST}:{node.port} check port {node.rest}" for node in self.nodes]
        return haproxy(port, "option httpchk OPTIONS /primary", "http-check expect status 200", *servers)

    @asynccontextmanager
    async def examined(self, into: Path | None) -> AsyncIterator[None]:
        """Where the block fails, copy every node's logs into a directory; None copies nothing."""
        try:
            yield
        except BaseException:
            if into is not None:
                for log in self._home.glob("node-*/*.log"):
                    target = into / log.relative_to(self._home)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(log, target)
            raise

    async def start_etcd(self) -> None:
        """Start etcd on its data and ports."""
        client, peer = self._ports
        urls = {"client": f"http://{HOST}:{client}", "peer": f"http://{HOST}:{peer}"}
        with (self._home / "etcd.log").open("ab") as output:
            self._etcd = await asyncio.create_subprocess_exec(
                *("etcd", "--name", "one", "--data-dir", str(self._home / "etcd"), "--unsafe-no-fsync"),
                *("--listen-client-urls", urls["client"], "--advertise-client-urls", urls["client"]),
                *("--listen-peer-urls", urls["peer"], "--initial-advertise-peer-urls", urls["peer"]),
                *("--initial-cluster", f"one={urls['peer']}"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    async def stop_etcd(self) -> None:
        """Kill etcd with -9; it keeps what it knows."""
        if self._etcd is not None:
            self._etcd.kill()
            await self._etcd.wait()
            self._etcd = None

    async def leader(self, *, within: float = ELECTED_SECONDS, other_than: int | None = None) -> int:
        """Return the number of the node that takes writes, once a synchronous standby follows it."""

        async def found() -> int | None:
            for number, node in enumerate(self.nodes):
                if number != other_than and await self._leads(node):
                    return number + 1
            return None

        return await until(found, within=within, every=0.2) - 1

    async def _leads(self, node: Node) -> bool:
        state = await _asked(node, "cluster")
        members = state.get("members", ())
        roles = {one["name"]: one["role"] for one in members if one["state"] in {"running", "streaming"}}
        return roles.get(node.name) == "leader" and "sync_standby" in roles.values()

    async def synchronous(self) -> int:
        """Return the number of the standby that commits wait for."""

        async def found() -> int | None:
            for node in self.nodes:
                members = (await _asked(node, "cluster")).get("members", ())
                for one in members:
                    if one["role"] == "sync_standby" and one["state"] == "streaming":
                        return [each.name for each in self.nodes].index(one["name"]) + 1
            return None

        return await until(found, within=ELECTED_SECONDS, every=0.2) - 1

    async def switch_over(self) -> int:
        """Have the synchronous standby lead in the primary's place; return the number of the old one."""
        old = await self.leader()
        new = self.nodes[await self.synchronous()]
        wanted = {"leader": self.nodes[old].name, "candidate": new.name}
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"http://{HOST}:{self.nodes[old].rest}/switchover", json=wanted) as answer,
        ):
            assert answer.ok, await answer.text()
        await self.leader(other_than=old)
        return old

    async def restart(self, number: int) -> None:
        """End a node in good order and start it; return when every node is at its work again."""
        await self.nodes[number].stop()
        await self.nodes[number].start()
        await self.whole()

    async def whole(self) -> None:
        """Wake whatever stands still, and return when every node is at its work again."""
        for node in self.nodes:
            node.signal(signal.SIGCONT)

        async def found() -> bool:
            for node in self.nodes:
                members = (await _asked(node, "cluster")).get("members", ())
                if sum(one["state"] in {"running", "streaming"} for one in members) == len(self.nodes):
                    return True
            return False

        await until(found, within=START_SECONDS, every=0.5)
        await self.leader()


def _address(password: str, hosts: str, query: dict[str, str]) -> str:
    return f"postgresql://postgres:{password}@{hosts}/docwatch" + (f"?{urlencode(query)}" if query else "")


async def _asked(node: Node, what: str) -> dict[str, list[dict[str, str]]]:
    """Return what a node's Patroni answers, nothing where it does not."""
    timeout = aiohttp.ClientTimeout(total=2)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.get(f"http://{HOST}:{node.rest}/{what}") as answer,
        ):
            found: dict[str, list[dict[str, str]]] = await answer.json(content_type=None)
            return found
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return {}


@asynccontextmanager
async def highly_available(home: Path, size: int = 3) -> AsyncIterator[HighlyAvailable]:
    """Run so many nodes with an empty database `docwatch` for the length of the block.

    `home` must be a directory that any account can enter.
    """
    account = Account.for_data(home / "none")
    require("etcd", *(["setpriv"] if account else []))
    passwords = [secrets.token_hex(8) for _ in range(3)]
    nodes = [Node(home, f"node-{number}", account) for number in range(size)]
    etcd = ports.pick(HOST)
    found = HighlyAvailable(home, nodes, etcd, passwords[0])
    async with AsyncExitStack() as stack:
        stack.push_async_callback(found.stop_etcd)
        await found.start_etcd()
        for node in nodes:
            node.front = await stack.enter_async_context(proxied((HOST, node.port)))
            node.write(etcd, passwords)
            stack.push_async_callback(node.kill)
            await node.start()
        leader = await found.leader(within=START_SECONDS)
        await found.whole()
        connection = await asyncpg.connect(found.url_of(leader).replace("/docwatch", "/postgres"))
        try:
            await connection.execute("CREATE DATABASE docwatch")
        finally:
            await connection.close()
        yield found
