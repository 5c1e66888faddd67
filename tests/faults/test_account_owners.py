"""Who sends through each of two accounts: the lease of one is taken over alone, and the other goes on."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import nats
import pytest

from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from runtime.database.postgres import OwnConnection
from runtime.embedded import ports
from sandbox.clients.telegram import sandbox_client
from sandbox.settings import BotSettings
from tests.conftest import Databases
from tests.faults.notifiers import (
    HOST,
    TOKEN,
    Notifiers,
    on_record,
    people,
    publish,
    simulated_telegram,
    surroundings,
)
from tests.faults.test_notifier_owner import CITIZENS, TAKE_OVER_SECONDS, notice, up
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]
FIRST, SECOND = "telegram", "telegram.second"
BOT = BotSettings("7000000002:sandbox-token-of-the-second-bot-0001", "second_bot", "Second")
TOKENS = {FIRST: {"TELEGRAM_TOKEN": TOKEN}, SECOND: {"TELEGRAM_SECOND_TOKEN": BOT.token}}


async def accepted(database: OwnConnection, told: Sequence[Notice]) -> None:
    """Wait until the messenger took all of these."""
    query = "SELECT count(*) = $2 FROM notifier.delivery WHERE id = ANY ($1) AND state = 'accepted'"
    await until(lambda: database.fetchval(query, [one.notice_id for one in told], len(told)), within=60)


async def token_of(database: OwnConnection, account: str) -> int:
    """Return the fencing token of an account's owner: it grows with each that takes it."""
    query = "SELECT token FROM notifier.lease WHERE split_part(role, ':', 1) = $1"
    return int(await database.fetchval(query, account))


@pytest.mark.parametrize(
    ("struck", "kill"),
    [
        pytest.param(FIRST, True, id="first-SIGKILL"),
        pytest.param(SECOND, False, id="second-SIGSTOP"),
        pytest.param(FIRST, False, id="first-SIGSTOP", marks=pytest.mark.long),
        pytest.param(SECOND, True, id="second-SIGKILL", marks=pytest.mark.long),
    ],
)
async def test_each_account_is_taken_over_alone(
    databases: Databases, nats_url: str, tmp_path: Path, struck: str, *, kill: bool
) -> None:
    """Within ten seconds a standby sends for the account that lost its owner; the other keeps its own."""
    spared = SECOND if struck == FIRST else FIRST
    log = tmp_path / "telegram.log"
    async with (
        simulated_telegram(1000, 1000, log, further=[BOT]) as (url, first),
        sandbox_client(f"{url}/bots/{BOT.username}") as second,
    ):
        citizens = {
            FIRST: await people(first, url, CITIZENS),
            SECOND: await people(second, url, CITIZENS, BOT.token),
        }
        known: dict[str, list[RecipientId]] = {
            account: await on_record(databases.url("notifier"), citizens[account], account)
            for account in (FIRST, SECOND)
        }
        environment = surroundings(nats_url, databases.url("notifier"), url, TELEGRAM_TOKEN="")
        notifiers = Notifiers(environment, databases.admin, tmp_path / "notifier.log")
        struck_process = None
        client, database = await nats.connect(nats_url), await asyncpg.connect(databases.admin)
        try:
            owners = {account: await notifiers.start(changes=TOKENS[account]) for account in (FIRST, SECOND)}
            for account, pid in owners.items():
                assert pid == await notifiers.owner(account)
            ops = ports.pick(HOST)
            standby = await notifiers.start(ops, changes=TOKENS[FIRST] | TOKENS[SECOND])
            await until(lambda: up(ops), within=60)
            token, told = await token_of(database, spared), [notice(known[struck][0])]
            struck_process = notifiers.processes.pop(owners[struck])
            begun = asyncio.get_running_loop().time()
            os.kill(struck_process.pid, signal.SIGKILL if kill else signal.SIGSTOP)
            await publish(client, [notice(person) for person in known[spared]])
            await publish(client, told)
            await until(lambda: _owned(notifiers, struck, standby), within=60)
            took_over = asyncio.get_running_loop().time() - begun
            await accepted(database, told)
            spared_owner, spared_token = await notifiers.owner(spared), await token_of(database, spared)
        finally:
            if struck_process is not None and struck_process.returncode is None:
                struck_process.kill()
                await struck_process.wait()
            await notifiers.end()
            await client.close()
            await database.close()

    assert took_over <= TAKE_OVER_SECONDS
    assert (owners[spared], token) == (spared_owner, spared_token)


async def _owned(notifiers: Notifiers, account: str, pid: int) -> bool:
    return await notifiers.owner(account) == pid
