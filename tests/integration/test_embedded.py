import asyncio
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import nats
import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig

from runtime.embedded import EmbeddedError, EmbeddedNats, EmbeddedPostgres, NatsUser, PortTakenError, binaries
from runtime.embedded.account import Account

ROOT = Path(__file__).resolve().parents[2]
ALICE = NatsUser("alice", "wonder-land")
PASSWORD = "p w/@:?"  # noqa: S105 - of a server that lives for one test
QUICK = {"fsync": "off", "shared_buffers": "16MB", "max_connections": "20"}
GONE_DEADLINE = 20.0

BOTH_SERVERS = f"""
import asyncio, json, pathlib, sys
from runtime.embedded import EmbeddedNats, EmbeddedPostgres, NatsUser
async def main():
    home = pathlib.Path(sys.argv[1])
    users = [NatsUser({ALICE.name!r}, {ALICE.password!r})]
    async with EmbeddedNats(home / "nats", users=users) as bus:
        async with EmbeddedPostgres(home / "postgres", password={PASSWORD!r}, settings={QUICK!r}) as store:
            print(json.dumps([bus.pid, store.pid]), flush=True)
            await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that every account can enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="docwatch-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def postgres_at(path: Path, port: int | None = None) -> EmbeddedPostgres:
    return EmbeddedPostgres(path, port=port, password=PASSWORD, settings=QUICK)


async def query(server: EmbeddedPostgres, sql: str) -> object:
    connection = await asyncpg.connect(server.url())
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_gone(pidfds: list[int]) -> None:
    for pidfd in pidfds:
        readable, _, _ = select.select([pidfd], [], [], GONE_DEADLINE)
        os.close(pidfd)
        assert readable


async def test_nats_keeps_acknowledged_messages_and_clients_after_kill(home: Path) -> None:
    """A message acknowledged before kill -9 is read by the same client after the restart."""
    lost, back = asyncio.Event(), asyncio.Event()

    async def on_lost() -> None:
        lost.set()

    async def on_back() -> None:
        back.set()

    async with EmbeddedNats(home / "nats", users=[ALICE]) as server:
        client = await nats.connect(
            server.url("alice"),
            disconnected_cb=on_lost,
            reconnected_cb=on_back,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.05,
        )
        await client.jetstream().add_stream(StreamConfig(name="KEPT", subjects=["kept"]))
        ack = await client.jetstream().publish("kept", b"still here")

        await server.kill()
        await asyncio.wait_for(lost.wait(), 10)
        await server.start()
        await asyncio.wait_for(back.wait(), 10)
        message = await client.jetstream().get_msg("KEPT", ack.seq)
        await client.close()

        assert message.data == b"still here"


async def test_nats_lets_in_only_its_users_with_their_permissions(home: Path) -> None:
    """A user publishes to the allowed subjects only, and a stranger does not get in."""
    violations: asyncio.Queue[Exception] = asyncio.Queue()
    narrow = NatsUser("narrow", "gate", publish=("allowed",), subscribe=())

    async with EmbeddedNats(home / "nats", users=[ALICE, narrow], store_limit="64M") as server:
        listener = await nats.connect(server.url("alice"))
        received = await listener.subscribe(">")
        await listener.flush()
        client = await nats.connect(server.url("narrow"), error_cb=violations.put)
        await client.publish("forbidden", b"no")
        await client.publish("allowed", b"yes")
        await client.flush()
        message = await received.next_msg(timeout=5)
        violation = await asyncio.wait_for(violations.get(), 5)
        await client.close()
        await listener.close()
        stranger = Client()
        wrong = server.url("alice").replace("wonder", "other")

        assert message.subject == "allowed"
        assert "permissions violation" in str(violation)
        with pytest.raises(nats.errors.Error, match="Authorization"):
            await stranger.connect(wrong, allow_reconnect=False, error_cb=violations.put)
        await stranger.close()


async def test_nats_configuration_is_private(home: Path) -> None:
    """The file with the passwords is readable by its owner only, and the log does not repeat them."""
    async with EmbeddedNats(home / "nats", users=[ALICE]) as server:
        mode = stat.S_IMODE((home / "nats" / "nats.conf").stat().st_mode)

        assert mode == 0o600
        assert ALICE.password not in server.log.read_text()


async def test_postgres_keeps_committed_rows_after_kill_and_after_stop(home: Path) -> None:
    """A row committed before kill -9 or a stop is there after the next start, on the same port."""
    async with postgres_at(home / "postgres") as server:
        port = server.port
        await query(server, "CREATE TABLE kept AS SELECT 'still here' AS text")

        await server.kill()
        await server.start()
        after_kill = await query(server, "SELECT text FROM kept")
        await server.stop()
        await server.start()
        after_stop = await query(server, "SELECT text FROM kept")

        assert [after_kill, after_stop] == ["still here", "still here"]
        assert server.port == port


async def test_postgres_is_utf8_with_checksums_scram_and_no_local_socket(home: Path) -> None:
    """The cluster is made the way production clusters are."""
    settings = ("server_encoding", "data_checksums", "unix_socket_directories", "listen_addresses", "fsync")

    async with postgres_at(home / "postgres") as server:
        found = [await query(server, f"SHOW {setting}") for setting in settings]
        stored = await query(server, "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'")
        upper = await query(server, "SELECT upper('їжак')")

        assert found == ["UTF8", "on", "", "127.0.0.1", "off"]
        assert str(stored).startswith("SCRAM-SHA-256$")
        assert upper == "ЇЖАК"


async def test_postgres_with_another_password_says_so(home: Path) -> None:
    """Data made with one superuser password refuses another with a clear error and leaves no process."""
    async with postgres_at(home / "postgres"):
        pass
    other = EmbeddedPostgres(home / "postgres", password="other")  # noqa: S106 - wrong on purpose

    with pytest.raises(EmbeddedError, match="another superuser password"):
        await other.start()
    assert not other.running


async def test_postgres_start_failure_quotes_its_log(home: Path) -> None:
    """A setting that PostgreSQL refuses is named in the error, by the log's tail."""
    server = EmbeddedPostgres(home / "postgres", password=PASSWORD, settings={"fsync": "off", "no_such": "1"})

    with pytest.raises(EmbeddedError, match=r'(?s)instead of starting.*unrecognized.*"no_such"'):
        await server.start()


