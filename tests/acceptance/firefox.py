"""Debian's Firefox, driven by its own protocol (Marionette), with a push service of our choice."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.embedded import ports
from tests.waiting import until

HOW_TO_INSTALL = "this test needs Firefox: apt-get install firefox-esr"
START_SECONDS = 60.0
_QUIET: dict[str, object] = {
    "alerts.useSystemBackend": False,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.webnotifications.requireuserinteraction": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "permissions.default.desktop-notification": 1,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
    "dom.push.connection.enabled": True,
    "dom.push.testing.allowInsecureServerURL": True,
}


@dataclass
class Firefox:
    """A browser that runs."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    numbers: "count[int]"

    async def command(self, name: str, **parameters: object) -> Any:  # noqa: ANN401 - any command's result
        """Have it do something; return the result."""
        number = next(self.numbers)
        told = orjson.dumps([0, number, name, parameters])
        self.writer.write(b"%d:%b" % (len(told), told))
        while True:
            kind, answered, error, result = await self._read()
            if kind == 1 and answered == number:
                assert error is None, error
                return result

    async def script(self, body: str) -> Any:  # noqa: ANN401 - any value of a script
        """Run the body of an async function on the page; return what it returns."""
        whole = (
            "const done = arguments[arguments.length - 1]; "
            f"(async () => {{ {body} }})().then(done, (error) => done(String(error)))"
        )
        found = await self.command("WebDriver:ExecuteAsyncScript", script=whole, args=[])
        return found["value"]

    async def until(self, condition: str, seconds: float = 30.0) -> None:
        """Wait until an expression is true on the page, or on the one that comes after it."""

        async def true() -> bool:
            found = await self.command(
                "WebDriver:ExecuteScript", script=f"return Boolean({condition})", args=[]
            )
            return bool(found["value"])

        await until(true, within=seconds, every=0.05)

    async def _read(self) -> Any:  # noqa: ANN401 - what the protocol brings
        length = int((await self.reader.readuntil(b":"))[:-1])
        return orjson.loads(await self.reader.readexactly(length))


@asynccontextmanager
async def firefox(profile: Path, push_url: str) -> AsyncIterator[Firefox]:
    """Run a headless Firefox for the length of the block; pushes come from the service at that address."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.fail(HOW_TO_INSTALL, pytrace=False)
    port = ports.pick("127.0.0.1")
    chosen = {**_QUIET, "dom.push.serverURL": push_url, "marionette.port": port}
    lines = [b"user_pref(%b, %b);\n" % (orjson.dumps(one), orjson.dumps(chosen[one])) for one in chosen]
    (profile / "user.js").write_bytes(b"".join(lines))
    process = await asyncio.create_subprocess_exec(
        *(program, "--marionette", "--headless", "--no-remote", "--profile", str(profile)),
        env={**os.environ, "HOME": str(profile), "MOZ_HEADLESS": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        reader, writer = await _connected(port)
        found = Firefox(reader, writer, count(1))
        await found._read()
        await found.command("WebDriver:NewSession")
        try:
            yield found
        finally:
            writer.close()
    finally:
        process.terminate()
        await process.wait()


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async def connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return None

    return await until(connected, within=START_SECONDS, every=0.1)
