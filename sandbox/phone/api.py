"""The phone's JSON API: what a citizen sees and does, and the receipts that lie about to be scanned."""

from collections.abc import Sequence
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from sandbox.jsonapi import BadBodyError, answer, read, read_as
from sandbox.phone.render import citizen_json, message_json, receipt_json
from sandbox.phone.stream import Stream
from sandbox.telegram.world.model import Language, Receipt
from sandbox.telegram.world.world import World

CITIZEN = "/phone/api/citizens/{citizen_id:[0-9]{1,18}}"
_LONGEST_NUMBER = 18
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class Body(BaseModel):
    """A body with nothing in it that nobody reads."""

    model_config = ConfigDict(extra="forbid")


class NewCitizen(Body):
    """Somebody who gets a phone."""

    name: Name
    language: Language = "uk"


class Text(Body):
    """What a citizen types."""

    text: str


class Tap(Body):
    """Which inline button a citizen taps."""

    message_id: Annotated[int, Field(ge=1, lt=2**63)]
    data: str


class Link(Body):
    """Which deep link a citizen opens."""

    link: str


class Block(Body):
    """Whether a citizen wants nothing more from the bot."""

    blocked: bool


class NewReceipt(BaseModel):
    """A receipt that is laid out; who scanned it is not for the caller to say."""

    model_config = ConfigDict(extra="ignore")

    receipt_id: Name
    document: str
    holder: str
    code: str
    link: str
    links: dict[str, str] = Field(default_factory=dict)


_RECEIPTS = TypeAdapter[list[NewReceipt] | NewReceipt](list[NewReceipt] | NewReceipt)


class PhoneApi:
    """Everything below `/phone/api/`, and what all phones show for the script."""

    def __init__(self, world: World, stream: Stream, apps: Sequence[str]) -> None:
        self._world = world
        self._stream = stream
        self._apps = list(apps)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/phone/api/state", self.state),
            web.get("/phone/api/stream", self._stream.handle),
            web.post("/phone/api/citizens", self.create_citizen),
            web.get(f"{CITIZEN}/messages", self.messages),
            web.post(f"{CITIZEN}/messages", self.says),
            web.post(f"{CITIZEN}/press", self.taps),
            web.post(f"{CITIZEN}/open", self.opens),
            web.post(f"{CITIZEN}/block", self.blocks),
            web.post(f"{CITIZEN}/read", self.reads),
            web.post("/phone/api/receipts", self.put_receipts),
            web.get("/script/messages", self.all_messages),
        ]

    async def state(self, _: web.Request) -> web.Response:
        """Return the apps of the phones, the bot, everybody and every receipt."""
        bot = self._world.bot
        return answer(
            {
                "apps": self._apps,
                "bot": {"username": bot.username, "name": bot.name},
                "citizens": [citizen_json(citizen) for citizen in self._world.citizens()],
                "receipts": [receipt_json(receipt) for receipt in self._world.receipts()],
            }
        )

    async def create_citizen(self, request: web.Request) -> web.Response:
        """Give somebody a phone."""
        new = await read(request, NewCitizen)
        return answer(citizen_json(self._world.create_citizen(new.name, new.language)), status=201)

    async def messages(self, request: web.Request) -> web.Response:
        """Return a chat, oldest first."""
        after = request.query.get("after", "0")
        if not after.isdecimal() or len(after) > _LONGEST_NUMBER:
            raise BadBodyError("after: a message id")
        messages = self._world.messages_of(_citizen_id(request), int(after))
        return answer({"messages": [message_json(message) for message in messages]})

    async def says(self, request: web.Request) -> web.Response:
        """Let a citizen write."""
        text = (await read(request, Text)).text
        return answer(message_json(self._world.says(_citizen_id(request), text)), status=201)

    async def taps(self, request: web.Request) -> web.Response:
        """Let a citizen tap a button."""
        tap = await read(request, Tap)
        return answer({"query_id": self._world.taps(_citizen_id(request), tap.message_id, tap.data)})

    async def opens(self, request: web.Request) -> web.Response:
        """Let a citizen open a deep link."""
        link = (await read(request, Link)).link
        return answer(message_json(self._world.opens(_citizen_id(request), link)), status=201)

    async def blocks(self, request: web.Request) -> web.Response:
        """Let a citizen block or unblock the bot."""
        blocked = (await read(request, Block)).blocked
        return answer(citizen_json(self._world.blocks(_citizen_id(request), blocked=blocked)))

    async def reads(self, request: web.Request) -> web.Response:
        """Let a citizen look at the chat."""
        return answer(citizen_json(self._world.reads(_citizen_id(request))))

    async def put_receipts(self, request: web.Request) -> web.Response:
        """Lay one receipt or many out; return how many."""
        body = await read_as(request, _RECEIPTS)
        receipts = body if isinstance(body, list) else [body]
        for receipt in receipts:
            self._world.put_receipt(Receipt(**receipt.model_dump()))
        return answer({"receipts": len(receipts)}, status=201)

    async def all_messages(self, _: web.Request) -> web.Response:
        """Return what all phones show, in the order of storing."""
        return answer({"messages": [message_json(message) for message in self._world.all_messages()]})


def _citizen_id(request: web.Request) -> int:
    return int(request.match_info["citizen_id"])
