"""What operators read of an account."""

from dataclasses import replace
from datetime import date

import pytest

from cli.operators.channels import _state
from services.notifier.operators.accounts import Account, Paid

ACCOUNT = Account("viber", None, 0, 0.0, None, None, None, None, None)
MONTH = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        (None, "ok"),
        (Paid(MONTH, 4321, None), "ok; 4,321 messages of 2026-11 cost money"),
        (Paid(MONTH, 4321, 5000), "ok; 4,321 of 5,000 messages of 2026-11 cost money"),
    ],
)
def test_what_an_account_cost_is_said_beside_its_state(paid: Paid | None, said: str) -> None:
    """The month's messages stand with the ceiling, where there is one, and nothing where all are free."""
    assert said == _state(replace(ACCOUNT, paid=paid))
