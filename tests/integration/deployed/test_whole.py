"""The whole installation on NATS as deploy/ has it: TLS, a login for each service, nothing refused to any."""

from pathlib import Path

import pytest

from contracts.services import SERVICES
from tests.faults.harness import harness, prepared
from tests.integration.deployed.server import deployed_nats

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


async def test_a_month_is_told_on_the_deployed_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A month of events reaches the phones by TLS, and the server has refused nobody anything."""
    async with deployed_nats(tmp_path) as bus:
        monkeypatch.setenv("DOCWATCH_NATS_URL", bus.url("provision"))
        monkeypatch.setenv("DOCWATCH_NATS_CA", str(bus.ca))
        for service in SERVICES:
            monkeypatch.setenv(f"DOCWATCH_{service.upper()}_NATS_URL", bus.url(service))
        with prepared(monkeypatch):
            async with harness(applications=30, citizens=20) as stack:
                await stack.play()
                books = await stack.books()
        refused = bus.refused()

    assert [] == books.problems()
    assert books.ends["accepted"] > 0
    assert [] == refused
