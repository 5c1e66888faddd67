"""The phone's JSON API beyond texts: photos, files, stickers, voices, contacts, places, and later edits."""

import asyncio
from typing import Annotated, Literal, assert_never

from aiohttp import web
from pydantic import Field, StringConstraints, TypeAdapter

from sandbox.deeds import UnknownThingError
from sandbox.jsonapi import BadBodyError, answer, read, read_as
from sandbox.phone.api import CITIZEN, Body, Text
from sandbox.phone.render import message_json
from sandbox.pictures import sizes
from sandbox.telegram.api import attachments
from sandbox.telegram.world.files import Files
from sandbox.telegram.world.model import Attachment
from sandbox.telegram.world.world import World

_SHOWN_IN_PAGE = frozenset({"image/jpeg", "image/png", "text/html", "text/plain", "application/json"})
# A file may be anything, so it may do nothing: a page of its own without scripts and without an origin.
_INERT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
}
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class Sticker(Body):
    """A sticker that stands for an emoji."""

    kind: Literal["sticker"]
    emoji: Short = "👍"


class Voice(Body):
    """A voice message of so many seconds."""

    kind: Literal["voice"]
    seconds: Annotated[int, Field(ge=1, le=3600)] = 3


class Contact(Body):
    """One's own number (`name` unset) or somebody else's, perhaps forwarded from another chat."""

    kind: Literal["contact"]
    phone_number: Short
    name: Short | None = None
    forwarded_from: Short | None = None


class Location(Body):
    """A place in degrees."""

    kind: Literal["location"]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


Thing = Annotated[Sticker | Voice | Contact | Location, Field(discriminator="kind")]
_THING = TypeAdapter[Sticker | Voice | Contact | Location](Thing)


class AttachingApi:
    """What citizens send besides texts."""

    def __init__(self, world: World, files: Files) -> None:
        self._world = world
        self._files = files

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.post(f"{CITIZEN}/photo", self.sends_photo),
            web.post(f"{CITIZEN}/document", self.sends_document),
            web.post(f"{CITIZEN}/attachment", self.shares),
            web.post(f"{CITIZEN}/messages/{{message_id:[0-9]{{1,18}}}}/edit", self.edits),
            web.get("/phone/api/files/{file_id}", self.file),
        ]

    async def sends_photo(self, request: web.Request) -> web.Response:
        """Let a citizen send the picture in the body; `?caption=` goes with it."""
        pictures = await asyncio.to_thread(sizes, await request.read())
        return self._shared(request, attachments.photo_of(self._files, pictures))

    async def sends_document(self, request: web.Request) -> web.Response:
        """Let a citizen send the body as a file; `?name=` and `?caption=` go with it."""
        data = await request.read()
        if not data:
            raise BadBodyError("the file is empty")
        name = request.query.get("name", "file")[:255]
        file = self._files.keep("documents", name, request.content_type, data)
        return self._shared(request, attachments.document_of(file))

    async def shares(self, request: web.Request) -> web.Response:
        """Let a citizen send a sticker, a voice message, a contact or a place."""
        thing = await read_as(request, _THING)
        return self._shared(request, self._attachment(thing, _number(request, "citizen_id")))

    def _attachment(self, thing: Sticker | Voice | Contact | Location, citizen_id: int) -> Attachment:
        match thing:
            case Sticker():
                return attachments.sticker_of(self._files, thing.emoji)
            case Voice():
                return attachments.voice_of(self._files, thing.seconds)
            case Contact(name=None):
                return attachments.own_contact(self._world.citizen(citizen_id), thing.phone_number)
            case Contact():
                return attachments.contact_of(thing.phone_number, str(thing.name), thing.forwarded_from)
            case Location():
                return attachments.location_of(thing.latitude, thing.longitude)
            case _:
                assert_never(thing)

    def _shared(self, request: web.Request, attachment: Attachment) -> web.Response:
        caption = request.query.get("caption", "")
        message = self._world.shares(_number(request, "citizen_id"), attachment, caption)
        return answer(message_json(message), status=201)

    async def edits(self, request: web.Request) -> web.Response:
        """Let a citizen change what they wrote."""
        text = (await read(request, Text)).text
        where = _number(request, "citizen_id"), _number(request, "message_id")
        return answer(message_json(self._world.edits(*where, text)))

    async def file(self, request: web.Request) -> web.Response:
        """Hand out a file of a chat to be looked at or saved."""
        file = self._files.find(request.match_info["file_id"])
        if file is None:
            raise UnknownThingError("there is no such file")
        response = web.Response(body=file.data, headers=_INERT)
        response.content_type = file.mime
        if file.mime.startswith("text/"):
            response.charset = "utf-8"
        if file.mime not in _SHOWN_IN_PAGE:
            response.headers["Content-Disposition"] = "attachment"
        return response


def _number(request: web.Request, name: str) -> int:
    return int(request.match_info[name])
