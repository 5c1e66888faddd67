"""The routes of the page on a device: worker, manifest, the page without a connection, and subscriptions."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from runtime.process.forms import RefusedError, body_of
from services.notifier.channels.web.push_subscriptions import Subscriptions
from services.notifier.domain.addresses.pushes import LONGEST_SUBSCRIPTION, read_subscription
from services.notifier.domain.preferences import Detail
from services.notifier.page.parts import PageParts, security
from services.notifier.page.views.looks import Looker
from services.notifier.page.views.templates import STATIC_PATH

MEDIA_TYPES: Mapping[str, str] = {
    "push.js": "text/javascript; charset=utf-8",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "icon-maskable.png": "image/png",
    "icon-apple.png": "image/png",
    "badge.png": "image/png",
}
PACKAGE = "services.notifier.page.installing"
PAGE, WORKER, OFFLINE = "/p", "/p/worker.js", "/p/offline"
MANIFEST, PUSH, DETAIL = "/p/manifest.webmanifest", "/p/push", "/p/push/detail"
_DETAILS: Mapping[str, Detail] = {"all": "all", "news": "news"}
_FETCHED_AT_ONCE = ("page.css", "page.js", "push.js", "icon.svg")
_COLOUR, _BACKGROUND = "#0b57a4", "#f3f5f8"


@dataclass(frozen=True)
class PushDoor:
    """How browsers subscribe: for which key, in base64url; `loopback`: also at a service of this machine."""

    subscriptions: Subscriptions
    public_key: str
    loopback: bool


class Installing:
    """The routes; without a `door` the page can be installed, and pushes nothing."""

    def __init__(self, parts: PageParts, door: PushDoor | None) -> None:
        self._parts = parts
        self._door = door
        self._worker = self._written_worker()

    def answered(self) -> Mapping[tuple[str, str], Callable[[Request], Awaitable[Response]]]:
        """Return what answers, by path and method."""
        found = {
            (WORKER, "GET"): self.worker,
            (MANIFEST, "GET"): self.manifest,
            (OFFLINE, "GET"): self.offline,
        }
        if self._door is None:
            return found
        return {
            **found,
            (PUSH, "POST"): self.subscribe,
            (PUSH, "DELETE"): self.unsubscribe,
            (DETAIL, "POST"): self.choose,
        }

    async def worker(self, request: Request) -> Response:  # noqa: ARG002 - it is the same for everybody
        """Hand the service worker over, whose scope is the whole page."""
        headers = {**security(), "Service-Worker-Allowed": self._parts.at(PAGE), "Cache-Control": "no-cache"}
        return Response(self._worker, headers=headers, media_type="text/javascript")

    async def manifest(self, request: Request) -> Response:
        """Say what the page is called on a device, in the language that it was asked in."""
        looker = await self._looker(request)
        speech, page = looker.speech, self._parts.at(PAGE)
        agency = speech.pick(speech.catalogue.agency.name)
        documents = "".join(run.text for run in speech.say("Documents"))
        told = {
            "id": page,
            "name": f"{documents} · {agency}",
            "short_name": documents,
            "lang": speech.language,
            "dir": "ltr",
            "start_url": page,
            "scope": page,
            "display": "standalone",
            "theme_color": _COLOUR,
            "background_color": _BACKGROUND,
            "icons": [
                self._icon("icon-192.png", "192x192", "any"),
                self._icon("icon-512.png", "512x512", "any"),
                self._icon("icon-maskable.png", "512x512", "maskable"),
            ],
        }
        headers = {**security(), "Content-Language": speech.language}
        return Response(orjson.dumps(told), headers=headers, media_type="application/manifest+json")

    async def offline(self, request: Request) -> Response:
        """Show what stands for the page where there is no connection and nothing was kept."""
        return self._parts.html("offline.html", await self._looker(request))

    async def subscribe(self, request: Request) -> Response:
        """Push to this device from now on."""
        door, device = self._required(), await self._device(request)
        body = await body_of(request, LONGEST_SUBSCRIPTION, "application/json")
        try:
            subscription = read_subscription(body, loopback=door.loopback)
        except ValueError:
            raise RefusedError(HTTPStatus.BAD_REQUEST) from None
        if not await door.subscriptions.knows(device, subscription) and not await door.subscriptions.put(
            device, subscription
        ):
            raise RefusedError(HTTPStatus.GONE)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=security())

    async def unsubscribe(self, request: Request) -> Response:
        """Push to this device no more."""
        await self._required().subscriptions.drop(await self._device(request))
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=security())

    async def choose(self, request: Request) -> Response:
        """Note how much may be shown on the devices of this address."""
        visitor, fields = await self._parts.gate.posted(request)
        detail = _DETAILS.get(fields.get("detail", ""))
        if visitor.session is not None and detail is not None:
            await self._required().subscriptions.choose(visitor.session.id, detail)
        return self._parts.goes("/p/settings")

    async def _device(self, request: Request) -> UUID:
        self._parts.gate.only_ours(request)
        visitor = await self._parts.gate.visitor(request)
        if visitor.session is None:
            raise RefusedError(HTTPStatus.FORBIDDEN)
        return visitor.session.device_id

    async def _looker(self, request: Request) -> Looker:
        return await self._parts.looks.looker(request, await self._parts.gate.visitor(request))

    def _required(self) -> PushDoor:
        if self._door is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        return self._door

    def _icon(self, name: str, sizes: str, purpose: str) -> dict[str, str]:
        source = self._parts.templates.asset(name)
        return {"src": source, "sizes": sizes, "type": MEDIA_TYPES[name], "purpose": purpose}

    def _written_worker(self) -> bytes:
        """Return the worker under what it must know, which is another whenever any of it is."""
        code = files(PACKAGE).joinpath("static", "worker.js").read_bytes()
        asset = self._parts.templates.asset
        known = {
            "STATIC": f"{self._parts.at(STATIC_PATH)}/",
            "OFFLINE": self._parts.at(OFFLINE),
            "FILES": [asset(name) for name in _FETCHED_AT_ONCE],
            "ICON": asset("icon-192.png"),
            "BADGE": asset("badge.png"),
        }
        version = hashlib.sha256(code + orjson.dumps(known)).hexdigest()[:16]
        constants = b"".join(
            b"const %b = %b;\n" % (name.encode(), orjson.dumps(value))
            for name, value in {"VERSION": version, **known}.items()
        )
        return constants + code
