"""A disk that writes only so many times a second for one process: the kernel's control groups make it so."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

GROUPS = Path("/sys/fs/cgroup")


@contextmanager
def slow_writes(pid: int, path: Path, per_second: int) -> Iterator[None]:
    """Hold up what a process writes to the disk below `path` for the length of the block.

    The test is skipped where that is not allowed: it takes root, control groups and a disk of its own.
    """
    home = _home(pid)
    slow = (home if home == _root() else home.parent) / f"docwatch-slow-{pid}"
    limit, text = _limit(_disk(path), per_second)
    try:
        slow.mkdir()
        (slow / limit).write_text(text)
    except OSError as error:
        if slow.exists():
            slow.rmdir()
        pytest.skip(f"writes cannot be held up here: {error}")
    try:
        (slow / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        (home / "cgroup.procs").write_text(str(pid))
        slow.rmdir()


def _root() -> Path:
    """Return the root of the groups: of the first version, which has one for each kind, or of the second."""
    first = GROUPS / "blkio"
    return first if first.exists() else GROUPS


def _home(pid: int) -> Path:
    """Return the group in which a process is."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    wanted = "blkio" if _root() != GROUPS else ""
    path = next((line.split(":", 2)[2] for line in lines if wanted in line.split(":", 2)[1].split(",")), "/")
    return _root() / path.lstrip("/")


def _limit(disk: str, per_second: int) -> tuple[str, str]:
    if _root() == GROUPS:
        return "io.max", f"{disk} wiops={per_second}"
    return "blkio.throttle.write_iops_device", f"{disk} {per_second}"


def _disk(path: Path) -> str:
    """Return the numbers of the whole disk that holds a path; the test is skipped where there is none."""
    device = path.stat().st_dev
    place = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    if not place.exists():
        pytest.skip(f"{path} is on no disk of its own")
    whole = place.resolve()
    if (whole / "partition").exists():
        whole = whole.parent
    return (whole / "dev").read_text().strip()
