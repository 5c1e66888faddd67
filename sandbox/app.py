"""The sandbox's composition root: one application with the bots' APIs, the phone and the script.

`create_app` builds it, `run_sandbox` serves it for the length of a block (port 0: a free one).
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

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
from sandbox.phone import files, staff_codes
from sandbox.phone.browser.app import BrowserApp
from sandbox.phone.email.app import EmailApp
from sandbox.phone.sms.app import SmsApp
from sandbox.phone.viber.app import ViberApp
from sandbox.settings import BotSettings, SandboxSettings
from sandbox.telegram.world.model import Receipt
from sandbox.telegram_bot import TelegramBot, acquaint

Beside = ViberApp | EmailApp | SmsApp | BrowserApp
STOP_WITHIN = 0.5
# The largest file that a bot may upload, and what a multipart body adds to it.
LARGEST_BODY = 51 * 1024 * 1024


def create_app(settings: SandboxSettings, clock: Clock | None = None) -> web.Application:
    """Build the application; it opens its stores now and closes them at clean-up."""
    clock = clock or SystemClock()
    bots = [TelegramBot(bot, settings, _file_of(settings, bot), clock) for bot in settings.bots]
    acquaint(bots)
    first, *further = bots
    beside = _beside(settings, first, clock)
    messengers: list[TelegramBot | Beside] = [*bots, *beside.values()]
    office = OfficeApi()

    def reset() -> None:
        for messenger in messengers:
            messenger.reset()
        if office.desk is not None:
            office.desk.reset()

    async def deliver(_: web.Application) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for bot in bots:
                await stack.enter_async_context(bot.running())
            yield

    async def close(_: web.Application) -> None:
        for messenger in messengers:
            messenger.stop_holding()

    guards = [own_names_only(settings.host), errors_as_json, own_pages_only]
    app = web.Application(middlewares=guards, client_max_size=LARGEST_BODY)
    for bot, about in zip(further, settings.further, strict=True):
        _add_further(app, bot, about, reset)
    routes = [first.api(alone=True), first.phone(reset, ["telegram", *beside])]
    routes += [app.routes() for app in beside.values()]
    for some in (*routes, office.routes(), files.routes(), staff_codes.routes(settings.staff)):
        app.add_routes(some)
    app.cleanup_ctx.extend([deliver, *(one.running for one in beside.values())])
    app.cleanup_ctx.append(partial(_staffed, office, settings, clock, first.world.put_receipt))
    app.on_shutdown.append(close)
    return app


def _beside(settings: SandboxSettings, first: TelegramBot, clock: Clock) -> Mapping[str, Beside]:
    """Return what else the phones of the first bot have, by the app's name."""
    found: dict[str, Beside] = {}
    if settings.viber is not None:
        found["viber"] = ViberApp(settings.viber, settings.data, first.world, first.stream, clock)
    if settings.email is not None:
        found["email"] = EmailApp(settings.email, settings.data, first.world, first.stream, clock)
    if settings.sms is not None:
        found["sms"] = SmsApp(settings.sms, settings.data, first.world, first.stream, clock)
    if settings.browser is not None:
        found["web"] = BrowserApp(settings.browser, settings.data, first.world, first.stream, clock)
    return found


def _add_further(
    app: web.Application, bot: TelegramBot, about: BotSettings, reset: Callable[[], None]
) -> None:
    """Serve one more bot: its chats stand under its name."""
    app.add_routes(bot.api(alone=False))
    chats = web.Application(client_max_size=LARGEST_BODY)
    chats.add_routes(bot.phone(reset, ["telegram"]))
    app.add_subapp(f"/bots/{about.username}", chats)


def _file_of(settings: SandboxSettings, bot: BotSettings) -> Path | None:
    """Return where a bot's chats are kept: a file for each, the first one's as the settings name it."""
    if settings.data is None or bot not in settings.further:
        return settings.data
    return settings.data.with_stem(f"{settings.data.stem}-{bot.username}")


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
