"""A server in Viber's place that answers each call as the test says, or breaks off."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Peer:
    """What was asked, and what is answered: by method, the last answer again and again."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    files: dict[str, Answer] = field(default_factory=dict)

    def say(self, method: str, *answers: Answer) -> None:
        """Answer the next calls of a method so."""
        self.answers[method] = list(answers)

    def asked(self, method: str) -> list[dict[str, Any]]:
        """Return the bodies of the calls of a method."""
        return [body for name, body, _ in self.calls if name == method]

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.match_info["method"]
        self.calls.append((method, orjson.loads(await request.read()), dict(request.headers)))
        answers = self.answers[method]
        return await (answers.pop(0) if len(answers) > 1 else answers[0])(request)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for a file."""
        return await self.files[request.match_info["name"]](request)


def status(number: object, http: int = 200, **fields: object) -> Answer:
    """Answer with a status."""
    return body(orjson.dumps({"status": number, "status_message": "why", **fields}), http)


def body(content: bytes, http: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Answer with these bytes."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=http, body=content, headers=headers)

    return answer


async def reset(request: web.Request) -> web.StreamResponse:
    """Take the call and hang up."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def truncated(request: web.Request) -> web.StreamResponse:
    """Answer with less than was announced."""
    response = web.StreamResponse(headers={"Content-Length": "500"})
    await response.prepare(request)
    await response.write(b'{"status": 0')
    assert request.transport is not None
    request.transport.close()
    return response


async def endless(request: web.Request) -> web.StreamResponse:
    """Answer without end."""
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b" " * 65536)
    except ConnectionError:
        return response


@asynccontextmanager
async def viber_peer() -> AsyncIterator[Peer]:
    """Run a peer for the length of the block."""
    peer = Peer()
    app = web.Application()
    app.router.add_post("/pa/{method}", peer.receive)
    app.router.add_get("/media/{name}", peer.file)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield peer
    finally:
        await runner.cleanup()
