"""The webhook: verified before it is set, and the one who posts signed callbacks to it until it answers 200.

Callbacks of one account go out in order, those of many at once; what is not taken within an hour is dropped.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from runtime.clock import Clock
from sandbox.viber.api import checks
from sandbox.viber.api.content import read_content
from sandbox.viber.api.methods import ALL_EVENTS, Asked, Method
from sandbox.viber.world.callbacks import Callbacks
from sandbox.viber.world.errors import RefusalError, bad_data, missing
from sandbox.viber.world.model import BotChanged, Callback, Event, Json, Webhook
from sandbox.viber.world.retries import RetrySettings
from sandbox.viber.world.store import Store
from sandbox.viber.world.wire import event_json
from sandbox.viber.world.world import World

SIGNATURE = "X-Viber-Content-Signature"
MOST_AT_ONCE = 100
LONGEST_WELCOME = 30 * 1024
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_OK = 200


def signature(token: str, body: bytes) -> str:
    """Return what the header of a callback says: hexadecimal HMAC-SHA256 of the body, keyed by the token."""
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


class Webhooks:
    """Sets the webhook and delivers what waits while one is set."""

    def __init__(
        self,
        token: str,
        world: World,
        store: Store,
        callbacks: Callbacks,
        *,
        clock: Clock,
        publish: Callable[[Event], None],
        retries: RetrySettings,
    ) -> None:
        self._token = token
        self._world = world
        self._store = store
        self._callbacks = callbacks
        self._clock = clock
        self._publish = publish
        self._retries = retries
        self._changed = asyncio.Event()
        self._busy: set[str] = set()
        self._session: aiohttp.ClientSession | None = None
        self.origin: str | None = None
        callbacks.on_added = self._changed.set

    def table(self) -> dict[str, Method]:
        """Return the method by its name."""
        return {"set_webhook": self.set_webhook}

    async def set_webhook(self, asked: Asked) -> Json:
        """Call the address first, and set it where it answers 200; an empty one takes the webhook away."""
        url = asked.params.get("url")
        if url is None:
            raise missing("url")
        if url == "":
            self._store.webhook = None
            self._callbacks.drop_all()
            self._publish(BotChanged(there=False))
            return {"event_types": []}
        if not isinstance(url, str) or not _is_allowed(url):
            raise RefusalError(1)
        hook = Webhook(
            url,
            _events(asked.params.get("event_types")),
            send_name=asked.params.get("send_name") is True,
            send_photo=asked.params.get("send_photo") is True,
        )
        body = event_json("webhook", self._clock.now(), self._world.chats.tokens.new())
        status, _ = await self._post(url, body)
        if status != _OK:
            raise RefusalError(1, f"invalidUrl: the webhook answered {status or 'nothing'}")
        self.origin = asked.origin
        self._store.webhook = hook
        self._publish(BotChanged(there=True))
        self._changed.set()
        return {"event_types": list(ALL_EVENTS if hook.events is None else hook.events)}

    async def run(self) -> None:
        """Deliver until cancelled."""
        within = aiohttp.ClientTimeout(total=self._retries.answer_within)
        async with aiohttp.ClientSession(timeout=within) as self._session, asyncio.TaskGroup() as workers:
            self._changed.set()
            while True:
                await self._changed.wait()
                self._changed.clear()
                if self._store.webhook is not None:
                    for queue in self._idle_queues():
                        self._busy.add(queue)
                        workers.create_task(self._work(queue))

    def _idle_queues(self) -> list[str]:
        idle = [queue for queue in self._callbacks.queues() if queue not in self._busy]
        return idle[: max(0, MOST_AT_ONCE - len(self._busy))]

    async def _work(self, queue: str) -> None:
        try:
            while (callback := self._callbacks.head(queue)) is not None:
                hook = self._store.webhook
                if hook is None:
                    return
                await self._attempt(hook, callback)
        finally:
            self._busy.discard(queue)
            self._changed.set()

    async def _attempt(self, hook: Webhook, callback: Callback) -> None:
        wait = (callback.after - self._clock.now()).total_seconds()
        if wait > 0:
            await self._clock.sleep(wait)
        status, answer = await self._post(hook.url, callback.body)
        callback.attempts.append(status)
        if callback.end is not None:
            return
        now = self._clock.now()
        if status == _OK:
            self._callbacks.end(callback, "done")
            if callback.event == "conversation_started" and answer.strip():
                self._welcome(callback, answer)
        elif (now - callback.at).total_seconds() >= self._retries.for_seconds:
            self._callbacks.end(callback, "expired")
        else:
            callback.after = now + timedelta(seconds=self._retries.delay(len(callback.attempts)))

    def _welcome(self, callback: Callback, answer: bytes) -> None:
        try:
            given = json.loads(answer)
            if not isinstance(given, dict):
                raise bad_data("a welcome message is an object")
            content = read_content(given).content
        except (ValueError, RefusalError) as error:
            callback.note = f"no welcome message: {error}"
            return
        self._world.welcomes(callback.citizen_id, callback.body["message_token"], content)

    async def _post(self, url: str, body: Json) -> tuple[int | None, bytes]:
        if self._session is None:
            return None, b""
        raw = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", SIGNATURE: signature(self._token, raw)}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._session.post(url, data=raw, headers=headers, allow_redirects=False) as response:
                return response.status, await _start_of(response)
        return None, b""


async def _start_of(response: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for piece in response.content.iter_chunked(LONGEST_WELCOME):
        read += piece
        if len(read) > LONGEST_WELCOME:
            break
    return bytes(read)


def _events(given: Any) -> tuple[str, ...] | None:  # noqa: ANN401  # any JSON value
    if given is None:
        return None
    known = (*ALL_EVENTS, "message")
    if not isinstance(given, list) or any(one not in known for one in given):
        raise bad_data("event_types: an array of event names")
    return tuple(dict.fromkeys(given))


def _is_allowed(url: str) -> bool:
    if checks.address(url) is not None:
        return False
    parts = urlsplit(url)
    # A simulator's bot lives on this machine, on any port and without a certificate.
    return parts.scheme == "https" or parts.hostname in _HERE
