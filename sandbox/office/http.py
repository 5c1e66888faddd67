"""The clerk's desk over HTTP, for the page; the key to ingest stays on this side."""

from typing import Annotated
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from sandbox.deeds import UnknownThingError
from sandbox.jsonapi import answer, read
from sandbox.office.desk import Desk
from sandbox.office.model import Application, desk_shown, shown

_RECEIPT = "/phone/api/office/receipts/{receipt_id:[A-Za-z0-9_.-]{1,128}}"
_LANGUAGE = frozenset({"uk", "ru", "en"})
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Needed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class NewApplication(BaseModel):
    """An application as the clerk enters it; without a number the desk makes one."""

    model_config = ConfigDict(extra="forbid")

    document_type: Needed
    holder: Needed
    office: Short = ""
    number: Short = ""


class Stamp(BaseModel):
    """The stage that an application has come to."""

    model_config = ConfigDict(extra="forbid")

    stage: Needed
    office: Short = ""


class OfficeApi:
    """Everything below `/phone/api/office`; `desk` is None where nobody is at it."""

    def __init__(self) -> None:
        self.desk: Desk | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/phone/api/office", self.show),
            web.post("/phone/api/office/applications", self.register),
            web.post("/phone/api/office/applications/{receipt_id}/stamp", self.stamp),
            web.get(f"{_RECEIPT}/{{what:print|qr.png|qr.svg}}", self.printed),
            web.get(f"{_RECEIPT}/open", self.opened),
        ]

    async def show(self, _: web.Request) -> web.Response:
        """Return the desk with its applications, or that there is none."""
        desk = self.desk
        if desk is None:
            return answer({"open": False})
        applications = [shown(desk.catalogue, application) for application in desk.applications]
        return answer({"open": True, **desk_shown(desk.catalogue), "applications": applications})

    async def register(self, request: web.Request) -> web.Response:
        """Register an application."""
        new, desk = await read(request, NewApplication), self._open()
        made = await desk.register(new.document_type, new.holder, new.office, new.number or None)
        return _application(desk, made, status=201)

    async def stamp(self, request: web.Request) -> web.Response:
        """Stamp a stage."""
        order, desk = await read(request, Stamp), self._open()
        return _application(
            desk, await desk.stamp(request.match_info["receipt_id"], order.stage, order.office)
        )

    async def printed(self, request: web.Request) -> web.Response:
        """Return a receipt's page or QR code as ingest prints it."""
        language = request.query.get("language")
        query = {"language": language} if language in _LANGUAGE else {}
        where = request.match_info["receipt_id"], request.match_info["what"]
        printed = await self._open().ingest.printed(*where, query)
        return web.Response(body=printed.body, headers=printed.headers)

    async def opened(self, request: web.Request) -> web.Response:
        """Lead to what a receipt's QR code holds, as a camera does."""
        link = await self._open().ingest.link(request.match_info["receipt_id"])
        if urlsplit(link).scheme not in ("http", "https"):
            raise UnknownThingError("the code holds no page")
        return web.Response(status=303, headers={"Location": link, "Referrer-Policy": "no-referrer"})

    def _open(self) -> Desk:
        if self.desk is None:
            raise UnknownThingError("there is no office here")
        return self.desk


def _application(desk: Desk, application: Application, status: int = 200) -> web.Response:
    return answer(shown(desk.catalogue, application), status=status)
