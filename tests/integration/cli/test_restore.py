"""A backup of the database restored beside streams that went on."""

from datetime import UTC, datetime

import asyncpg
from nats.aio.client import Client
from pydantic import SecretStr

from cli.errors import CommandError
from cli.installation.provisioning import provision_streams
from cli.operators.replay import restored
from runtime.embedded import EmbeddedNats
from sandbox.app import run_sandbox
from sandbox.clients.telegram import sandbox_client
from services.tracker.settings import TrackerSettings
from tests.conftest import Databases
from tests.integration.runtime.whole import CATALOGUE, NUMBER, RECEIPT_KEY, SANDBOX, Whole, whole
from tests.waiting import until

STATE = """
SELECT (SELECT jsonb_agg(to_jsonb(a) - 'created_at' ORDER BY application_key)
        FROM tracker.application a) AS applications,
       (SELECT jsonb_agg(to_jsonb(e) - '{taken_at,reached_at}'::text[] ORDER BY event_id)
        FROM tracker.event e) AS events,
       (SELECT jsonb_agg(jsonb_build_array(notice_id, kind, revision, ended_as) ORDER BY notice_id)
        FROM tracker.notice) AS ledger,
       (SELECT jsonb_agg(jsonb_build_array(id, revision, state, reason) ORDER BY id)
        FROM notifier.delivery WHERE kind = 'notice') AS deliveries
"""
TOLD = """
SELECT count(*) > 0 AND NOT EXISTS (SELECT FROM tracker.notice WHERE ended_as IS NULL)
FROM tracker.event WHERE event_id = $1
"""


NEVER_CAME = """
WITH open AS (
    UPDATE tracker.notice SET ended_as = NULL, ended_at = NULL WHERE event_id = $1 RETURNING notice_id
), tried AS (DELETE FROM notifier.attempt USING open WHERE delivery_id = notice_id)
DELETE FROM notifier.delivery USING open WHERE id = notice_id RETURNING id
"""
NEVER_REPORTED = """
UPDATE tracker.notice SET ended_as = NULL, ended_at = NULL WHERE event_id = $1 RETURNING notice_id
"""


async def copy(databases: Databases, name: str) -> Databases:
    """Copy a database that nobody uses."""
    connection = await asyncpg.connect(databases.server.url(database="postgres"))
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{databases.name}"')
    await connection.close()
    return Databases(databases.server, name)


async def ask(databases: Databases, query: str, *values: str) -> asyncpg.Record:
    """Return the one row of a query, seen with every right."""
    connection = await asyncpg.connect(databases.admin)
    try:
        row = await connection.fetchrow(query, *values)
    finally:
        await connection.close()
    assert row is not None
    return row


def settings(nats_url: str, databases: Databases) -> TrackerSettings:
    """Return what the command is told."""
    return TrackerSettings(
        nats_url=SecretStr(nats_url),
        database_url=SecretStr(databases.admin),
        catalogue=CATALOGUE,
        receipt_key=SecretStr(RECEIPT_KEY),
    )


async def publish(running: Whole, *stages: str) -> None:
    """Publish stages and wait until all who follow were told."""
    for stage in stages:
        await running.post(f"e-{stage}", stage)

    async def all_told() -> bool:
        return bool((await ask(running.databases, TOLD, f"e-{stages[-1]}"))[0])

    await until(all_told, within=60)


async def test_a_restored_backup_ends_in_the_same_state_and_tells_nobody_twice(
    nats_url: str, nats_client: Client, databases: Databases, nats_server: EmbeddedNats
) -> None:
    """What the streams know is taken in again: the same books, nothing sent, nothing published twice."""
    js = nats_client.jetstream()
    async with run_sandbox(SANDBOX) as telegram, sandbox_client(telegram) as phones:
        async with whole(nats_url, nats_client, databases, telegram=telegram) as running:
            chat = await running.follower()
            await publish(running, "accepted")
        backup, made = await copy(databases, f"{databases.name}_backup"), datetime.now(UTC)
        async with whole(nats_url, nats_client, databases, telegram=telegram) as running:
            await publish(running, "verification", "printing")
        before = await ask(databases, STATE)
        sent = len(await phones.messages(chat))
        published = [(await js.stream_info(one)).state.messages for one in ("NOTICES", "OUTCOMES")]

        operator = nats_server.url("operator")
        found = await restored(settings(operator, backup), made, datetime.now(UTC))
        await provision_streams(operator)
        after = await ask(backup, STATE)
        async with whole(nats_url, nats_client, backup, telegram=telegram) as running:
            assert published == [
                (await js.stream_info(one)).state.messages for one in ("NOTICES", "OUTCOMES")
            ]
            await publish(running, "shipped")
            messages = await phones.messages(chat)

    assert (3, 0) == (found.ends, found.silenced)
    assert dict(before) == dict(after)
    assert sent + 1 == len(messages)
    assert NUMBER[-4:] in messages[-1]["text"]


async def test_nothing_is_restored_while_a_service_runs(
    nats_url: str, nats_client: Client, databases: Databases
) -> None:
    """A service at work is noticed, and nothing is changed."""
    async with whole(nats_url, nats_client, databases):

        async def refused() -> bool:
            try:
                await restored(settings(nats_url, databases), datetime.now(UTC), None)
            except CommandError as error:
                return "stop the services" in str(error)
            return False

        assert await until(refused)


async def test_what_streams_lost_on_its_way_is_told_and_reported(
    nats_url: str, nats_client: Client, databases: Databases, nats_server: EmbeddedNats
) -> None:
    """A notice that never reached the queue is told once, an end that never reached the ledger reported."""
    js = nats_client.jetstream()
    async with run_sandbox(SANDBOX) as telegram, sandbox_client(telegram) as phones:
        async with whole(nats_url, nats_client, databases, telegram=telegram) as running:
            chat = await running.follower()
            await publish(running, "accepted", "verification", "printing")
        heard = await phones.messages(chat)
        await ask(databases, NEVER_CAME, "e-printing")
        await ask(databases, NEVER_REPORTED, "e-verification")
        for stream in ("STAGES", "NOTICES", "DELIVERIES", "OUTCOMES"):
            await js.delete_stream(stream)
        operator = nats_server.url("operator")
        await provision_streams(operator)

        found = await restored(settings(operator, databases), datetime.now(UTC), None)
        await provision_streams(operator)
        async with whole(nats_url, nats_client, databases, telegram=telegram) as running:

            async def all_ended() -> bool:
                return bool((await ask(databases, TOLD, "e-printing"))[0])

            await until(all_ended, within=60)
            told = [message["text"] for message in (await phones.messages(chat))[len(heard) :]]
            await publish(running, "shipped")
            after = len(await phones.messages(chat))

    assert (1, 1) == (found.told_again, found.reported_again)
    assert [heard[-1]["text"]] == told
    assert len(heard) + 2 == after
