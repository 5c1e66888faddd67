"""The simulated Viber put together: its world, its API, its callbacks."""

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from runtime.clock import Clock
from sandbox.viber.api.http import ViberApi
from sandbox.viber.api.methods import AccountMethods
from sandbox.viber.api.webhook import Webhooks
from sandbox.viber.media import Media
from sandbox.viber.script import Script
from sandbox.viber.world.accounts import Accounts
from sandbox.viber.world.callbacks import Callbacks
from sandbox.viber.world.chats import Chats
from sandbox.viber.world.model import BotIdentity, Event, Person
from sandbox.viber.world.rates import Rates
from sandbox.viber.world.retries import RetrySettings
from sandbox.viber.world.store import Store
from sandbox.viber.world.world import World


class Viber:
    """One bot's Viber; `run` posts its callbacks, `routes` are the bot's API."""

    def __init__(
        self,
        token: str,
        bot: BotIdentity,
        data: Path | None,
        *,
        people: Callable[[int], Person],
        clock: Clock,
        publish: Callable[["Viber", Event], None],
        free_messages: int,
        retries: RetrySettings,
    ) -> None:
        """Open its world; `people` returns whose phone it is, or raises UnknownThingError."""

        def tell(event: Event) -> None:
            publish(self, event)

        self.store = Store(data)
        self.script = Script()
        self.callbacks = Callbacks(self.store, self.script, clock)
        accounts = Accounts(bot, self.store, people, tell)
        chats = Chats(self.store, clock, tell)
        rates = Rates(free_messages, chats.all())
        self.world = World(accounts, chats, rates, self.callbacks, clock)
        self._webhooks = Webhooks(
            token, self.world, self.store, self.callbacks, clock=clock, publish=tell, retries=retries
        )
        self.media = Media(self.store, lambda: self._webhooks.origin)
        methods = AccountMethods(self.world, self.store, clock).table() | self._webhooks.table()
        self._api = ViberApi(token, methods, accounts, store=self.store, script=self.script, clock=clock)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return self._api.routes()

    async def run(self) -> None:
        """Post callbacks until cancelled."""
        await self._webhooks.run()

    def reset(self) -> None:
        """Forget everybody and everything."""
        self.store.wipe()
        self.world.reset()
        self.script.reset()

    def stop_holding(self) -> None:
        """Let every reply that is held back go at once."""
        self._api.close()

    def close(self) -> None:
        """Close the store."""
        self.store.close()
