"""`docwatch keys`: made once, listed without secrets, revoked for good."""

import asyncio
import json
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from cli.errors import CommandError
from cli.operators.keys import keys
from runtime.database.postgres import Pool
from tests.conftest import Databases


@pytest.fixture
def environment(databases: Databases) -> dict[str, str]:
    """What an operator sets."""
    return {"DOCWATCH_DATABASE_URL": databases.url("ingest")}


async def run(environment: dict[str, str], *arguments: str) -> Result:
    """Run a command in a thread, where it may have an event loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, keys, arguments, env=environment)


async def test_keys_are_managed_from_the_command_line(environment: dict[str, str], pool: Pool) -> None:
    """Create prints the key once, list shows it without its secret, revoke ends it."""
    made = json.loads((await run(environment, "create", "--publisher", "registry", "--json")).stdout)
    listed = (await run(environment, "list", "--json")).stdout
    revoked = await run(environment, "revoke", made["key_id"])
    table = (await run(environment, "list")).stdout

    assert made["key"].startswith("dw_")
    assert made["key"] not in listed + table
    assert [(made["key_id"], "registry", True)] == [
        (one["key_id"], one["publisher"], one["valid"]) for one in json.loads(listed)
    ]
    assert (0, True) == (revoked.exit_code, await pool.fetchval("SELECT revoked_at IS NOT NULL FROM api_key"))


async def test_a_key_is_printed_alone_on_stdout(environment: dict[str, str]) -> None:
    """A script can take the key as it comes, with the scopes and the days that were asked for."""
    limits = ("--documents", "id_card", "--offices", "kyiv-1")
    options = ("--scope", "events:write", "--expires", "30", "--name", "[nightly] export", *limits)

    made = await run(environment, "create", "--publisher", "registry", *options)
    (listed,) = json.loads((await run(environment, "list", "--json")).stdout)

    assert 46 == len(made.stdout.strip())
    assert (["events:write"], "[nightly] export") == (listed["scopes"], listed["name"])
    assert (["id_card"], ["kyiv-1"], None) == (
        *(listed["documents"], listed["offices"]),
        listed["last_used_at"],
    )


@pytest.mark.parametrize("arguments", [("create", "--publisher", "no spaces"), ("revoke", str(uuid4()))])
async def test_what_cannot_be_done_is_said(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    """A wrong name or an unknown key is one clear error."""
    result = await run(environment, *arguments)

    assert isinstance(result.exception, CommandError)
