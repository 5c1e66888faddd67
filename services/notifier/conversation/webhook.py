"""The messenger calls us: updates posted to an address that only the two of us know, with a secret beside.

Any replica may take one. It is answered with 200 only after it was dealt with, so the messenger repeats what
was lost; a repeated one is known by its number. Within a chat the messenger waits for each answer.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runtime.clock import pause
from runtime.crypto import keyed_hash
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, Pool
from runtime.logs import logger
from services.notifier.conversation.updates import Updates
from services.notifier.domain.incoming import Incoming

SQL = sql.load("services.notifier.conversation", "webhook.sql")

LOG = logger(__name__)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
LONGEST_BODY = 1024 * 1024
TRY_AGAIN_SECONDS = 2
SETTING_RETRY_SECONDS = 5.0
TIDY_SECONDS = 3600.0

Read = Callable[[Mapping[str, object]], Incoming]
"""Reads one update as it was posted; raises KeyError or ValueError for what is none."""


@dataclass(frozen=True)
class Address:
    """Where the messenger posts to: `url` in full, its path, and the secret that it sends along."""

    url: str
    path: str
    secret: str

    def __repr__(self) -> str:
        return "Address(...)"


def address_of(base: str, token: str, secret: str | None) -> Address:
    """Return the address below a base URL; path and secret follow from the token, which nobody can guess."""
    path = f"/telegram/{keyed_hash(token.encode(), 'webhook', 'path').hex()}"
    chosen = secret or keyed_hash(token.encode(), "webhook", "secret").hex()
    return Address(base.rstrip("/") + path, path, chosen)


class Webhook:
    """Takes what is posted."""

    def __init__(self, address: Address, updates: Updates, read: Read) -> None:
        self._secret = address.secret.encode()
        self._path = address.path
        self._updates = updates
        self._read = read

    def route(self) -> Route:
        """Return the route to add to an application."""
        return Route(self._path, self._receive, methods=["POST"])

    async def _receive(self, request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret):
            LOG.warning("a post to the webhook without the secret")
            return PlainTextResponse("unauthorized\n", 401)
        try:
            incoming = self._read(await _body(request))
        except (KeyError, ValueError, RecursionError, ClientDisconnect):
            return PlainTextResponse("no update\n", 400)
        try:
            await self._updates.take_one(incoming)
        except TRANSIENT as error:
            LOG.warning("an update must be posted again", update=incoming.update, error=repr(error))
            return PlainTextResponse("try again\n", 503, {"Retry-After": str(TRY_AGAIN_SECONDS)})
        return PlainTextResponse("ok\n")


async def _body(request: Request) -> Mapping[str, object]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise ValueError("too long")
    parsed = orjson.loads(body)
    if not isinstance(parsed, dict):
        raise ValueError("not an object")  # noqa: TRY004 - the sender's fault, not the caller's
    return parsed


async def keep_registered(register: Callable[[], Awaitable[bool]], stop: asyncio.Event) -> None:
    """Have the messenger told how updates reach us, again and again until that worked."""
    while not stop.is_set() and not await register():
        LOG.warning("the messenger could not be told how updates reach us")
        await pause(stop, SETTING_RETRY_SECONDS)


async def keep_tidy(pool: Pool, channel: str, stop: asyncio.Event) -> None:
    """Forget numbers of updates that the messenger repeats no more."""
    while not stop.is_set():
        try:
            await pool.execute(SQL["forget_old_handled"], channel)
        except TRANSIENT as error:
            LOG.warning("old updates are not forgotten yet", error=repr(error))
        await pause(stop, TIDY_SECONDS)
