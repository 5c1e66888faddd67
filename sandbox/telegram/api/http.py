"""The Bot API over HTTP: token, parameters, the script's faults, the method, the envelope."""

import asyncio
import contextlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from runtime.clock import Clock
from sandbox.telegram.api.methods import Method
from sandbox.telegram.api.params import Params, read_params
from sandbox.telegram.script import Call, Fault, FaultKind, Script
from sandbox.telegram.world import errors
from sandbox.telegram.world.errors import ApiError
from sandbox.telegram.world.files import Files
from sandbox.telegram.world.limits import Limits
from sandbox.telegram.world.wire import migrated_id, original_id

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,64}")
_PLAIN_REFUSALS: Mapping[FaultKind, Callable[[], ApiError]] = {
    "blocked": errors.blocked,
    "deactivated": errors.deactivated,
    "chat_not_found": errors.chat_not_found,
    "too_long": errors.too_long,
    "unauthorized": errors.unauthorized,
    "server_error": errors.server_error,
}
_SENDING = frozenset({"sendmessage", "senddocument"})
_BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An envelope and its HTTP status."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def response(self) -> web.Response:
        """Return it as a response."""
        return web.Response(
            status=self.status, body=self.body, headers=self.headers, content_type="application/json"
        )


def success(result: Any) -> Reply:  # noqa: ANN401  # whatever a method returns
    """Return the envelope of a result."""
    return Reply(200, json.dumps({"ok": True, "result": result}).encode(), {})


def refusal(error: ApiError) -> Reply:
    """Return the envelope of an error; a 429 says in its header, too, how long to wait."""
    envelope: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        envelope["parameters"] = error.parameters
    wait = error.parameters.get("retry_after")
    return Reply(
        error.code, json.dumps(envelope).encode(), {} if wait is None else {"Retry-After": str(wait)}
    )


class BotApi:
    """Everything below `/bot<token>/`."""

    def __init__(
        self,
        token: str,
        methods: Mapping[str, Method],
        files: Files,
        script: Script,
        *,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._token = token
        self._methods = methods
        self._files = files
        self._script = script
        self._limits = limits
        self._clock = clock
        self._closing = asyncio.Event()

    def routes(self, token: str | None = None) -> list[web.RouteDef]:
        """Return the routes to add to an application: for what comes under a token, or under any."""
        under = "{token:" + ("[^/]+" if token is None else re.escape(token)) + "}"
        path = f"/bot{under}/{{method:[^/]*}}"
        download = web.get(f"/file/bot{under}/{{path:.+}}", self.download)
        return [web.get(path, self.handle), web.post(path, self.handle), download]

    def close(self) -> None:
        """Let every reply that is held back go at once."""
        self._closing.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        method = request.match_info["method"]
        try:
            params = await read_params(request)
            chat_id, parse_mode = params.chat_id_if_any, bool(params.text("parse_mode"))
            text = params.text("text") if "text" in params else None
        except ApiError as error:
            call = self._script.begin(method, None, None, self._clock.now())
            return self._end(call, refusal(error)).response()
        call = self._script.begin(method, chat_id, text, self._clock.now())
        denied = self._check(request.match_info["token"])
        if denied is not None:
            return self._end(call, refusal(denied)).response()
        fault = self._script.strike(method, chat_id, parse_mode=parse_mode)
        if fault is None:
            return (await self._run(call, params)).response()
        call.fault = fault.kind
        return await self._spoiled(request, call, params, fault)

    async def download(self, request: web.Request) -> web.Response:
        """Hand out a file that `getFile` named."""
        denied = self._check(request.match_info["token"])
        file = None if denied else self._files.at(request.match_info["path"])
        if file is None:
            return refusal(denied or errors.not_found()).response()
        return web.Response(body=file.data, content_type="application/octet-stream")

    def _check(self, token: str) -> ApiError | None:
        if hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        return errors.not_found() if _TOKEN.fullmatch(token) is None else errors.unauthorized()

    async def _run(self, call: Call, params: Params) -> Reply:
        method = self._methods.get(call.method.lower())
        try:
            if method is None:
                raise errors.no_method()
            result = await method(params)
        except ApiError as error:
            return self._end(call, refusal(error))
        if call.method.lower() in _SENDING:
            call.stored_message_id = result["message_id"]
        return self._end(call, success(result))

    def _end(self, call: Call, reply: Reply) -> Reply:
        call.status = reply.status
        return reply

    async def _spoiled(
        self, request: web.Request, call: Call, params: Params, fault: Fault
    ) -> web.StreamResponse:
        refused = self._refused(fault, call.chat_id or 0)
        if refused is not None:
            return self._end(call, refusal(refused)).response()
        if fault.kind == "bad_gateway_html":
            call.status = 502
            return web.Response(status=502, text=_BAD_GATEWAY, content_type="text/html")
        if fault.kind == "drop_before_store":
            return _drop(request)
        if fault.kind == "slow":
            await self._hold(fault.seconds)
        reply = await self._run(call, params)
        if fault.kind == "hang":
            await self._hold(fault.seconds)
        elif fault.kind == "truncated_json":
            reply = Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)
        elif fault.kind == "store_then_drop":
            call.status = None
            return _drop(request)
        return reply.response()

    def _refused(self, fault: Fault, chat_id: int) -> ApiError | None:
        now = self._clock.monotonic()
        match fault.kind:
            case "throttle_chat":
                self._limits.pause_chat(original_id(chat_id), fault.retry_after, now)
                return errors.too_many_requests(fault.retry_after)
            case "throttle_bot":
                self._limits.pause_bot(fault.retry_after, now)
                return errors.too_many_requests(fault.retry_after)
            case "migrate":
                return errors.migrated(migrated_id(chat_id))
            case "cant_parse":
                return errors.cant_parse('Unsupported start tag "x" at byte offset 0')
            case kind:
                plain = _PLAIN_REFUSALS.get(kind)
                return None if plain is None else plain()

    async def _hold(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)


def _drop(request: web.Request) -> web.Response:
    """Close the connection without a word; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
