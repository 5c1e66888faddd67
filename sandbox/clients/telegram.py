"""A client of the sandbox's own API: what citizens do on their phones, and what a test scripts and reads."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from sandbox.telegram.script import FaultKind
from sandbox.telegram.world.model import Json


class SandboxError(Exception):
    """The sandbox refuses; `status` is the HTTP status, the message what it says."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Speaker:
    """Speaks JSON to one sandbox through a session that its maker closes."""

    def __init__(self, base_url: str, session: aiohttp.ClientSession) -> None:
        """Take the base URL without a slash at its end."""
        self._base = base_url
        self._session = session

    async def _get(self, path: str) -> Json:
        async with self._session.get(self._base + path) as response:
            return await _read(response)

    async def _post(self, path: str, **body: Any) -> Json:  # noqa: ANN401  # any JSON value
        return await self._send(path, body)

    async def _upload(self, path: str, data: bytes, **query: str) -> Json:
        async with self._session.post(self._base + path, data=data, params=query) as response:
            return await _read(response)

    async def _send(self, path: str, body: Json | list[dict[str, object]]) -> Json:
        async with self._session.post(self._base + path, json=body) as response:
            return await _read(response)


class SandboxClient(Speaker):
    """What citizens do in Telegram, and what a test scripts and reads there."""

    async def state(self) -> Json:
        """Return the bot, the citizens and the receipts."""
        return await self._get("/phone/api/state")

    async def create_citizen(self, name: str, language: str = "uk") -> int:
        """Give somebody a phone; return the citizen's id, which is the chat's, too."""
        citizen_id: int = (await self._post("/phone/api/citizens", name=name, language=language))["id"]
        return citizen_id

    async def messages(self, citizen_id: int, after: int = 0) -> list[Json]:
        """Return what a phone shows, oldest first."""
        messages: list[Json] = (await self._get(f"/phone/api/citizens/{citizen_id}/messages?after={after}"))[
            "messages"
        ]
        return messages

    async def say(self, citizen_id: int, text: str) -> Json:
        """Let a citizen write to the bot."""
        return await self._post(f"/phone/api/citizens/{citizen_id}/messages", text=text)

    async def press(self, citizen_id: int, message_id: int, data: str) -> str:
        """Let a citizen tap a button; return the query's id."""
        path = f"/phone/api/citizens/{citizen_id}/press"
        query_id: str = (await self._post(path, message_id=message_id, data=data))["query_id"]
        return query_id

    async def open(self, citizen_id: int, link: str) -> Json:
        """Let a citizen open a deep link."""
        return await self._post(f"/phone/api/citizens/{citizen_id}/open", link=link)

    async def block(self, citizen_id: int, *, blocked: bool = True) -> Json:
        """Let a citizen block or unblock the bot."""
        return await self._post(f"/phone/api/citizens/{citizen_id}/block", blocked=blocked)

    async def read(self, citizen_id: int) -> Json:
        """Let a citizen look at the chat."""
        return await self._post(f"/phone/api/citizens/{citizen_id}/read")

    async def send_photo(self, citizen_id: int, picture: bytes, caption: str = "") -> Json:
        """Let a citizen send a picture, PNG or JPEG."""
        return await self._upload(f"/phone/api/citizens/{citizen_id}/photo", picture, caption=caption)

    async def send_document(self, citizen_id: int, name: str, data: bytes, caption: str = "") -> Json:
        """Let a citizen send a file as it is."""
        path = f"/phone/api/citizens/{citizen_id}/document"
        return await self._upload(path, data, name=name, caption=caption)

    async def share(self, citizen_id: int, kind: str, **details: float | str) -> Json:
        """Let a citizen send a sticker, voice, contact or location; details as the phone's API has them."""
        return await self._post(f"/phone/api/citizens/{citizen_id}/attachment", kind=kind, **details)

    async def edit(self, citizen_id: int, message_id: int, text: str) -> Json:
        """Let a citizen change what they wrote."""
        return await self._post(f"/phone/api/citizens/{citizen_id}/messages/{message_id}/edit", text=text)

    async def file(self, file_id: str) -> bytes:
        """Return the content of a file in a chat."""
        async with self._session.get(f"{self._base}/phone/api/files/{file_id}") as response:
            if not response.ok:
                await _read(response)
            return await response.read()

    async def put_receipts(self, receipts: Iterable[Mapping[str, object]]) -> None:
        """Lay receipts out to be scanned."""
        await self._send("/phone/api/receipts", list(map(dict, receipts)))

    async def lay_fault(self, fault: FaultKind, **details: float | str | None) -> None:
        """Lay a fault: chat_id, nth, times, method, seconds, retry_after as the kind needs them."""
        await self._post("/script/faults", fault=fault, **details)

    async def change_limits(self, **rates: float) -> None:
        """Set global_rate, chat_rate, global_burst, chat_burst; 0 is unlimited."""
        await self._post("/script/limits", **rates)

    async def change_weather(self, shares: Mapping[FaultKind, float], **details: float) -> None:
        """Have a share of the messages meet each fault by chance: seed, seconds, retry_after."""
        await self._send("/script/weather", {"shares": dict(shares), **details})

    async def hand_on(self, messages: Iterable[Mapping[str, Any]]) -> int:
        """Hand the bot messages from where no phone is, as the Bot API writes them; return what waits."""
        waiting: int = (await self._post("/script/updates", messages=list(messages)))["waiting"]
        return waiting

    async def calls(self, method: str | None = None, after: int = 0) -> list[Json]:
        """Return the record of Bot API calls, of one method where it is given."""
        calls: list[Json] = (await self._get(f"/script/calls?after={after}"))["calls"]
        return [call for call in calls if method is None or call["method"].lower() == method.lower()]

    async def all_messages(self) -> list[Json]:
        """Return what all phones show, in the order of storing."""
        messages: list[Json] = (await self._get("/script/messages"))["messages"]
        return messages

    async def reset(self) -> None:
        """Forget everybody and everything."""
        await self._post("/script/reset")


@asynccontextmanager
async def sandbox_client(base_url: str) -> AsyncIterator[SandboxClient]:
    """Open a client for the length of the block."""
    async with aiohttp.ClientSession() as session:
        yield SandboxClient(base_url, session)


async def wait_until_up(base_url: str, seconds: float = 10.0) -> None:
    """Return when the sandbox answers; raise TimeoutError."""
    async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
        while True:
            try:
                await SandboxClient(base_url, session).state()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
            else:
                return


async def _read(response: aiohttp.ClientResponse) -> Json:
    body: Json = await response.json(content_type=None)
    if not response.ok:
        raise SandboxError(response.status, str(body.get("error", response.reason)))
    return body
