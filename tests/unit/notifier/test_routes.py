"""Which accounts may carry a notice."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import Agency, Catalogue
from services.notifier.domain.addresses.routes import Carriers, carriers_of

ALL = {"channel": "telegram", "name": "example_docs_bot"}
SECOND = {"channel": "telegram", "account": "second", "name": "example_new_bot"}
URGENT = {"channel": "viber", "name": "exampledocs", "carries": "actionable"}


def agency_of(catalogue: Catalogue, *channels: dict[str, str]) -> Agency:
    given = catalogue.agency.model_dump() | {"channels": channels}
    return Agency.model_validate(given)


def test_an_agency_without_a_list_lets_every_account_carry(catalogue: Catalogue) -> None:
    """Where nothing is said nothing is left out."""
    assert Carriers(None) == carriers_of(agency_of(catalogue), ["telegram", "viber"])


def test_accounts_carry_what_the_catalogue_says(catalogue: Catalogue) -> None:
    """Each account that is named carries what stands there."""
    agency = agency_of(catalogue, ALL, URGENT)

    expected = Carriers(("telegram",), ("viber",), ("telegram", "viber"))
    assert expected == carriers_of(agency, ["telegram", "viber"])


def test_a_second_bot_carries_what_the_first_does(catalogue: Catalogue) -> None:
    """A bot that is not named stands beside the first one of its channel."""
    agency = agency_of(catalogue, ALL, URGENT)

    carriers = carriers_of(agency, ["telegram", "telegram.second", "viber.second"])

    assert {"telegram", "telegram.second"} == set(carriers.everything or ())
    assert {"viber", "viber.second"} == set(carriers.urgent)


@given(st.lists(st.sampled_from(["viber", "web", "telegram.second"]), unique=True))
def test_a_channel_that_is_not_offered_carries_nothing(catalogue: Catalogue, known: list[str]) -> None:
    """Whatever there may be, only accounts of the agency's channels carry anything."""
    carriers = carriers_of(agency_of(catalogue, ALL, SECOND), known)

    assert ({"telegram", "telegram.second"}, ()) == (set(carriers.everything or ()), carriers.urgent)
