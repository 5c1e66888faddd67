"""`docwatch callbacks`: set, shown, tried out, rotated, stopped and replayed from the command line."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.errors import CommandError
from cli.operators.callbacks import callbacks
from runtime.database.postgres import Pool
from tests.conftest import Databases
from tests.integration.ingest.receiving import delivering, happen, receiving, row, status

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(databases: Databases) -> Run:
    """Run a command about one publisher in a thread, where it may have an event loop of its own."""
    environment = {
        "DOCWATCH_DATABASE_URL": databases.url("ingest"),
        "DOCWATCH_RECEIPT_KEY": "cd" * 32,
        "DOCWATCH_CALLBACK_PRIVATE": "true",
    }

    async def run(command: str, *more: str, **changed: str) -> Result:
        arguments = (command, "--publisher", "registry", *more)
        return await asyncio.to_thread(
            CliRunner().invoke, callbacks, arguments, env={**environment, **changed}
        )

    return run


def read(result: Result) -> Any:  # noqa: ANN401 - JSON
    """Read what a command said to machines."""
    assert 0 == result.exit_code, result.exception
    return json.loads(result.stdout)


async def test_a_callback_from_its_making_to_its_replay(run: Run, pool: Pool) -> None:
    """The secret is shown when it is made and never again; everything is signed with it from then on."""
    await happen(pool, "registry", ["old"])
    async with receiving() as office:
        secret = (await run("set", "--url", office.url)).stdout.strip()
        office.secrets = [secret]
        tried = read(await run("test", "--json"))
        async with delivering(pool):
            await happen(pool, "registry", ["e-1"])
            await office.until_events(["e-1"])
            await run("replay", "--from", "beginning")
            await office.until_events(["e-1", "old", "e-1"])
        fresh = (await run("rotate", "--overlap", "0")).stdout.strip()
        office.secrets = [fresh]
        again = read(await run("test", "--json"))
    moved = read(await run("set", "--url", "http://127.0.0.1:9/elsewhere", "--json"))
    shown = await run("show", "--json")
    table = await run("show")

    assert secret.startswith("whsec_")
    assert ("delivered", "delivered") == (tried["result"], again["result"])
    assert {"publisher": "registry"} == moved
    assert ["e-1", "old", "e-1"] == office.events
    [one] = read(shown)
    assert ("active", 0, "http://127.0.0.1:9/elsewhere", 204) == (
        *(one["state"], one["waiting"], one["url"]),
        one["last_status"],
    )
    assert not {secret, fresh} & set(shown.stdout.split('"') + table.stdout.split())


async def test_a_callback_is_stopped_and_goes_on(run: Run, pool: Pool) -> None:
    """Disabled it keeps its place, enabled it goes on there."""
    await run("set", "--url", "http://127.0.0.1:9/")
    place = (await row(pool, "registry"))["sequence"]
    await run("disable")
    stopped = (await row(pool, "registry"))["reason"]
    await run("enable")

    after = await row(pool, "registry")
    assert ("operator", "active", place) == (stopped, after["state"], after["sequence"])


async def test_a_receiver_that_refuses_is_seen_at_once(run: Run) -> None:
    """`test` says what was answered and ends with status 1."""
    async with receiving() as office:
        office.usual = status(401)
        office.secrets = [(await run("set", "--url", office.url)).stdout.strip()]
        tried = await run("test", "--json")

    assert (1, {"publisher": "registry", "result": "status", "status": 401}) == (
        tried.exit_code,
        json.loads(tried.stdout),
    )


@pytest.mark.parametrize(
    ("arguments", "changed", "said"),
    [
        (("set", "--url", "ftp://x/"), {}, "https://"),
        (("set", "--url", "http://office.example/"), {"DOCWATCH_CALLBACK_PRIVATE": "false"}, "https://"),
        (("set", "--url", "https://10.0.0.1/"), {"DOCWATCH_CALLBACK_PRIVATE": "false"}, "private network"),
        (("set", "--url", "http://h/", "--from", "x"), {}, "no cursor"),
        (("set", "--url", "http://h/"), {"DOCWATCH_RECEIPT_KEY": "beef"}, "DOCWATCH_RECEIPT_KEY"),
        (("enable",), {}, "has no callback"),
        (("show",), {}, "has no callback"),
        (("replay", "--from", "now"), {}, "has no callback"),
        (("test",), {}, "has no callback"),
    ],
)
async def test_what_cannot_be_done_is_said(
    run: Run, pool: Pool, arguments: tuple[str, ...], changed: dict[str, str], said: str
) -> None:
    """A wrong URL, cursor, key or publisher is one clear error, and nothing is stored."""
    result = await run(*arguments, **changed)

    assert isinstance(result.exception, CommandError)
    assert said in str(result.exception)
    assert 0 == await pool.fetchval("SELECT count(*) FROM callback")
