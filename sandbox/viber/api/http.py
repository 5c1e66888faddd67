"""The REST API over HTTP: token, parameters, the script's faults, the method, the envelope."""

import asyncio
import contextlib
import hmac
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from runtime.clock import Clock
from sandbox.viber.api.methods import Asked, Method
from sandbox.viber.script import Call, Fault, Script
from sandbox.viber.world.accounts import Accounts
from sandbox.viber.world.errors import RefusalError, bad_data
from sandbox.viber.world.model import Json
from sandbox.viber.world.store import Store
from sandbox.viber.world.wire import HOST

TOKEN_HEADER = "X-Viber-Auth-Token"  # noqa: S105  # a header's name
LARGEST_BODY = 30 * 1024
MISSING_TOKEN = "missing_auth_token"  # noqa: S105  # what the real service says
_BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
# A file may be anything, so it may do nothing.
_INERT = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
# SO_LINGER on, with no time to linger: closing sends a reset.
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Reply:
    """An envelope; its HTTP status is 200 whatever it says."""

    status: int
    body: bytes

    def response(self) -> web.Response:
        """Return it as a response."""
        return web.Response(body=self.body, content_type="application/json")


def envelope(status: int, message: str, result: Mapping[str, Any]) -> Reply:
    """Return an answer as the API writes it."""
    said = {"status": status, "status_message": message, **result, "chat_hostname": HOST}
    return Reply(status, json.dumps(said, ensure_ascii=False).encode())


class ViberApi:
    """Everything below `/viber/pa/`, and the files that citizens sent below `/viber/media/`."""

    def __init__(
        self,
        token: str,
        methods: Mapping[str, Method],
        accounts: Accounts,
        *,
        store: Store,
        script: Script,
        clock: Clock,
    ) -> None:
        self._token = token
        self._methods = methods
        self._accounts = accounts
        self._store = store
        self._script = script
        self._clock = clock
        self._closing = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.post("/viber/pa/{method:[^/]+}", self.handle),
            web.get("/viber/media/{name}", self.download),
        ]

    def close(self) -> None:
        """Let every reply that is held back go at once."""
        self._closing.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        method = self._methods.get(request.match_info["method"])
        if method is None:
            raise web.HTTPNotFound
        call = self._script.begin(request.match_info["method"], self._clock.now())
        try:
            params = await _read(request)
            self._check_token(request, params)
        except RefusalError as error:
            return self._end(call, _refusal(error)).response()
        self._note(call, params)
        fault = self._script.strike(call.method, call.citizen_id)
        fails = fault is not None and fault.kind == "failed_later"
        asked = Asked(params, call, f"{request.scheme}://{request.host}", fails=fails)
        if fault is None:
            return (await self._run(method, asked)).response()
        call.fault = fault.kind
        return await self._spoiled(request, method, asked, fault)

    async def download(self, request: web.Request) -> web.Response:
        """Hand out a file that a citizen sent, to whoever knows its name."""
        file = self._store.file(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.data, content_type=file.mime, headers=_INERT)

    def _check_token(self, request: web.Request, params: Json) -> None:
        given = request.headers.get(TOKEN_HEADER) or params.get("auth_token")
        if not given:
            raise RefusalError(2, MISSING_TOKEN)
        if not isinstance(given, str) or not hmac.compare_digest(
            given.encode(errors="replace"), self._token.encode()
        ):
            raise RefusalError(2)

    def _note(self, call: Call, params: Json) -> None:
        receiver, text = params.get("receiver"), params.get("text")
        if isinstance(receiver, str):
            call.receiver = receiver
            account = self._accounts.known_as(receiver)
            call.citizen_id = None if account is None else account.citizen_id
        if isinstance(text, str):
            call.text = text

    async def _run(self, method: Method, asked: Asked) -> Reply:
        try:
            result = await method(asked)
        except RefusalError as error:
            return self._end(asked.call, _refusal(error))
        return self._end(asked.call, envelope(0, "ok", result))

    def _end(self, call: Call, reply: Reply) -> Reply:
        call.status, call.http = reply.status, 200
        return reply

    async def _spoiled(
        self, request: web.Request, method: Method, asked: Asked, fault: Fault
    ) -> web.StreamResponse:
        instead = self._instead(request, asked.call, fault)
        if instead is not None:
            return instead
        if fault.kind == "slow":
            await self._hold(fault.seconds)
        reply = await self._run(method, asked)
        if fault.kind == "hang":
            await self._hold(fault.seconds)
        elif fault.kind == "truncated_json":
            reply = Reply(reply.status, reply.body[: len(reply.body) // 2])
        elif fault.kind == "stored_server_error":
            return _broken(asked.call, 500)
        elif fault.kind == "store_then_drop":
            asked.call.status = asked.call.http = None
            return _drop(request)
        return reply.response()

    def _instead(self, request: web.Request, call: Call, fault: Fault) -> web.Response | None:
        """Return what a fault answers in place of the method, None where the method runs."""
        match fault.kind:
            case "status":
                return self._end(call, _refusal(RefusalError(fault.status))).response()
            case "server_error":
                return _broken(call, 500)
            case "bad_gateway_html":
                return _broken(call, 502)
            case "drop_before_store" | "reset":
                return _drop(request, reset=fault.kind == "reset")
            case _:
                return None

    async def _hold(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)


async def _read(request: web.Request) -> Json:
    if request.content_length is not None and request.content_length > LARGEST_BODY:
        raise bad_data("Request size exceeded")
    raw = await request.read()
    if len(raw) > LARGEST_BODY:
        raise bad_data("Request size exceeded")
    if not raw:
        return {}
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError):
        raise bad_data("badData: the request is not JSON") from None
    if not isinstance(given, dict):
        raise bad_data("badData: the request is not an object")
    return given


def _refusal(error: RefusalError) -> Reply:
    return envelope(error.status, str(error), {})


def _broken(call: Call, http: int) -> web.Response:
    call.status, call.http = None, http
    return web.Response(status=http, text=_BAD_GATEWAY, content_type="text/html")


def _drop(request: web.Request, *, reset: bool = False) -> web.Response:
    """Close the connection without a word; what is returned reaches nobody."""
    transport = request.transport
    if transport is not None:
        if reset:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            transport.abort()
        transport.close()
    return web.Response()
