"""The browsers of a sandbox's phones with their push service."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from runtime.clock import Clock
from sandbox.browser.model import Event, Json
from sandbox.browser.store import Store
from sandbox.browser.world import Browsers
from sandbox.phone.browser.api import BrowserPhoneApi
from sandbox.phone.browser.render import event_json
from sandbox.phone.stream import Stream
from sandbox.push.http import PushHttp
from sandbox.settings import BrowserSettings
from sandbox.telegram.world.world import World as Phones


class BrowserApp:
    """The citizens' page on the phones whose citizens the world of Telegram knows."""

    def __init__(
        self, settings: BrowserSettings, data: Path | None, phones: Phones, stream: Stream, clock: Clock
    ) -> None:
        self._stream = stream

        def language(citizen_id: int) -> str:
            return phones.citizen(citizen_id).language

        self._browsers = Browsers(settings.public_url, Store(data), language, clock.now, self._publish)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [*BrowserPhoneApi(self._browsers).routes(), *PushHttp(self._browsers.service).routes()]

    async def running(self, _: web.Application) -> AsyncIterator[None]:
        """Listen to the push service while the application runs, and close the store after it."""
        self._browsers.begin()
        yield
        await self._browsers.end()

    def reset(self) -> None:
        """Forget everybody and everything."""
        self._browsers.wipe()

    def stop_holding(self) -> None:
        """Do nothing: nothing is held back."""

    def _publish(self, event: Event) -> None:
        def render(event: Event) -> tuple[str, Json]:
            return event_json(event, self._browsers)

        self._stream.publish(render, event)
