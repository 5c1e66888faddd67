"""Outcomes are kept for some time; who comes later than that is told, and nobody else is."""

from collections.abc import Sequence
from datetime import timedelta

import httpx
import pytest

from runtime.clock import SystemClock
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from services.ingest.domain.cursors import Place, encode
from services.ingest.feed import purge as purging
from services.ingest.feed.purge import Purge
from services.ingest.metrics import Metrics
from tests.integration.ingest.conftest import PUBLISHER
from tests.integration.ingest.receiving import happen

KEEP = timedelta(days=90)


async def age(pool: Pool, events: Sequence[str]) -> None:
    """Make some outcomes older than is kept."""
    await pool.execute(
        "UPDATE outcome SET stored_at = now() - $2::interval WHERE event_id = ANY ($1)", events, KEEP
    )


@pytest.fixture
def lease(pool: Pool) -> Lease:
    return Lease(pool, SystemClock(), purging.ROLE, "test")


@pytest.fixture
def purge(pool: Pool, lease: Lease) -> Purge:
    return Purge(pool, lease, SystemClock(), Metrics(), KEEP)


async def test_only_what_is_old_enough_goes(
    *, purge: Purge, lease: Lease, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest go first, a few at a time, and what was kept for less than its days stays."""
    monkeypatch.setattr(purging, "BATCH", 2)
    await happen(pool, PUBLISHER, ["e-1", "e-2", "e-3", "e-4"])
    await age(pool, ["e-1", "e-2", "e-3"])
    await lease.acquire()

    gone = [await purge.once() for _ in range(3)]

    left = await pool.fetch("SELECT event_id FROM outcome")
    assert ([2, 1, 0], ["e-4"]) == (gone, [one["event_id"] for one in left])


async def test_nothing_goes_without_the_lease(purge: Purge, lease: Lease, pool: Pool) -> None:
    """A holder that was taken over removes nothing."""
    await happen(pool, PUBLISHER, ["e-1"])
    await age(pool, ["e-1"])
    await lease.acquire()
    await pool.execute("UPDATE lease SET token = token + 1")

    assert 0 == await purge.once()


async def test_a_cursor_from_before_the_purge_is_gone(
    *, ingest: httpx.AsyncClient, purge: Purge, lease: Lease, pool: Pool
) -> None:
    """410 where something was missed; a reader who missed nothing, or begins anew, reads on."""
    await happen(pool, PUBLISHER, ["e-1", "e-2"])
    await happen(pool, "other", ["x-1"])
    await happen(pool, PUBLISHER, ["e-3"])
    await age(pool, ["e-1", "e-2", "x-1"])
    await lease.acquire()
    await purge.once()

    answers = [
        await ingest.get("/v1/outcomes", params={} if after is None else {"after": after})
        for after in (encode(Place(0, 1)), encode(Place(0, 2)), None)
    ]

    assert [410, 200, 200] == [one.status_code for one in answers]
    assert "/problems/gone" == answers[0].json()["type"]
    assert [["e-3"]] * 2 == [[each["event_id"] for each in one.json()["outcomes"]] for one in answers[1:]]
