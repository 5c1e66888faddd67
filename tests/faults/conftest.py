"""The order of the faults, so that two workers are both at work until the end."""

import pytest

# Of what is run by two workers each gets a half, and at the end takes over what the other has not begun.
HALVES = (
    *("test_random_faults", "test_quiet_run", "test_notifier_owner"),
    *("test_each_fault", "test_observed", "test_notifier_storm", "test_cluster"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first in each half; what is not listed stays where it is, behind them."""
    places = {name: place for place, name in enumerate(HALVES)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
