"""The provider of mail of a sandbox with its app on the phones."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from runtime.clock import Clock
from sandbox.email.model import Event, Json
from sandbox.email.script import Script
from sandbox.email.server import MailServer
from sandbox.email.world import World
from sandbox.phone.email.api import EmailPhoneApi
from sandbox.phone.email.render import event_json
from sandbox.phone.stream import Stream
from sandbox.settings import EmailSettings
from sandbox.telegram.world.world import World as Phones


class EmailApp:
    """The simulated provider, wired to the phones whose citizens the world of Telegram knows."""

    def __init__(
        self, settings: EmailSettings, data: Path | None, phones: Phones, stream: Stream, clock: Clock
    ) -> None:
        self._settings = settings
        self._stream = stream
        self._clock = clock
        self._script = Script()
        self._world = World(data, phones.citizen, clock, self._publish)
        self._port = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return EmailPhoneApi(self._world, self._script, self._clock.now, lambda: self._port).routes()

    async def running(self, _: web.Application) -> AsyncIterator[None]:
        """Take letters while the application runs, and close the store after it."""
        server = MailServer(self._world, self._script)
        async with server.serving("127.0.0.1", self._settings.port) as self._port:
            yield
        self._world.close()

    def reset(self) -> None:
        """Forget everybody and everything."""
        self._world.wipe()
        self._script.reset()

    def stop_holding(self) -> None:
        """Do nothing: the server breaks its connections when it ends."""

    def _publish(self, event: Event) -> None:
        def render(event: Event) -> tuple[str, Json]:
            return event_json(event, self._world)

        self._stream.publish(render, event)
