"""The push service's HTTP: strict about what RFC 8030, 8188, 8291 and 8292 ask for, and faults as laid."""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from sandbox.listener import served
from sandbox.push.autopush import Autopush
from sandbox.push.sender import NoSenderError, sender_of
from sandbox.push.service import LONGEST_LIFE, Fault, Push, PushWorld, Subscription

LONGEST_BODY = 4096
_TTL = re.compile(r"[0-9]{1,9}")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_URGENCIES = ("very-low", "low", "normal", "high")


class _RefusedError(Exception):
    """A post is answered by this status; the message says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class PushHttp:
    """The routes of a push service."""

    def __init__(self, world: PushWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.post("/push/{id}", self._push)]

    async def _push(self, request: web.Request) -> web.StreamResponse:
        self._world.requests += 1
        if self._world.faults:
            return await _misbehave(request, self._world.faults.popleft())
        try:
            subscription = self._subscription(request.match_info["id"])
            body = await _at_most(request, LONGEST_BODY)
            return self._taken(subscription, _read(request, self._sender(request, subscription), body))
        except _RefusedError as error:
            return web.Response(status=error.status, text=str(error))

    def _subscription(self, identity: str) -> Subscription:
        found = self._world.subscriptions.get(identity)
        if found is None:
            raise _RefusedError(404, "there is no such subscription")
        if found.gone:
            raise _RefusedError(410, "there is no such subscription any more")
        return found

    def _sender(self, request: web.Request, subscription: Subscription) -> bytes:
        try:
            sender = sender_of(request.headers.get("Authorization", ""), self._world.origin, time.time())
        except NoSenderError as error:
            raise _RefusedError(401, str(error)) from None
        if sender != subscription.application_key:
            raise _RefusedError(403, "not the server that this is for")
        return sender

    def _taken(self, subscription: Subscription, push: Push) -> web.Response:
        self._world.accepted += 1
        subscription.arrive(push)
        headers = {"Location": f"{self._world.origin}/message/{push.id}", "TTL": str(push.ttl)}
        return web.Response(status=201, headers=headers)


def _read(request: web.Request, sender: bytes, body: bytes) -> Push:
    ttl = request.headers.get("TTL", "")
    if _TTL.fullmatch(ttl) is None:
        raise _RefusedError(400, "TTL: seconds are needed")
    urgency = request.headers.get("Urgency", "normal")
    if urgency not in _URGENCIES:
        raise _RefusedError(400, "Urgency: very-low, low, normal or high")
    topic = request.headers.get("Topic")
    if topic is not None and _TOPIC.fullmatch(topic) is None:
        raise _RefusedError(400, "Topic: at most 32 of the alphabet of base64url")
    if body and request.headers.get("Content-Encoding") != "aes128gcm":
        raise _RefusedError(400, "Content-Encoding: aes128gcm")
    kept = min(int(ttl), LONGEST_LIFE)
    return Push(secrets.token_urlsafe(16), kept, urgency, topic, sender, body, time.monotonic() + kept)


async def _at_most(request: web.Request, most: int) -> bytes:
    body = bytearray()
    while chunk := await request.content.read(most + 1 - len(body)):
        body += chunk
        if len(body) > most:
            raise _RefusedError(413, f"more than {most} bytes")
    return bytes(body)


async def _misbehave(request: web.Request, fault: Fault) -> web.StreamResponse:
    transport = request.transport
    if fault.kind == "status" or transport is None:
        return web.Response(status=fault.status, headers=fault.headers)
    if fault.kind == "drop":
        transport.abort()
    elif fault.kind == "hang":
        await asyncio.Event().wait()
    else:
        begun, more = _ENDLESS[fault.kind]
        transport.write(b"HTTP/1.1 201 Created\r\n" + begun)
        while more and not transport.is_closing():
            transport.write(more)
            await asyncio.sleep(0.01)
    return web.Response()


_ENDLESS = {
    "huge_head": (b"X: " + b"x" * 10_000_000 + b"\r\n\r\n", b""),
    "endless_head": (b"", b"X-More: x\r\n"),
    "endless_body": (b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n"),
}


@asynccontextmanager
async def run_push(world: PushWorld | None = None, port: int = 0) -> AsyncIterator[PushWorld]:
    """Serve a push service on loopback for the length of the block; `origin` says where."""
    world = world or PushWorld()
    application = web.Application()
    application.router.add_routes([*PushHttp(world).routes(), *Autopush(world).routes()])
    async with served(application, "127.0.0.1", port, 0.5) as found:
        world.origin = f"http://127.0.0.1:{found}"
        yield world
