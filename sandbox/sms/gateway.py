"""The provider's HTTP gateway: a bearer key, JSON both ways, errors with a code; strict in what it takes."""

import asyncio
import contextlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

from runtime.clock import Clock
from sandbox.sms.model import Json, Message, citizen_of
from sandbox.sms.script import Call, Fault, FaultKind, Script
from sandbox.sms.store import Store
from sandbox.sms.world import RefusalError, World

PATH = "/sms/v1/messages"
LARGEST_BODY = 16 * 1024
_FIELDS = frozenset({"to", "from", "text", "unicode", "reference", "report_to"})
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
_BMP = 0xFFFF
_ESCAPED = frozenset("\f^{}\\[~]|€")
# Units of a text in one part, and of each where there are several.
_GSM, _UCS2 = (160, 153), (70, 67)


class GatewayApi:
    """Everything below `/sms/v1/`."""

    def __init__(self, key: str, world: World, store: Store, script: Script, clock: Clock) -> None:
        self._key = key
        self._world = world
        self._store = store
        self._script = script
        self._clock = clock
        self._closing = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.post(PATH, self.handle)]

    def close(self) -> None:
        """Let every reply that is held back go at once."""
        self._closing.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one text."""
        call = self._script.begin(self._clock.now())
        try:
            given = await self._read(request, call)
        except RefusalError as error:
            return _refused(call, error)
        fault = self._script.strike(citizen_of(given["to"]))
        if fault is None:
            return self._answered(call, lambda: self._taken(given))
        call.fault = fault.kind
        return await self._spoiled(request, call, given, fault)

    async def _read(self, request: web.Request, call: Call) -> Json:
        offered = request.headers.get("Authorization", "").encode(errors="replace")
        if not hmac.compare_digest(offered, f"Bearer {self._key}".encode()):
            raise RefusalError(401, "bad_key")
        raw = await request.read()
        if len(raw) > LARGEST_BODY:
            raise RefusalError(413, "too_large")
        try:
            given = json.loads(raw)
        except ValueError:
            raise RefusalError(400, "bad_json") from None
        call.to, call.text, call.unicode, call.reference = (
            (given.get(name) for name in ("to", "text", "unicode", "reference"))
            if isinstance(given, dict)
            else (None,) * 4
        )
        _check(given)
        self._store.door = given["report_to"]
        return dict(given)

    def _taken(self, given: Json, fault: FaultKind | None = None) -> Message:
        """Take a text; a fault may be that something else is told of it afterwards."""
        return self._world.takes(
            given["to"],
            given["from"],
            given["text"],
            _parts(given["text"], unicode=given["unicode"]),
            fails=fault == "failed_later",
            receipts={"lost_receipt": 0, "doubled_receipt": 2}.get(fault or "", 1),
        )

    def _answered(self, call: Call, take: Callable[[], Message]) -> web.Response:
        try:
            message = take()
        except RefusalError as error:
            return _refused(call, error)
        call.http = 201
        return _json({"message": {"id": message.reference, "parts": message.parts}}, 201)

    async def _spoiled(
        self, request: web.Request, call: Call, given: Json, fault: Fault
    ) -> web.StreamResponse:
        if (instead := _instead(request, call, fault)) is not None:
            return instead
        if fault.kind == "slow":
            await self._hold(fault.seconds)
        answer = self._answered(call, lambda: self._taken(given, fault.kind))
        if fault.kind == "hang":
            await self._hold(fault.seconds)
        elif fault.kind == "store_then_drop":
            return _drop(request)
        elif fault.kind == "truncated_json":
            return web.Response(status=201, text='{"messag', content_type="application/json")
        elif fault.kind == "endless":
            return await _endless(request)
        return answer

    async def _hold(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)


def _instead(request: web.Request, call: Call, fault: Fault) -> web.Response | None:
    """Return what a fault answers in place of taking the text; None where it is taken."""
    match fault.kind:
        case "refused":
            return _refused(call, RefusalError(fault.http, fault.code))
        case "throttled":
            answer = _refused(call, RefusalError(429, "too_many"))
            answer.headers["Retry-After"] = f"{fault.seconds:g}"
            return answer
        case "server_error" | "bad_gateway_html":
            call.http = 500 if fault.kind == "server_error" else 502
            return web.Response(status=call.http, text=_BAD_GATEWAY, content_type="text/html")
        case "drop_before_store":
            return _drop(request)
        case _:
            return None


def _check(given: object) -> None:
    if not isinstance(given, dict) or set(given) != _FIELDS:
        raise RefusalError(400, "bad_fields")
    if not all(isinstance(given[name], str) for name in _FIELDS - {"unicode"}):
        raise RefusalError(400, "bad_fields")
    if not isinstance(given["unicode"], bool):
        raise RefusalError(400, "bad_unicode_flag")
    if given["report_to"] and urlsplit(given["report_to"]).hostname not in _HERE:
        raise RefusalError(400, "bad_report_to")
    if not given["unicode"] and any("\u0400" <= letter != "€" for letter in given["text"]):
        raise RefusalError(400, "wrong_unicode_flag")


def _parts(text: str, *, unicode: bool) -> int:
    """Return how many parts a text is billed for, counted on the provider's own."""
    if unicode:
        units, (alone, joined) = len(text) + sum(ord(letter) > _BMP for letter in text), _UCS2
    else:
        units, (alone, joined) = len(text) + sum(letter in _ESCAPED for letter in text), _GSM
    return 1 if units <= alone else -(-units // joined)


def _json(body: Json, status: int) -> web.Response:
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")


def _refused(call: Call, error: RefusalError) -> web.Response:
    call.http = error.http
    return _json({"error": {"code": str(error), "text": "the text was not taken"}}, error.http)


def _drop(request: web.Request) -> web.Response:
    """Close the connection without a word; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(status=201, headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        await response.write(b'{"message": {"id": "')
        for _ in range(160):
            await response.write(b"x" * 65536)
    return response
