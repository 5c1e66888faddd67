"""One process of each service has a clock that is ten minutes wrong, beside one that is right."""

from dataclasses import replace

import asyncpg
import pytest

from cli.up.command import Sample
from contracts.services import SERVICES
from tests.faults.desk import desk
from tests.faults.evidence import collect, findings
from tests.faults.fleet import fleet
from tests.faults.harness import prepared

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(300)]
WRONG = "SELECT count(*) FROM tracker.notice WHERE abs(extract(epoch FROM ended_at - created_at)) > 300"
TAKEN_AGAIN = """
SELECT role FROM notifier.lease WHERE token > 1 UNION ALL SELECT role FROM tracker.lease WHERE token > 1
UNION ALL SELECT role FROM ingest.lease WHERE token > 1
"""


@pytest.mark.parametrize("seconds", [600.0, -600.0])
async def test_a_clock_ten_minutes_wrong_changes_nothing_for_citizens(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Nothing expires early, no lease is taken from its holder, the order stands and the books balance."""
    offsets = {f"{service}-1": seconds for service in SERVICES}
    with prepared(monkeypatch):
        async with (
            fleet(Sample(applications=40, citizens=30), offsets=offsets) as ships,
            desk(ships) as counter,
        ):
            await ships.harness.play()
            answers = [await counter.once(counter.event()) for _ in range(4)]
            await counter.tell()
            books = await ships.harness.books()
            evidence = await collect(ships.harness)
            connection = await asyncpg.connect(ships.harness.running.servers.admin)
            wrong = await connection.fetchval(WRONG)
            taken_again = await connection.fetch(TAKEN_AGAIN)
            await connection.close()

    assert wrong > 0, "no time on record shows the wrong clock"
    assert [202] * 4 == answers
    assert [] == taken_again
    # A notice made by a clock that is behind looks as if it had waited: the newest goes out for all of them.
    assert books.ends.keys() <= ({"accepted", "superseded"} if seconds < 0 else {"accepted"})
    assert [] == books.problems()
    assert [] == ships.harness.ended()
    sent, followers = [*evidence.sent, *counter.sent], evidence.followers | counter.followers
    assert [] == findings(replace(evidence, sent=sent, followers=followers))
