"""NATS on a disk that writes four times a second, while more is offered than it can take."""

import pytest

from tests.faults.evidence import collect, findings
from tests.faults.harness import harness, prepared
from tests.faults.offered import offering
from tests.faults.slow_disk import slow_writes
from tests.faults.use import observe

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(300)]
SLOW_SECONDS = 30.0
WRITES_A_SECOND = 4
RATE, PACE = 200, 20.0
LONGEST_SECONDS = 12.0
"""The wait for an acknowledgement, and what else a request may wait for."""


async def test_a_slow_disk_means_slow_answers_and_503_and_nothing_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is not written in time is answered 503 and offered again; afterwards all of it has one effect."""
    with prepared(monkeypatch):
        async with harness(applications=30, citizens=20) as stack:
            await stack.play()
            nats, running = stack.running.servers.embedded["nats"], stack.running
            async with offering(
                running.addresses.ingest, running.servers.databases["ingest"], RATE, PACE
            ) as offer:
                with slow_writes(nats.pid, nats.log.parent, WRITES_A_SECOND):
                    uses = await observe(stack, SLOW_SECONDS)
                    answers, slowest = dict(offer.statuses), offer.slowest
            books = await stack.books()
            evidence = await collect(stack)

    assert answers.keys() <= {202, 503}
    assert answers[503] > 0
    assert 1.0 < slowest < LONGEST_SECONDS
    assert [] == [sentence for name, use in uses.items() for sentence in use.problems(name)]
    assert [] == books.problems()
    assert [] == stack.ended()
    assert [] == findings(evidence)
    assert offer.settled == offer.made
