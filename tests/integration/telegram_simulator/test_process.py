"""The sandbox as a process of its own: it stops at once when told, and forgets nothing when killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.clients.telegram import SandboxClient, sandbox_client
from sandbox.settings import SandboxSettings

TOKEN = SandboxSettings().bot_token
STOPS_WITHIN = 1.0


@asynccontextmanager
async def process(data: Path, *more: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start a sandbox on a free port and kill it at the end, should it still run."""
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data), *more),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert started.stdout is not None
        async with asyncio.timeout(20):
            line = (await started.stdout.readline()).decode()
        yield started, line.split()[2].rstrip("/")
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def bot_calls(http: httpx.AsyncClient, url: str, method: str, **body: object) -> httpx.Response:
    return await http.post(f"{url}/bot{TOKEN}/{method}", json=body)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_at_once_with_everybody_waiting(tmp_path: Path, number: signal.Signals) -> None:
    """A long poll, an open page and a held reply do not keep the process from stopping in a second."""
    async with (
        process(tmp_path / "world.sqlite") as (sandbox, url),
        sandbox_client(url) as phone,
        httpx.AsyncClient(timeout=20) as http,
    ):
        citizen = await phone.create_citizen("Олена")
        await phone.say(citizen, "/start")
        await phone.lay_fault("hang", seconds=60)
        polling = asyncio.create_task(bot_calls(http, url, "getUpdates", timeout=50, offset=999))
        held = asyncio.create_task(bot_calls(http, url, "sendMessage", chat_id=citizen, text="x"))
        async with http.stream("GET", f"{url}/phone/api/stream") as page:
            await calls(phone, 2)

            sandbox.send_signal(number)
            async with asyncio.timeout(STOPS_WITHIN):
                status = await sandbox.wait()

            assert status == 0
            await page.aread()
        assert [] == (await polling).json()["result"]
        assert (await held).status_code == 200


async def calls(phone: SandboxClient, count: int) -> None:
    """Return when so many Bot API calls have come in."""
    async with asyncio.timeout(10):
        while len(await phone.calls()) < count:
            pass


async def test_a_killed_world_goes_on_where_it_was(tmp_path: Path) -> None:
    """After kill -9 citizens, messages, receipts, taps, commands and unconfirmed updates are all there."""
    data = tmp_path / "world.sqlite"
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    receipt = {"receipt_id": "r", "document": "d", "holder": "h", "code": "c", "link": "l"}
    async with httpx.AsyncClient(timeout=20) as http:
        async with process(data) as (sandbox, url), sandbox_client(url) as phone:
            citizen, blocking = await phone.create_citizen("Олена"), await phone.create_citizen("Іван", "ru")
            for one in (citizen, blocking):
                await phone.say(one, "/start")
            await phone.block(blocking)
            await phone.put_receipts([receipt])
            await bot_calls(http, url, "setMyCommands", commands=[{"command": "a", "description": "b"}])
            await bot_calls(http, url, "sendMessage", chat_id=citizen, text="?", reply_markup=keyboard)
            query_id = await phone.press(citizen, 2, "x")
            first = (await bot_calls(http, url, "getUpdates")).json()["result"]
            await bot_calls(http, url, "getUpdates", offset=first[0]["update_id"] + 1)
            before = (await phone.state(), await phone.all_messages())
            os.kill(sandbox.pid, signal.SIGKILL)
            await sandbox.wait()

        async with process(data) as (_, url), sandbox_client(url) as phone:
            after = (await phone.state(), await phone.all_messages())
            left = (await bot_calls(http, url, "getUpdates")).json()["result"]
            commands = (await bot_calls(http, url, "getMyCommands")).json()["result"]
            answered = await bot_calls(http, url, "answerCallbackQuery", callback_query_id=query_id)
            sent = await bot_calls(http, url, "sendMessage", chat_id=citizen, text="!")
            await phone.say(citizen, "later")
            newest = (await bot_calls(http, url, "getUpdates", offset=-1)).json()["result"]

    assert before == after
    assert first[1:] == left
    assert [{"command": "a", "description": "b"}] == commands
    assert answered.json()["ok"]
    assert sent.json()["result"]["message_id"] == 3
    assert newest[0]["update_id"] > first[-1]["update_id"]


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Where the port is taken the process says so, how to change it, and ends with its own status."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sandbox", "--port", port, "--data", str(tmp_path / "x.sqlite")),
            stderr=asyncio.subprocess.PIPE,
        )
        _, complaint = await started.communicate()

    assert started.returncode == 3
    assert port in complaint.decode()
    assert "--port" in complaint.decode()


async def test_limits_are_set_on_the_command_line(tmp_path: Path) -> None:
    """The rates and the bot's name come from the options."""
    options = ("--global-rate", "0", "--chat-rate", "0.1", "--chat-burst", "1", "--bot-username", "other_bot")
    async with (
        process(tmp_path / "world.sqlite", *options) as (_, url),
        sandbox_client(url) as phone,
        httpx.AsyncClient() as http,
    ):
        citizen = await phone.create_citizen("Олена")
        await phone.open(citizen, "https://t.me/other_bot?start=a")
        sent = [await bot_calls(http, url, "sendMessage", chat_id=citizen, text="x") for _ in range(2)]

    assert [200, 429] == [response.status_code for response in sent]
    assert "10" == sent[1].headers["Retry-After"]
