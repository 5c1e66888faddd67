"""The JSON API of the Viber app: what a citizen sees and does there."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field, StringConstraints, TypeAdapter

from sandbox.jsonapi import BadBodyError, answer, read, read_as
from sandbox.phone.api import Block, Body, Link, Tap, Text
from sandbox.phone.viber.render import account_json, bot_json, message_json
from sandbox.pictures import sizes
from sandbox.viber.media import Media
from sandbox.viber.world.model import Account, Json, Message
from sandbox.viber.world.store import Store
from sandbox.viber.world.world import World

CITIZEN = "/phone/api/viber/citizens/{citizen_id:[0-9]{1,18}}"
_LONGEST_NUMBER = 18
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class Device(Body):
    """What may be changed about a citizen's phone; what is left out stays as it is."""

    registered: bool | None = None
    online: bool | None = None
    devices: Annotated[int, Field(ge=0, le=5)] | None = None
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = None
    api_version: Annotated[int, Field(ge=1, le=10)] | None = None


class Contact(Body):
    """A contact."""

    kind: Literal["contact"]
    phone_number: Short
    name: Short = "Contact"

    def said(self) -> Json:
        """Return it as a message."""
        return {"type": "contact", "contact": {"name": self.name, "phone_number": self.phone_number}}


class Location(Body):
    """A place in degrees."""

    kind: Literal["location"]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]

    def said(self) -> Json:
        """Return it as a message."""
        return {"type": "location", "location": {"lat": self.latitude, "lon": self.longitude}}


class Sticker(Body):
    """A sticker by its number."""

    kind: Literal["sticker"]
    sticker_id: Annotated[int, Field(ge=0, lt=2**31)] = 46105

    def said(self) -> Json:
        """Return it as a message."""
        return {"type": "sticker", "sticker_id": self.sticker_id}


class Address(Body):
    """A link that the app sends as one."""

    kind: Literal["url"]
    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]

    def said(self) -> Json:
        """Return it as a message."""
        return {"type": "url", "media": self.url}


Thing = Annotated[Contact | Location | Sticker | Address, Field(discriminator="kind")]
_THING = TypeAdapter[Contact | Location | Sticker | Address](Thing)


class ViberPhoneApi:
    """Everything below `/phone/api/viber/`."""

    def __init__(
        self, world: World, store: Store, media: Media, scanned: Callable[[int, str], object]
    ) -> None:
        """Take what it needs; `scanned` is told which link a citizen opened."""
        self._world = world
        self._store = store
        self._media = media
        self._scanned = scanned

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/phone/api/viber/state", self.state),
            web.get(CITIZEN, self.account),
            web.get(f"{CITIZEN}/messages", self.messages),
            web.post(f"{CITIZEN}/messages", self.says),
            web.post(f"{CITIZEN}/press", self.presses),
            web.post(f"{CITIZEN}/open", self.opens),
            web.post(f"{CITIZEN}/subscribe", self.subscribes),
            web.post(f"{CITIZEN}/block", self.blocks),
            web.post(f"{CITIZEN}/read", self.reads),
            web.post(f"{CITIZEN}/photo", self.sends_photo),
            web.post(f"{CITIZEN}/document", self.sends_document),
            web.post(f"{CITIZEN}/attachment", self.shares),
            web.post(f"{CITIZEN}/device", self.changes),
        ]

    async def state(self, _: web.Request) -> web.Response:
        """Return the bot and every account that anything was done with."""
        bot = bot_json(self._world.accounts.bot, there=self._store.webhook is not None)
        return answer({"bot": bot, "accounts": [self._account_json(one) for one in self._world.accounts]})

    async def account(self, request: web.Request) -> web.Response:
        """Return a citizen's account."""
        return self._shown(self._world.accounts.of(_citizen_id(request)))

    async def messages(self, request: web.Request) -> web.Response:
        """Return a chat, oldest first."""
        after = request.query.get("after", "0")
        if not after.isdecimal() or len(after) > _LONGEST_NUMBER:
            raise BadBodyError("after: a message id")
        account = self._world.accounts.of(_citizen_id(request))
        messages = self._world.chats.shown(account.citizen_id, int(after))
        return answer({"messages": [message_json(message) for message in messages]})

    async def says(self, request: web.Request) -> web.Response:
        """Let a citizen write."""
        text = (await read(request, Text)).text
        return _sent(self._world.says(_citizen_id(request), text))

    async def presses(self, request: web.Request) -> web.Response:
        """Let a citizen press a button, by its ActionBody."""
        tap = await read(request, Tap)
        return _sent(self._world.presses(_citizen_id(request), tap.message_id, tap.data))

    async def opens(self, request: web.Request) -> web.Response:
        """Let a citizen open a deep link."""
        citizen_id, link = _citizen_id(request), (await read(request, Link)).link
        account = self._world.opens(citizen_id, link)
        self._scanned(citizen_id, link.strip())
        return self._shown(account)

    async def subscribes(self, request: web.Request) -> web.Response:
        """Let a citizen ask for messages."""
        return self._shown(self._world.subscribes(_citizen_id(request)))

    async def blocks(self, request: web.Request) -> web.Response:
        """Let a citizen turn messages off, or on again."""
        blocked = (await read(request, Block)).blocked
        deed = self._world.blocks if blocked else self._world.subscribes
        return self._shown(deed(_citizen_id(request)))

    async def reads(self, request: web.Request) -> web.Response:
        """Let a citizen look at the chat."""
        return self._shown(self._world.reads(_citizen_id(request)))

    async def sends_photo(self, request: web.Request) -> web.Response:
        """Let a citizen send the picture in the body; `?caption=` goes with it."""
        pictures = await asyncio.to_thread(sizes, await request.read())
        caption = request.query.get("caption", "")
        body = self._media.picture(pictures[-1].data, pictures[0].data, caption, _origin(request))
        return _sent(self._world.sends(_citizen_id(request), body))

    async def sends_document(self, request: web.Request) -> web.Response:
        """Let a citizen send the body as a file; `?name=` is what it is called."""
        data = await request.read()
        if not data:
            raise BadBodyError("the file is empty")
        name = request.query.get("name", "file")[:255]
        body = self._media.file(name, request.content_type, data, _origin(request))
        return _sent(self._world.sends(_citizen_id(request), body))

    async def shares(self, request: web.Request) -> web.Response:
        """Let a citizen send a contact, a place, a sticker or a link."""
        thing = await read_as(request, _THING)
        return _sent(self._world.sends(_citizen_id(request), thing.said()))

    async def changes(self, request: web.Request) -> web.Response:
        """Change a citizen's phone: registered, online, devices, country, api_version."""
        device = await read(request, Device)
        changed = device.model_dump(exclude_none=True)
        return self._shown(self._world.changes(_citizen_id(request), **changed))

    def _shown(self, account: Account) -> web.Response:
        return answer(self._account_json(account))

    def _account_json(self, account: Account) -> Json:
        return account_json(account, self._world.chats)


def _sent(message: Message) -> web.Response:
    return answer(message_json(message), status=201)


def _citizen_id(request: web.Request) -> int:
    return int(request.match_info["citizen_id"])


def _origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"
