"""A site is lost with everything in it, in the middle of a month."""

import pytest

from tests.faults.disaster import drill

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(600)]


async def test_what_was_kept_elsewhere_brings_a_lost_site_back() -> None:
    """After a lost site no event and no notice is missing, and nobody hears again what they had heard."""
    found = await drill(applications=25, citizens=20)

    assert [] == found.wrong
    assert found.lost > 0
