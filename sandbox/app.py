"""The sandbox's composition root: one application with the bots' APIs, the phone and the script.

`create_app` builds it, `run_sandbox` serves it for the length of a block (port 0: a free one).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import aiohttp
from aiohttp import web

from contracts.catalogue import load_catalogue
from runtime.clock import Clock, SystemClock
from sandbox.jsonapi import errors_as_json, own_names_only, own_pages_only
from sandbox.listener import served
from sandbox.office.desk import Desk
from sandbox.office.http import OfficeApi
from sandbox.office.ingest import Ingest
from sandbox.office.store import DeskStore
from sandbox.phone import files
from sandbox.phone.api import PhoneApi
from sandbox.phone.attaching import AttachingApi
from sandbox.phone.render import event_json
from sandbox.phone.script_api import ScriptApi
from sandbox.phone.stream import Stream
from sandbox.phone.viber.app import ViberApp
from sandbox.settings import SandboxSettings
from sandbox.telegram.api.http import BotApi
from sandbox.telegram.api.methods import MessageMethods
from sandbox.telegram.api.profile_methods import ProfileMethods
from sandbox.telegram.api.update_methods import UpdateMethods
from sandbox.telegram.api.webhook import WebhookSender
from sandbox.telegram.script import Script
from sandbox.telegram.world.files import Files
from sandbox.telegram.world.limits import Limits
from sandbox.telegram.world.model import Receipt
from sandbox.telegram.world.profile import Profile
from sandbox.telegram.world.store import Store
from sandbox.telegram.world.updates import UpdateQueue
from sandbox.telegram.world.world import World, WorldSettings

STOP_WITHIN = 0.5
# The largest file that a bot may upload, and what a multipart body adds to it.
LARGEST_BODY = 51 * 1024 * 1024


def create_app(settings: SandboxSettings, clock: Clock | None = None) -> web.Application:
    """Build the application; it opens its store now and closes it at clean-up."""
    clock = clock or SystemClock()
    store, script, limits, stream = Store(settings.data), Script(), Limits(settings.limits), Stream()
    updates, profile = UpdateQueue(store, clock), Profile(store)
    world = World(
        WorldSettings(settings.bot, timedelta(seconds=settings.tap_seconds)),
        store,
        updates,
        clock,
        partial(stream.publish, event_json),
    )
    beside = [] if settings.viber is None else [ViberApp(settings.viber, settings.data, world, stream, clock)]
    apps = ["telegram", *("viber" for _ in beside)]
    update_methods = UpdateMethods(updates, profile)
    kept = Files(store)
    methods = MessageMethods(world, kept, limits, clock).table()
    methods |= update_methods.table() | ProfileMethods(profile).table()
    bot_api = BotApi(settings.bot_token, methods, kept, script, limits=limits, clock=clock)
    webhooks = WebhookSender(updates, profile, clock)

    office = OfficeApi()

    def reset() -> None:
        world.reset()
        profile.reset()
        script.reset()
        updates.allowed = None
        if office.desk is not None:
            office.desk.reset()
        limits.change(settings.limits)
        for viber in beside:
            viber.reset()

    async def deliver(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(webhooks.run(), name="webhooks")
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        store.close()

    async def close(_: web.Application) -> None:
        updates.close()
        bot_api.close()
        stream.close()
        for viber in beside:
            viber.stop_holding()

    guards = [own_names_only(settings.host), errors_as_json, own_pages_only]
    app = web.Application(middlewares=guards, client_max_size=LARGEST_BODY)
    app.add_routes(
        [
            *bot_api.routes(),
            *PhoneApi(world, stream, apps).routes(),
            *AttachingApi(world, kept).routes(),
            *office.routes(),
            *ScriptApi(script, limits, updates, reset).routes(),
            *files.routes(),
        ]
    )
    for viber in beside:
        app.add_routes(viber.routes())
    app.cleanup_ctx.extend([deliver, *(viber.running for viber in beside)])
    app.cleanup_ctx.append(partial(_staffed, office, settings, clock, world.put_receipt))
    app.on_shutdown.append(close)
    return app


async def _staffed(
    office: OfficeApi,
    settings: SandboxSettings,
    clock: Clock,
    lay_out: Callable[[Receipt], object],
    _: web.Application,
) -> AsyncIterator[None]:
    """Have a clerk at the desk where the settings say so."""
    if settings.office is None:
        yield
        return
    notes, given = DeskStore(settings.data), settings.office
    async with aiohttp.ClientSession() as session:
        ingest = Ingest(given.ingest_url, given.key, session)
        office.desk = Desk(load_catalogue(given.catalogue), ingest, notes, clock, lay_out)
        yield
        office.desk = None
    notes.close()


@asynccontextmanager
async def run_sandbox(settings: SandboxSettings, clock: Clock | None = None) -> AsyncIterator[str]:
    """Serve a sandbox for the length of the block and hand out its base URL, without a slash at the end.

    Raises:
        OSError: the port is taken.
    """
    async with served(create_app(settings, clock), settings.host, settings.port, STOP_WITHIN) as port:
        yield f"http://{settings.host}:{port}"
