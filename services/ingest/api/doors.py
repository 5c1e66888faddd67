"""The whole application: events take the short way, all else goes through the framework.

What the framework answers gets a place only once its body is there, as events do.
"""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.ingest.events.endpoint import PATH
from services.ingest.keys.gate import Gate
from services.ingest.web.json_bodies import MAX_BODY
from services.ingest.web.places import Places
from services.ingest.web.problems import ProblemError, render
from services.ingest.web.request_body import Upload, too_large


class Doors:
    """An ASGI application made of two."""

    def __init__(self, events: ASGIApp, others: ASGIApp, gate: Gate, places: Places) -> None:
        self._events = events
        self._others = others
        self._gate = gate
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._others(scope, receive, send)
        elif scope["path"] == PATH and scope["method"] == "POST":
            await self._events(scope, receive, send)
        else:
            try:
                await self._placed(scope, receive, send)
            except ClientDisconnect:
                return
            except ProblemError as problem:
                await render(problem)(scope, receive, send)

    async def _placed(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"][::-1]}
        key = await self._gate.find(headers.get("authorization"))
        if key is None:
            await self._others(scope, receive, send)
            return
        if scope["method"] == "GET":
            with self._places.work.hold(key.key_id):
                await self._others(scope, receive, send)
            return
        with await self._places.for_body(key.key_id):
            there = await _read(scope, receive)
        with self._places.work.hold(key.key_id):
            await self._others(scope, there, send)


async def _read(scope: Scope, receive: Receive) -> Receive:
    """Return what hands out the whole body at once; ProblemError 413, ClientDisconnect."""
    upload, body, more = Upload(scope, receive), bytearray(), True
    while more:
        part, more = await upload.part()
        body += part
        if len(body) > MAX_BODY:
            raise too_large(MAX_BODY)
    parts: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def handed() -> Message:
        return parts.pop() if parts else await receive()

    return handed
