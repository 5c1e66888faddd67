"""A client of the simulated Viber: what citizens do in its app, and what a test scripts and reads.

Citizens are those of `SandboxClient.create_citizen`: a phone has both apps.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from sandbox.clients.telegram import Speaker
from sandbox.viber.script import CallbackFaultKind, FaultKind
from sandbox.viber.world.model import Json


class ViberClient(Speaker):
    """Speaks to the Viber of one sandbox."""

    async def state(self) -> Json:
        """Return the bot and the accounts that anything was done with."""
        return await self._get("/phone/api/viber/state")

    async def account(self, citizen_id: int) -> Json:
        """Return a citizen's account; `user_id` is what the bot knows them by."""
        return await self._get(_of(citizen_id))

    async def user_id(self, citizen_id: int) -> str:
        """Return what the bot knows a citizen by."""
        return str((await self.account(citizen_id))["user_id"])

    async def messages(self, citizen_id: int, after: int = 0) -> list[Json]:
        """Return what a phone shows, oldest first."""
        messages: list[Json] = (await self._get(f"{_of(citizen_id)}/messages?after={after}"))["messages"]
        return messages

    async def open(self, citizen_id: int, link: str) -> Json:
        """Let a citizen open a deep link; return the account."""
        return await self._post(f"{_of(citizen_id)}/open", link=link)

    async def say(self, citizen_id: int, text: str) -> Json:
        """Let a citizen write to the bot."""
        return await self._post(f"{_of(citizen_id)}/messages", text=text)

    async def press(self, citizen_id: int, message_id: int, action_body: str) -> Json:
        """Let a citizen press a button of the keyboard that came with a message."""
        return await self._post(f"{_of(citizen_id)}/press", message_id=message_id, data=action_body)

    async def subscribe(self, citizen_id: int) -> Json:
        """Let a citizen ask for messages; the bot gets `subscribed`."""
        return await self._post(f"{_of(citizen_id)}/subscribe")

    async def block(self, citizen_id: int, *, blocked: bool = True) -> Json:
        """Let a citizen turn messages off (`unsubscribed`), or on again (`subscribed`)."""
        return await self._post(f"{_of(citizen_id)}/block", blocked=blocked)

    async def read(self, citizen_id: int) -> Json:
        """Let a citizen look at the chat; the bot gets `seen` for each message."""
        return await self._post(f"{_of(citizen_id)}/read")

    async def send_photo(self, citizen_id: int, picture: bytes, caption: str = "") -> Json:
        """Let a citizen send a picture, PNG or JPEG."""
        return await self._upload(f"{_of(citizen_id)}/photo", picture, caption=caption)

    async def send_document(self, citizen_id: int, name: str, data: bytes) -> Json:
        """Let a citizen send a file as it is."""
        return await self._upload(f"{_of(citizen_id)}/document", data, name=name)

    async def share(self, citizen_id: int, kind: str, **details: float | str) -> Json:
        """Let a citizen send a contact, location, sticker or url; details as the phone's API has them."""
        return await self._post(f"{_of(citizen_id)}/attachment", kind=kind, **details)

    async def change(self, citizen_id: int, **device: bool | int | str) -> Json:
        """Change a citizen's phone: registered, online, devices (0: none suitable), country, api_version."""
        return await self._post(f"{_of(citizen_id)}/device", **device)

    async def let_pass(self, citizen_id: int, seconds: float) -> Json:
        """Let a chat's session and its unanswered messages grow older."""
        return await self._post("/script/viber/age", citizen_id=citizen_id, seconds=seconds)

    async def lay_fault(self, fault: FaultKind, **details: float | str | None) -> None:
        """Lay a fault of a call: citizen_id, nth, times, method, status, seconds as the kind needs them."""
        await self._post("/script/viber/faults", fault=fault, **details)

    async def lay_callback_fault(self, fault: CallbackFaultKind, **details: float | str | None) -> None:
        """Lay a fault of a callback: event, citizen_id, nth, times, seconds."""
        await self._post("/script/viber/callback-faults", fault=fault, **details)

    async def change_weather(self, shares: Mapping[FaultKind, float], **details: float) -> None:
        """Have a share of the messages meet each fault by chance: seed, seconds, status."""
        await self._send("/script/viber/weather", {"shares": dict(shares), **details})

    async def calls(self, method: str | None = None, after: int = 0) -> list[Json]:
        """Return the record of calls, of one method where it is given."""
        calls: list[Json] = (await self._get(f"/script/viber/calls?after={after}"))["calls"]
        return [call for call in calls if method in {None, call["method"]}]

    async def callbacks(self, event: str | None = None, after: int = 0) -> list[Json]:
        """Return the record of callbacks, of one event where it is given."""
        record: list[Json] = (await self._get(f"/script/viber/callbacks?after={after}"))["callbacks"]
        return [callback for callback in record if event in {None, callback["event"]}]

    async def all_messages(self) -> list[Json]:
        """Return every message in the order of storing, failed and undelivered ones, too."""
        messages: list[Json] = (await self._get("/script/viber/messages"))["messages"]
        return messages

    async def counts(self) -> Json:
        """Return the bot's messages stored, delivered, failed and paid; calls and callbacks by their end."""
        return await self._get("/script/viber/counts")


def _of(citizen_id: int) -> str:
    return f"/phone/api/viber/citizens/{citizen_id}"


@asynccontextmanager
async def viber_client(base_url: str) -> AsyncIterator[ViberClient]:
    """Open a client for the length of the block."""
    async with aiohttp.ClientSession() as session:
        yield ViberClient(base_url, session)
