"""The messenger calls us: updates posted to an address that only the two of us know.

Any replica may take one. It is answered with 200 only after it was dealt with, so the messenger repeats what
was lost; a repeated one is known by its identity. Within a chat the messenger waits for each answer.
"""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runtime.clock import pause
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, Pool
from runtime.logs import logger
from runtime.process.forms import RefusedError, body_of
from services.notifier.channels.base import PostedUpdates
from services.notifier.domain.messages import Message
from services.notifier.inbound.updates import Updates

SQL = sql.load("services.notifier.inbound", "webhook.sql")

LOG = logger(__name__)
TRY_AGAIN_SECONDS = 2
SETTING_RETRY_SECONDS = 5.0
TIDY_SECONDS = 3600.0


class Webhook:
    """Takes what is posted at one account's door."""

    def __init__(self, posts: PostedUpdates, updates: Updates) -> None:
        self._posts = posts
        self._updates = updates

    def route(self) -> Route:
        """Return the route to add to an application."""
        return Route(self._posts.path, self._receive, methods=["POST"])

    async def _receive(self, request: Request) -> Response:
        if not self._posts.admits(request.headers):
            LOG.warning("a post to the webhook that the messenger did not send")
            return PlainTextResponse("unauthorized\n", 401)
        try:
            body = await body_of(request, self._posts.longest, media_type=None)
            if not self._posts.signed(request.headers, body):
                LOG.warning("a post to the webhook without the messenger's signature")
                return PlainTextResponse("unauthorized\n", 401)
            posted = self._posts.read(body)
        except (ValueError, RefusedError):
            return PlainTextResponse("no update\n", 400)
        shown: list[Message] = []
        try:
            for incoming in posted:
                shown += await self._updates.take_one(incoming)
        except TRANSIENT as error:
            LOG.warning("what was posted must be posted again", error=repr(error))
            return PlainTextResponse("try again\n", 503, {"Retry-After": str(TRY_AGAIN_SECONDS)})
        address = posted[0].address if posted and shown else ""
        media_type, answer = self._posts.answer(address, shown)
        return Response(answer, media_type=media_type)


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
