"""The SMS of a sandbox with its app on the phones."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from runtime.clock import Clock
from sandbox.phone.sms.api import SmsPhoneApi
from sandbox.phone.sms.render import event_json
from sandbox.phone.stream import Stream
from sandbox.settings import SmsSettings
from sandbox.sms.model import Event, Json
from sandbox.sms.simulator import Provider
from sandbox.telegram.world.world import World


class SmsApp:
    """The simulated provider, wired to the phones whose citizens the world of Telegram knows."""

    code = "sms"

    def __init__(
        self, settings: SmsSettings, data: Path | None, phones: World, stream: Stream, clock: Clock
    ) -> None:
        self._stream = stream
        self._name = settings.name
        self._provider = Provider(
            settings.key,
            settings.signing_key,
            data,
            people=phones.citizen,
            clock=clock,
            publish=self._publish,
            retries=settings.retries,
        )

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [*self._provider.routes(), *SmsPhoneApi(self._provider, self._name).routes()]

    async def running(self, _: web.Application) -> AsyncIterator[None]:
        """Post reports while the application runs, and close the store after it."""
        task = asyncio.create_task(self._provider.run(), name="reports of SMS")
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self._provider.close()

    def reset(self) -> None:
        """Forget everybody and everything."""
        self._provider.reset()

    def stop_holding(self) -> None:
        """Let every reply that is held back go at once."""
        self._provider.stop_holding()

    def _publish(self, provider: Provider, event: Event) -> None:
        def render(event: Event) -> tuple[str, Json]:
            return event_json(event, provider.world)

        self._stream.publish(render, event)
