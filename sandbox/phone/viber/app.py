"""The Viber of a sandbox with its app on the phones."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from runtime.clock import Clock
from sandbox.phone.stream import Stream
from sandbox.phone.viber.api import ViberPhoneApi
from sandbox.phone.viber.render import event_json
from sandbox.phone.viber.script import ViberScriptApi
from sandbox.settings import ViberSettings
from sandbox.telegram.world.world import World
from sandbox.viber.simulator import Viber
from sandbox.viber.world.model import Event, Json


class ViberApp:
    """The simulated Viber, wired to the phones whose citizens the world of Telegram knows."""

    code = "viber"

    def __init__(
        self, settings: ViberSettings, data: Path | None, phones: World, stream: Stream, clock: Clock
    ) -> None:
        self._phones = phones
        self._stream = stream
        self._viber = Viber(
            settings.token,
            settings.bot,
            data,
            people=phones.citizen,
            clock=clock,
            publish=self._publish,
            free_messages=settings.free_messages,
            retries=settings.retries,
        )

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        viber = self._viber
        phone = ViberPhoneApi(viber.world, viber.store, viber.media, self._phones.scans)
        script = ViberScriptApi(viber.world, viber.callbacks, viber.script)
        return [*viber.routes(), *phone.routes(), *script.routes()]

    async def running(self, _: web.Application) -> AsyncIterator[None]:
        """Post callbacks while the application runs, and close the store after it."""
        task = asyncio.create_task(self._viber.run(), name="callbacks of Viber")
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self._viber.close()

    def reset(self) -> None:
        """Forget everybody and everything."""
        self._viber.reset()

    def stop_holding(self) -> None:
        """Let every reply that is held back go at once."""
        self._viber.stop_holding()

    def _publish(self, viber: Viber, event: Event) -> None:
        def render(event: Event) -> tuple[str, Json]:
            return event_json(event, viber.world.accounts.bot, viber.world.chats)

        self._stream.publish(render, event)
