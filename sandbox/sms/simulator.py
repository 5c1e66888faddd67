"""The simulated provider put together: its world, its gateway, its reports."""

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from runtime.clock import Clock
from sandbox.sms.gateway import GatewayApi
from sandbox.sms.model import Event
from sandbox.sms.reports import Reports, Retries
from sandbox.sms.script import Script
from sandbox.sms.store import Store
from sandbox.sms.world import World


class Provider:
    """One customer's provider; `run` posts its reports, `routes` are the gateway."""

    def __init__(
        self,
        key: str,
        signing_key: str,
        data: Path | None,
        *,
        people: Callable[[int], object],
        clock: Clock,
        publish: Callable[["Provider", Event], None],
        retries: Retries,
    ) -> None:
        """Open its world; `people` returns whose phone it is, or raises UnknownThingError."""
        self.store = Store(data)
        self.script = Script()
        self.reports = Reports(signing_key, lambda: self.store.door, retries, clock)
        self.world = World(self.store, people, self.reports.tell, lambda event: publish(self, event), clock)
        self._api = GatewayApi(key, self.world, self.store, self.script, clock)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return self._api.routes()

    async def run(self) -> None:
        """Post reports until cancelled."""
        await self.reports.run()

    def reset(self) -> None:
        """Forget everybody and everything."""
        self.store.wipe()
        self.world.reset()
        self.script.reset()
        self.reports.reset()

    def stop_holding(self) -> None:
        """Let every reply that is held back go at once."""
        self._api.close()

    def close(self) -> None:
        """Close the store."""
        self.store.close()
