"""The links on receipts against the bot's real name."""

import pytest

from services.notifier.channels.public_links import look
from services.notifier.metrics import Metrics


class Account:
    """An account with a name, or one that does not answer."""

    def __init__(self, name: str | None) -> None:
        self.name = name

    async def published_name(self) -> str | None:
        """Return the name."""
        return self.name


@pytest.mark.parametrize(
    ("name", "dead"), [("Docwatch_bot", 0.0), ("another_bot", 1.0), (None, 0.0)], ids=str
)
async def test_a_link_to_another_bot_is_dead(name: str | None, dead: float) -> None:
    """Names are compared as the messenger does, without regard to case; no answer changes nothing."""
    metrics = Metrics()

    await look(Account(name), "docwatch_bot", metrics.of("telegram"))

    assert dead == metrics.registry.get_sample_value(
        "docwatch_notifier_published_link_dead", {"channel": "telegram", "account": "telegram"}
    )
