"""Programs of the system that may stand between the services and PostgreSQL."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.waiting import until

HOST = "127.0.0.1"


def haproxy(port: int, *lines: str) -> str:
    """Return the configuration of a haproxy that passes on to servers; those down lose their clients."""
    servers = "\n    ".join(lines)
    return f"""defaults
    mode tcp
    timeout connect 2s
    timeout client 30m
    timeout server 30m
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
listen postgres
    bind {HOST}:{port}
    {servers}
"""


@asynccontextmanager
async def between(program: str, configuration: str, folder: Path, port: int) -> AsyncIterator[None]:
    """Run a program of the system with a configuration until the block ends; skip where it is missing."""
    if shutil.which(program) is None:
        pytest.skip(f"needs {program} of the system, as in: apt-get install {program}")
    path = folder / f"{program}.conf"
    path.write_text(configuration)
    command = (
        ["haproxy", "-db", "-q", "-f", str(path)] if program == "haproxy" else ["pgbouncer", "-q", str(path)]
    )
    if os.geteuid() == 0 and program == "pgbouncer":
        # It does not run as root.
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)

    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await until(listens)
        yield
    finally:
        process.kill()
        await process.wait()
