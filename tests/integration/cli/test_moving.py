"""`docwatch save` and `docwatch load` on real servers, and what they refuse."""

import json
from pathlib import Path

import asyncpg
import pytest
from nats.aio.client import Client
from pydantic import SecretStr

from cli.errors import CommandError
from cli.moving import streams, work
from cli.moving.contents import CONTENTS, read
from cli.settings import LocalSettings
from contracts.streams import OUTCOMES, STAGE_SUBJECT
from runtime.embedded import EmbeddedNats, EmbeddedPostgres
from tests.conftest import Databases, fresh_database

APPLICATION = (
    "INSERT INTO tracker.application (application_key, document_type, masked) VALUES ($1, 'id_card', '42')"
)
FEED = "UPDATE ingest.feed SET epoch = 3, stream_created = $1, sequence = $2"


def _settings(nats_server: EmbeddedNats, databases: Databases) -> LocalSettings:
    return LocalSettings(
        nats_url=SecretStr(nats_server.url("operator")), provision_database_url=SecretStr(databases.admin)
    )


async def _do(databases: Databases, query: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(databases.admin)
    try:
        return await connection.fetch(query, *values)
    finally:
        await connection.close()


async def _used(client: Client, databases: Databases) -> None:
    """Have an event in the stream, an application in the database, and a feed that read one outcome."""
    js = client.jetstream()
    await js.publish(STAGE_SUBJECT, b"{}")
    await js.publish(OUTCOMES.subjects[0], b"{}")
    await _do(databases, APPLICATION, "a" * 64)
    await _do(databases, FEED, (await js.stream_info(OUTCOMES.name)).created, 1)


async def _no_streams(client: Client) -> None:
    for name in streams.NAMES:
        await client.jetstream().delete_stream(name)


async def test_what_was_saved_is_loaded_elsewhere(
    nats_client: Client,
    nats_server: EmbeddedNats,
    databases: Databases,
    postgres_server: EmbeddedPostgres,
    tmp_path: Path,
) -> None:
    """Rows, messages and the feed's place come along, into a database that was provisioned and is empty."""
    await _used(nats_client, databases)
    await work.save(_settings(nats_server, databases), tmp_path / "saved", None, while_running=False)
    await _no_streams(nats_client)
    async with fresh_database(postgres_server) as elsewhere:
        await work.load(_settings(nats_server, elsewhere), tmp_path / "saved", None, replicas=1)
        [found] = await _do(elsewhere, "SELECT application_key FROM tracker.application")
        [feed] = await _do(elsewhere, "SELECT epoch, sequence, stream_created FROM ingest.feed")
    js = nats_client.jetstream()

    assert "a" * 64 == found[0]
    assert b"{}" == (await js.get_msg("STAGES", 1)).data
    assert (3, 1, (await js.stream_info(OUTCOMES.name)).created) == tuple(feed)


async def test_a_feed_that_is_ahead_of_its_stream_begins_anew(
    nats_client: Client, nats_server: EmbeddedNats, databases: Databases, tmp_path: Path
) -> None:
    """Streams older than the database: the feed keeps the old life of its stream, and will read the new."""
    await _used(nats_client, databases)
    settings = _settings(nats_server, databases)
    await work.save(settings, tmp_path / "saved", work.Part.STREAMS, while_running=False)
    before = (await nats_client.jetstream().stream_info(OUTCOMES.name)).created
    await _do(databases, FEED, before, 2)
    await _no_streams(nats_client)
    await work.load(settings, tmp_path / "saved", work.Part.STREAMS, replicas=1)
    [feed] = await _do(databases, "SELECT stream_created FROM ingest.feed")

    assert before == feed[0]
    assert before != (await nats_client.jetstream().stream_info(OUTCOMES.name)).created


async def test_nothing_is_loaded_over_something(
    nats_client: Client,
    nats_server: EmbeddedNats,
    databases: Databases,
    postgres_server: EmbeddedPostgres,
    tmp_path: Path,
) -> None:
    """A database or a stream that is in use is named, and neither is touched."""
    await _used(nats_client, databases)
    folder = tmp_path / "saved"
    await work.save(_settings(nats_server, databases), folder, None, while_running=False)

    with pytest.raises(CommandError, match=r"tracker\.application holds rows"):
        await work.load(_settings(nats_server, databases), folder, None, replicas=1)
    async with fresh_database(postgres_server) as elsewhere:
        with pytest.raises(CommandError, match="the stream STAGES is in use"):
            await work.load(_settings(nats_server, elsewhere), folder, None, replicas=1)
        assert [] == await _do(elsewhere, "SELECT FROM tracker.application")


async def test_a_database_that_cannot_be_made_leaves_no_streams(
    nats_client: Client,
    nats_server: EmbeddedNats,
    databases: Databases,
    postgres_server: EmbeddedPostgres,
    tmp_path: Path,
) -> None:
    """Whoever loads a file that pg_restore refuses may try again: nothing of it stays."""
    await _used(nats_client, databases)
    folder = tmp_path / "saved"
    await work.save(_settings(nats_server, databases), folder, None, while_running=False)
    (folder / "database.dump").write_bytes(b"nonsense")
    await _no_streams(nats_client)
    async with fresh_database(postgres_server) as elsewhere:
        with pytest.raises(CommandError, match="pg_restore failed"):
            await work.load(_settings(nats_server, elsewhere), folder, None, replicas=1)

    assert [] == await nats_client.jetstream().streams_info()


async def test_a_folder_that_is_not_whole_is_refused(
    nats_client: Client, nats_server: EmbeddedNats, databases: Databases, tmp_path: Path
) -> None:
    """A missing file, nonsense, no folder at all: each is said; and a folder with something in it is kept."""
    await _used(nats_client, databases)
    settings, folder = _settings(nats_server, databases), tmp_path / "saved"
    await work.save(settings, folder, None, while_running=False)

    assert 0o700 == folder.stat().st_mode & 0o777
    with pytest.raises(CommandError, match="is not empty"):
        await work.save(settings, folder, None, while_running=False)
    with pytest.raises(CommandError, match="holds no saved installation"):
        read(tmp_path)
    (folder / "NOTICES.stream").unlink()
    with pytest.raises(CommandError, match=r"these are missing: .*NOTICES\.stream"):
        read(folder)
    (folder / CONTENTS).write_text(json.dumps({"format": 2}))
    with pytest.raises(CommandError, match="cannot be read"):
        read(folder)
