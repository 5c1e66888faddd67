"""What embedded servers keep is out of reach of this machine's other accounts."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.installation.local import embedded_nats, embedded_postgres, ensure_secrets
from runtime.embedded import EmbeddedError
from runtime.embedded.account import Account
from runtime.embedded.private import keep_private
from tests.conftest import FAST

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that every account can enter."""
    path = Path(tempfile.mkdtemp(prefix="docwatch-private-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def mode(path: Path) -> int:
    """Return the permission bits of a path."""
    return stat.S_IMODE(path.stat().st_mode)


def seen_by_others(tree: Path) -> list[str]:
    """Return what another account, of a group of its own, finds in a tree."""
    found = subprocess.run(  # noqa: S603 - a program of the system
        ["/usr/bin/find", str(tree)], user=12_345, group=12_345, extra_groups=[], cwd="/",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [line for line in found.stdout.splitlines() if line != str(tree)]


async def run_servers(folder: Path) -> None:
    """Start both servers of an installation on their data, and stop them."""
    values = ensure_secrets(folder)
    postgres = embedded_postgres(folder, values)
    postgres._settings = {**FAST, "max_connections": "20"}
    async with embedded_nats(folder, values), postgres:
        pass


async def test_a_new_installation_is_closed(home: Path) -> None:
    """Its owner alone looks into it; root's lets the group of PostgreSQL's account pass, no more."""
    folder = home / "data"
    await run_servers(folder)
    passed = 0o710 if AS_ROOT else 0o700

    assert [passed, passed] == [mode(folder / name) for name in (".", "postgres")]
    assert [0o700] * 3 == [mode(folder / name) for name in ("nats", "logs", "sample")]
    assert 0o600 == mode(folder / "secrets.env")
    assert [0o600, 0o600] == [mode(folder / "nats" / name) for name in ("nats.conf", "nats.log")]
    assert 0o700 == mode(folder / "postgres" / "pgdata")
    if AS_ROOT:
        assert Account.for_data(folder / "none").gid == folder.stat().st_gid  # type: ignore[union-attr] # root
        assert [] == seen_by_others(folder)


async def test_an_open_installation_is_closed_and_told(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an older version left open is closed before anything starts on it, and works on."""
    folder = home / "data"
    await run_servers(folder)
    for name in (".", "postgres", "nats", "logs"):
        (folder / name).chmod(0o755)
    (folder / "secrets.env").chmod(0o644)
    capsys.readouterr()
    told = list[str]()
    values = ensure_secrets(folder, told.append)
    await run_servers(folder)

    assert ["data", "secrets.env"] == [Path(sentence.split()[0]).name for sentence in told]
    assert values == ensure_secrets(folder)
    assert "" == capsys.readouterr().err
    assert [0] * 5 == [
        mode(folder / name) & 0o067 for name in (".", "postgres", "nats", "logs", "secrets.env")
    ]


@pytest.mark.skipif(not AS_ROOT, reason="only root hands PostgreSQL to another account")
async def test_data_elsewhere_is_the_accounts_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PostgreSQL's account cannot come to the data directory, its own one is closed too."""
    shared = home / "shared"
    monkeypatch.setattr("runtime.embedded.binaries.SHARED", shared)
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    old = os.umask(0o077)
    try:
        await run_servers(closed / "data")
    finally:
        os.umask(old)
    elsewhere = (closed / "data" / "postgres" / "elsewhere").resolve()
    elsewhere.chmod(0o755)
    await run_servers(closed / "data")

    assert elsewhere.is_relative_to(shared)
    assert [0o700, 0o700] == [mode(closed / "data" / name) for name in (".", "postgres")]
    assert (0o700, "nobody") == (mode(elsewhere), elsewhere.owner())
    assert [] == seen_by_others(elsewhere)


def crowded(folder: Path) -> None:
    """Somebody else's files are there."""
    (folder / "theirs").touch()


def sticky(folder: Path) -> None:
    """Everybody may put files there, and ours are there too."""
    (folder / "secrets.env").touch()
    folder.chmod(0o1777)


@pytest.mark.parametrize("kind", [crowded, sticky])
def test_a_directory_of_others_is_not_closed(home: Path, kind: Callable[[Path], None]) -> None:
    """A directory that is not ours alone keeps its mode, and the error says what to do."""
    kind(home)
    before = mode(home)

    with pytest.raises(CommandError, match=r"name a directory of its own, or: chmod 700 /"):
        ensure_secrets(home)
    assert before == mode(home)


@pytest.mark.skipif(not AS_ROOT, reason="only root can give a directory to another account")
def test_a_directory_that_is_anothers_is_not_used(home: Path) -> None:
    """Who cannot close the directory is told whose it is."""
    theirs = home / "theirs"
    theirs.mkdir()
    process = os.fork()
    if process == 0:
        os.setuid(12_345)
        try:
            keep_private(theirs, "secrets.env")
        except EmbeddedError as error:
            os._exit(3 if "belongs to user 0" in str(error) else 4)
        os._exit(5)

    assert 3 == os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
