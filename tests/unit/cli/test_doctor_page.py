"""Whether the doctor takes the citizens' own page for served."""

import pytest

from cli.doctor.bots import unserved
from cli.doctor.facts import CatalogueFact
from cli.installation.settings import InstallationSettings


@pytest.mark.parametrize(("url", "missing"), [(None, ("web",)), ("https://docs.agency.example", ())])
def test_the_page_is_served_where_it_has_an_address(url: str | None, missing: tuple[str, ...]) -> None:
    """The account `web` has no token: it is on where the public edge is."""
    values = {"telegram_token": "1:token", "public_url": url}
    settings = InstallationSettings.model_validate(values)
    catalogue = CatalogueFact("catalogue", bots={"telegram": "a_bot", "web": ""})

    assert missing == unserved(settings, catalogue)
