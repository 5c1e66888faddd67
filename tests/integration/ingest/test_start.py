"""Ingest starts on what is provisioned and says what is missing elsewhere."""

from dataclasses import replace

import asyncpg
import pytest

from runtime.errors import StartError
from tests.integration.ingest.conftest import Bench


async def test_a_schema_that_is_behind_stops_the_start(bench: Bench, nats_url: str) -> None:
    """A migration that was not applied is named with the command that applies it."""
    admin = await asyncpg.connect(bench.databases.admin)
    await admin.execute("DELETE FROM ingest.schema_migration")
    await admin.close()

    with pytest.raises(StartError, match=r"lacks 0001_keys_and_receipts\.sql, .*; run: docwatch provision"):
        async with bench.open(nats_url):
            pass


async def test_a_database_that_is_not_there_stops_the_start(bench: Bench, nats_url: str) -> None:
    """A wrong address ends in a sentence that shows no password."""
    nowhere = replace(bench, databases=replace(bench.databases, name="nowhere"))

    with pytest.raises(StartError, match="cannot use the database") as caught:
        async with nowhere.open(nats_url):
            pass

    assert "://" not in str(caught.value)
