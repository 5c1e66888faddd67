"""`docwatch staff` on a command line, against a real database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.operators.knowledge import desk
from runtime.database.postgres import Pool
from sandbox.agency import CATALOGUE
from services.desk.domain.signing_in import code_of
from tests.conftest import Databases
from tests.integration.desk.staff_bench import staff_bench

Run = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def run(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command for machines; return its exit status and what it said."""
    monkeypatch.setenv("DOCWATCH_DATABASE_URL", databases.url("desk"))
    monkeypatch.setenv("DOCWATCH_CATALOGUE", str(CATALOGUE))
    monkeypatch.setenv("DOCWATCH_DESK_URL", "https://desk.agency.example")
    desk.in_use.cache_clear()

    async def command(*words: str, plain: bool = False) -> tuple[int, Any]:
        given = ["staff", *words, *([] if plain else ["--json"])]
        result = await asyncio.to_thread(CliRunner().invoke, app, given)
        if result.exception is not None and not result.stdout:
            return result.exit_code, str(result.exception)
        return result.exit_code, result.stdout if plain else json.loads(result.stdout)

    return command


async def test_a_life_at_the_desk(run: Run, pool: Pool) -> None:
    """Somebody is added, signs in by the code, is changed, reset and ended, and what they did is listed."""
    _, added = await run(
        "add", "Olena", "--role", "operator", "--name", "Olena K.", "--language", "uk", "--office", "all"
    )
    async with staff_bench(pool) as bench:
        browser = bench.browser()
        await browser.begin(added["code"])
        assert await browser.inside()
        _, (before,) = await run("list")
        await run("change", "olena", "--role", "editor", "--role", "clerk", "--language", "all")
        _, reset = await run("reset", "olena")
        assert not await browser.inside()
    _, deeds = await run("audit", "--login", "olena")
    await run("end", "olena")
    _, (after,) = await run("list")
    _, table = await run("list", plain=True)

    assert code_of(added["code"]) != code_of(reset["code"]) != None  # noqa: E711 - a chain
    assert "https://desk.agency.example" == added["address"]
    assert (["operator"], ["uk"], [], True, 1) == tuple(
        before[name] for name in ("roles", "languages", "offices", "second_factor", "sessions")
    )
    assert (["clerk", "editor"], [], False, 0) == tuple(
        after[name] for name in ("roles", "languages", "second_factor", "sessions")
    )
    assert ["second factor set up", "password chosen"] == [one["what"] for one in deeds]
    assert after["ended_at"]
    assert "left" in table


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "olena"], "say what they do"),
        (["add", ".olena", "--role", "editor"], "is no login"),
        (["add", "olena", "--role", "editor", "--language", "xx"], "no language 'xx'"),
        (["add", "olena", "--role", "editor", "--office", "nowhere"], "no office 'nowhere'"),
        (["add", "olena", "--role", "editor", "--directory"], "there is no directory"),
        (["add", "olena", "--role", "king"], "no role 'king'"),
        (["change", "olena"], "say what changes"),
        (["change", "olena", "--role", "editor"], "nobody who works here"),
        (["reset", "olena"], "nobody who works here"),
        (["end", "olena"], "nobody who works here"),
        (["sign-out", "olena"], "nobody who works here"),
    ],
)
async def test_what_cannot_be_done_is_said(run: Run, words: list[str], said: str) -> None:
    """Each mistake of an administrator is named, and nothing is done."""
    status, answer = await run(*words)

    assert 0 != status
    assert said in answer
    assert (0, []) == await run("list")


async def test_a_login_is_taken_once(run: Run) -> None:
    """No two accounts have a login, however it is written, not even after one was ended."""
    await run("add", "olena", "--role", "editor")
    await run("end", "olena")
    status, answer = await run("add", "OLENA", "--role", "editor")

    assert 0 != status
    assert "taken" in answer
