"""A client of the simulated provider of mail: what citizens see in its app, and what a test scripts.

Citizens are those of `SandboxClient.create_citizen`: each has a mailbox.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from sandbox.clients.telegram import Speaker
from sandbox.email.model import Json
from sandbox.email.script import FaultKind


class EmailClient(Speaker):
    """Speaks to the provider of mail of one sandbox."""

    async def port(self) -> int:
        """Return the port of the server of mail."""
        return int((await self._get("/phone/api/email/state"))["port"])

    async def mailbox(self, citizen_id: int) -> Json:
        """Return a citizen's mailbox."""
        return await self._get(_of(citizen_id))

    async def address(self, citizen_id: int) -> str:
        """Return a citizen's address."""
        return str((await self.mailbox(citizen_id))["address"])

    async def messages(self, citizen_id: int, after: int = 0) -> list[Json]:
        """Return a citizen's letters, oldest first."""
        messages: list[Json] = (await self._get(f"{_of(citizen_id)}/messages?after={after}"))["messages"]
        return messages

    async def close(self, citizen_id: int, *, closed: bool = True) -> Json:
        """Have a mailbox take no letters any more, or again."""
        return await self._post(f"{_of(citizen_id)}/block", blocked=closed)

    async def read(self, citizen_id: int) -> Json:
        """Let a citizen look at the mailbox."""
        return await self._post(f"{_of(citizen_id)}/read")

    async def lay_fault(self, fault: FaultKind, **details: float | str | None) -> None:
        """Lay a fault: command, code, text, recipient, nth, times, seconds as the kind needs them."""
        await self._post("/script/email/faults", fault=fault, **details)

    async def report(self, number: int, **details: str) -> bytes:
        """Return the mail by which a server reports on a letter: status, action."""
        body = {"number": number, **details}
        async with self._session.post(f"{self._base}/script/email/reports", json=body) as response:
            response.raise_for_status()
            return await response.read()

    async def all_messages(self, after: int = 0) -> list[Json]:
        """Return all letters in the order of coming."""
        messages: list[Json] = (await self._get(f"/script/email/messages?after={after}"))["messages"]
        return messages


def _of(citizen_id: int) -> str:
    return f"/phone/api/email/citizens/{citizen_id}"


@asynccontextmanager
async def email_client(base_url: str) -> AsyncIterator[EmailClient]:
    """Open a client for the length of the block."""
    async with aiohttp.ClientSession() as session:
        yield EmailClient(base_url, session)
