"""A process with several listeners: each application on its own port, all stopped together."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path

import httpx

PROGRAM = """
import sys
from contextlib import asynccontextmanager
from prometheus_client import CollectorRegistry
from starlette.responses import PlainTextResponse
from runtime.process.lifecycle import Place, Service, run
from runtime.process.operations import operations

HOST = "127.0.0.1"

def build(stop):
    @asynccontextmanager
    async def built():
        apps = {name: PlainTextResponse(name) for name in ("one", "other")}
        yield Service(apps, operations({}, CollectorRegistry(), HOST), (stop.wait,))
    return built()

port = int(sys.argv[1])
places = {"one": Place(HOST, 0, "ONE_PORT"), "other": Place(HOST, port, "OTHER_PORT")}
sys.exit(run("test", build, public=places, ops=Place(HOST, 0, "OPS_PORT"), log_level="INFO", grace=2))
"""


async def _started(port: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(port), stdout=PIPE, stderr=PIPE, cwd=Path.cwd()
    )


async def test_each_application_has_a_listener_of_its_own() -> None:
    """Every name has its port, told at the start, and answers there until the process is told to stop."""
    process = await _started(0)
    assert process.stdout is not None
    told = {}
    async for line in process.stdout:
        with suppress(ValueError):
            told = json.loads(line)
        if told.get("event") == "started":
            break
    async with httpx.AsyncClient() as client:
        answers = {
            name: (await client.get(f"http://127.0.0.1:{port}/")).text for name, port in told["ports"].items()
        }
        ready = await client.get(f"http://127.0.0.1:{told['ops_port']}/readyz")
    process.send_signal(signal.SIGTERM)

    assert {"one": "one", "other": "other"} == answers
    assert 200 == ready.status_code
    assert 0 == await process.wait()


async def test_a_taken_port_is_told_by_its_setting() -> None:
    """Where one of several ports is taken the process does not start and names the setting."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        process = await _started(server.sockets[0].getsockname()[1])
        _, said = await process.communicate()

    assert 2 == process.returncode
    assert b"set OTHER_PORT to another port" in said
