"""One bot of the simulated Telegram: its chats, its updates, its limits, and the script of its faults."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from runtime.clock import Clock
from sandbox.phone.api import PhoneApi
from sandbox.phone.attaching import AttachingApi
from sandbox.phone.render import event_json
from sandbox.phone.script_api import ScriptApi
from sandbox.phone.stream import Stream
from sandbox.settings import BotSettings, SandboxSettings
from sandbox.telegram.api.http import BotApi
from sandbox.telegram.api.methods import MessageMethods
from sandbox.telegram.api.profile_methods import ProfileMethods
from sandbox.telegram.api.update_methods import UpdateMethods
from sandbox.telegram.api.webhook import WebhookSender
from sandbox.telegram.script import Script
from sandbox.telegram.world.files import Files
from sandbox.telegram.world.limits import Limits
from sandbox.telegram.world.model import Citizen, CitizenChanged, Event
from sandbox.telegram.world.profile import Profile
from sandbox.telegram.world.store import Store
from sandbox.telegram.world.updates import UpdateQueue
from sandbox.telegram.world.world import World, WorldSettings


class TelegramBot:
    """A bot and everybody's chat with it; made open, closed by the end of `running`."""

    def __init__(self, bot: BotSettings, settings: SandboxSettings, data: Path | None, clock: Clock) -> None:
        self._token = bot.token
        self._settings = settings
        self._clock = clock
        self._store, self.stream = Store(data), Stream()
        self._script, self._limits = Script(), Limits(settings.limits)
        self._updates, self._profile = UpdateQueue(self._store, clock), Profile(self._store)
        self.world = World(
            WorldSettings(bot.identity, timedelta(seconds=settings.tap_seconds)),
            self._store,
            self._updates,
            clock,
            self._publish,
        )
        self._files = Files(self._store)
        methods = MessageMethods(self.world, self._files, self._limits, clock).table()
        methods |= UpdateMethods(self._updates, self._profile).table() | ProfileMethods(self._profile).table()
        self._api = BotApi(bot.token, methods, self._files, self._script, limits=self._limits, clock=clock)
        self.on_citizen: Callable[[Citizen], None] = lambda _: None
        """Called whenever somebody has changed or is new."""

    def api(self, *, alone: bool) -> list[web.RouteDef]:
        """Return the Bot API; `alone`: what comes under another token is answered here, too."""
        return self._api.routes(None if alone else self._token)

    def phone(self, reset: Callable[[], None], apps: Sequence[str]) -> list[web.RouteDef]:
        """Return what citizens do in their chats with the bot, and the script of its faults.

        `apps` are what their phones have.
        """
        return [
            *PhoneApi(self.world, self.stream, apps).routes(),
            *AttachingApi(self.world, self._files).routes(),
            *ScriptApi(self._script, self._limits, self._updates, reset).routes(),
        ]

    def reset(self) -> None:
        """Forget everybody, what was said and what was to go wrong."""
        self.world.reset()
        self._profile.reset()
        self._script.reset()
        self._updates.allowed = None
        self._limits.change(self._settings.limits)

    def stop_holding(self) -> None:
        """Let go of everybody who waits for an answer."""
        self._updates.close()
        self._api.close()
        self.stream.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Post updates for the length of the block, where a webhook is set; then close the store."""
        webhooks = WebhookSender(self._updates, self._profile, self._clock)
        task = asyncio.create_task(webhooks.run(), name="webhooks")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._store.close()

    def _publish(self, event: Event) -> None:
        self.stream.publish(event_json, event)
        if isinstance(event, CitizenChanged):
            self.on_citizen(event.citizen)


def acquaint(bots: list[TelegramBot]) -> None:
    """See to it that whoever has a phone can write to each of the bots."""

    def met(citizen: Citizen) -> None:
        for bot in bots:
            bot.world.meet(citizen)

    for bot in bots:
        bot.on_citizen = met
        for citizen in list(bot.world.citizens()):
            met(citizen)