async def test_two_of_each_run_side_by_side(home: Path) -> None:
    """Servers without a given port take free ones and do not disturb each other."""
    async with contextlib.AsyncExitStack() as stack:
        buses = [EmbeddedNats(home / f"nats{n}", users=[ALICE]) for n in range(2)]
        stores = [postgres_at(home / f"postgres{n}") for n in range(2)]
        await asyncio.gather(*(stack.enter_async_context(server) for server in (*buses, *stores)))
        answers = [await query(store, "SELECT inet_server_port()") for store in stores]

        assert answers == [store.port for store in stores]
        assert len({server.port for server in (*buses, *stores)}) == 4


async def test_one_directory_serves_one_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second server on the same data is refused by an error that names the first one's process."""
    monkeypatch.setattr(EmbeddedNats, "_start_deadline", 0.3)
    async with EmbeddedNats(home / "nats", users=[ALICE], port=None) as first:
        second = EmbeddedNats(home / "nats", users=[ALICE])

        with pytest.raises(EmbeddedError, match=f"in use by another server .process {first.pid}"):
            await second.start()


@pytest.mark.parametrize("kind", ["nats", "postgres"])
async def test_a_taken_port_is_named(home: Path, kind: str) -> None:
    """A given port that another program has leads to an error that names it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        path = home / kind
        server = (
            postgres_at(path, port) if kind == "postgres" else EmbeddedNats(path, users=[ALICE], port=port)
        )

        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is taken"):
            await server.start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
async def test_kill_of_the_parent_leaves_no_process(home: Path) -> None:
    """All processes of both servers end when their parent is killed; a start at once works."""
    with subprocess.Popen(  # noqa: ASYNC220, S603 - nothing else waits, the program is ours
        [sys.executable, "-c", BOTH_SERVERS, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        started = json.loads(parent.stdout.readline())
        family = [pid for server in started for pid in (server, *children(server))]
        pidfds = [os.pidfd_open(pid) for pid in family]

        parent.send_signal(signal.SIGKILL)

    async with postgres_at(home / "postgres") as store, EmbeddedNats(home / "nats", users=[ALICE]) as bus:
        wait_until_gone(pidfds)
        assert len(family) > 5
        assert store.running
        assert bus.running


async def test_servers_are_out_of_reach_of_the_terminal(home: Path) -> None:
    """Each server leads its own session, so that Ctrl-C reaches the supervisor alone."""
    async with EmbeddedNats(home / "nats", users=[ALICE]) as server:
        assert os.getsid(server.pid) == server.pid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand PostgreSQL to another account")
async def test_root_puts_data_where_the_other_account_can_go(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data under a closed directory goes to the shared place, and remove() finds it there."""
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    shared = home / "shared"
    monkeypatch.setattr(binaries, "SHARED", shared)
    monkeypatch.setattr(Account, "may_use", lambda _account, _tree: False)
    server = postgres_at(closed / "postgres")

    async with server:
        await query(server, "CREATE TABLE kept AS SELECT 1 AS number")
    async with postgres_at(closed / "postgres") as again:
        kept = await query(again, "SELECT number FROM kept")
        owner = (closed / "postgres" / "elsewhere" / "pgdata").owner()
    names = {path.name.split("-")[0] for path in shared.iterdir()}
    await server.remove()

    assert kept == 1
    assert owner == "nobody"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert "bin" in names
    assert [path.name.split("-")[0] for path in shared.iterdir()] == ["bin"]


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests already run as a normal user")
def test_a_normal_user_can_run_both(home: Path) -> None:
    """Without root both servers run as whoever starts them."""
    account = Account.for_data(home / "none")
    assert account is not None
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [Path(sys.executable).resolve(), Path("/usr/bin", version), Path("/usr/local/bin", version)]
    packages = Path(sysconfig.get_path("purelib"))
    python = next((path for path in candidates if path.exists() and account.may_enter(path.parent)), None)
    if python is None or not (account.may_enter(ROOT) and account.may_enter(packages)):
        pytest.skip("the interpreter or the project lies in a directory that other users cannot enter")
    theirs = home / "theirs"
    theirs.mkdir()
    shutil.chown(theirs, account.uid, account.gid)

    finished = subprocess.run(  # noqa: S603 - the program is ours
        [python, "-B", "-c", BOTH_SERVERS, theirs],
        env={"PYTHONPATH": f"{ROOT}:{packages}", "PATH": os.defpath},
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (finished.returncode, finished.stderr) == (0, b"")
    assert (theirs / "postgres" / "pgdata").owner() == account.name
    assert not (theirs / "postgres" / "elsewhere").exists()
