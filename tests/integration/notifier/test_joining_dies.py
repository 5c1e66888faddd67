"""Two become one while whoever does it dies, at each question to the database."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from services.notifier.domain.incoming import Tapped
from services.notifier.recipients import routes
from tests.integration.notifier.test_inbound import did, followed
from tests.integration.notifier.test_joining import Joiner
from tests.integration.notifier.two_apps import TwoApps, two_apps
from tests.integration.notifier.world import World, notice

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
MOST = 400
"""Far more often than this it never asks the database."""


@dataclass
class Death:
    """What happens to a process: it dies with its n-th question to the database, asked or answered."""

    answered: bool
    left: int | None = None

    def lay(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have it strike whatever asks."""
        for name in ("_do_execute", "execute"):
            monkeypatch.setattr(asyncpg.Connection, name, self._around(getattr(asyncpg.Connection, name)))

    def _around(self, ask: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def asked(*given: object, **named: object) -> object:
            if self.left is None:
                return await ask(*given, **named)
            self.left -= 1
            if self.left == 0 and not self.answered:
                raise ConnectionResetError
            found = await ask(*given, **named)
            if self.left == 0:
                raise ConnectionResetError
            return found

        return asked


@pytest.fixture
def tracker() -> Joiner:
    """A tracker that joins people as often as it is asked."""
    return Joiner(followed=(followed(),))


@pytest.fixture
def apps(world: World, tracker: Joiner) -> TwoApps:
    """Telegram and Viber."""
    return two_apps(world, tracker)


@pytest.mark.parametrize("answered", [False, True], ids=["asked", "answered"])
async def test_whoever_dies_leaves_it_to_the_next(
    apps: TwoApps, tracker: Joiner, monkeypatch: pytest.MonkeyPatch, *, answered: bool
) -> None:
    """Wherever it dies, done again two are one, and each notice for either has one delivery, for the one."""
    death, deaths = Death(answered), 0
    death.lay(monkeypatch)
    for number in range(1, MOST):
        chat, also = f"t{number}", f"v{number}"
        olena, hers = await apps.telegram.person(chat), await apps.viber.person(also)
        secret = await apps.link(apps.telegram, chat)
        told = [notice(olena, subscription=uuid4()), notice(hers, subscription=uuid4())]
        await apps.telegram.keep(*told)
        yes = did(1000 + number, Tapped(f"jy:{secret}:en", None, "q"), also)

        death.left = number
        with suppress(ConnectionResetError):
            await apps.viber.updates(tracker).take_one(yes)
        died, death.left = death.left <= 0, None
        late = [notice(olena, subscription=uuid4()), notice(hers, subscription=uuid4())]
        await apps.telegram.keep(*late)
        await apps.viber.updates(tracker).take_one(yes)

        (one,) = {await apps.who(apps.telegram, chat), await apps.who(apps.viber, also)}
        assert one is not None
        assert ["telegram", "viber"] == [way.account for way in await routes.ways_of(apps.viber.pool, one)]
        ids = [each.notice_id for each in (*told, *late)]
        query = "SELECT recipient_id FROM delivery WHERE id = ANY ($1) AND state = 'pending'"
        rows = await apps.viber.pool.fetch(query, ids)
        assert [one] * len(ids) == [row["recipient_id"] for row in rows]
        deaths += died
        if not died:
            break
    assert 20 < deaths < MOST
