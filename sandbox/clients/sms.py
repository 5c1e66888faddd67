"""A client of the simulated SMS: what citizens do in its app, and what a test scripts and reads.

Citizens are those of `SandboxClient.create_citizen`: each phone has a number.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from sandbox.clients.telegram import Speaker
from sandbox.sms.model import Json
from sandbox.sms.script import FaultKind


class SmsClient(Speaker):
    """Speaks to the SMS of one sandbox."""

    async def number(self, citizen_id: int) -> str:
        """Return a citizen's number."""
        return str((await self.account(citizen_id))["number"])

    async def account(self, citizen_id: int) -> Json:
        """Return a citizen's number and how it stands with the sender."""
        return await self._get(_of(citizen_id))

    async def messages(self, citizen_id: int, after: int = 0) -> list[Json]:
        """Return what a phone shows, oldest first."""
        messages: list[Json] = (await self._get(f"{_of(citizen_id)}/messages?after={after}"))["messages"]
        return messages

    async def say(self, citizen_id: int, text: str) -> Json:
        """Let a citizen write to the sender."""
        return await self._post(f"{_of(citizen_id)}/messages", text=text)

    async def block(self, citizen_id: int, *, blocked: bool = True) -> Json:
        """Let a citizen bar the sender at their operator, or let it in again."""
        return await self._post(f"{_of(citizen_id)}/block", blocked=blocked)

    async def switch(self, citizen_id: int, *, online: bool) -> Json:
        """Switch a phone off or on."""
        return await self._post(f"{_of(citizen_id)}/device", online=online)

    async def lay_fault(self, fault: FaultKind, **details: float | str) -> None:
        """Lay a fault: citizen_id, nth, times, http, code, seconds as the kind needs them."""
        await self._post("/script/sms/faults", fault=fault, **details)

    async def change_weather(self, shares: Mapping[FaultKind, float], **details: float) -> None:
        """Have a share of the texts meet each fault by chance: seed, seconds."""
        await self._send("/script/sms/weather", {"shares": dict(shares), **details})

    async def calls(self, after: int = 0) -> list[Json]:
        """Return the record of the gateway's calls."""
        calls: list[Json] = (await self._get(f"/script/sms/calls?after={after}"))["calls"]
        return calls

    async def all_messages(self) -> list[Json]:
        """Return every text in the order of storing."""
        messages: list[Json] = (await self._get("/script/sms/messages"))["messages"]
        return messages

    async def reports(self) -> list[Json]:
        """Return what was told to the customer."""
        reports: list[Json] = (await self._get("/script/sms/reports"))["reports"]
        return reports


def _of(citizen_id: int) -> str:
    return f"/phone/api/sms/citizens/{citizen_id}"


@asynccontextmanager
async def sms_client(base_url: str) -> AsyncIterator[SmsClient]:
    """Open a client for the length of the block."""
    async with aiohttp.ClientSession() as session:
        yield SmsClient(base_url, session)
