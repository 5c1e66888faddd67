"""What the clerk asks of ingest, over its public HTTP API and with the agency's key.

Exception tree: both are WorldErrors: IngestRefusesError (409), IngestAwayError (503).
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from sandbox.deeds import WorldError
from sandbox.telegram.world.model import Json

_PATIENCE = aiohttp.ClientTimeout(total=10)
_SERVER_ERRORS = 500
_AGAIN = frozenset({408, 425, 429})


class IngestRefusesError(WorldError):
    """Ingest refuses for good; the message says why."""

    status = 409


class IngestAwayError(WorldError):
    """No answer that says what became of the request; the identical one may be sent again."""

    status = 503


@dataclass(frozen=True, slots=True)
class Printed:
    """Something to look at or to print, with the headers that keep it harmless."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Ingest:
    """One ingest through a session that its maker closes."""

    url: str
    key: str = field(repr=False)
    session: aiohttp.ClientSession = field(repr=False)

    async def publisher(self) -> str:
        """Return whom the key stands for."""
        return str((await self._json("GET", "/v1/key"))["publisher"])

    async def issue(self, receipt_id: str, number: str, document_type: str) -> Json:
        """Issue a receipt, or get the same again."""
        wanted = {
            "receipt_id": receipt_id,
            "application_number": number,
            "document_type": document_type,
        }
        return await self._json("POST", "/v1/receipts", wanted)

    async def link(self, receipt_id: str) -> str:
        """Return what the QR code of an issued receipt holds; empty where it holds no link."""
        return (await self._json("GET", f"/v1/receipts/{receipt_id}")).get("link") or ""

    async def publish(self, event: Json) -> None:
        """Have one stage event accepted."""
        await self._json("POST", "/v1/events", event, "application/cloudevents+json")

    async def printed(self, receipt_id: str, what: str, query: dict[str, str]) -> Printed:
        """Return a receipt's page or QR code."""
        async with self._asked("GET", f"/v1/receipts/{receipt_id}/{what}", params=query) as answer:
            kept = ("Content-Type", "Content-Security-Policy", "Cache-Control")
            headers = {name: answer.headers[name] for name in kept if name in answer.headers}
            return Printed(await answer.read(), headers)

    async def _json(
        self, method: str, path: str, body: Json | None = None, kind: str = "application/json"
    ) -> Json:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        async with self._asked(method, path, data=data, headers={"Content-Type": kind}) as answer:
            content: Json = await answer.json(content_type=None)
            return content

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Make one request and hand out its answer, a good one."""
        given = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        asking = self.session.request(
            method, self.url + path, data=data, params=params, headers=given, timeout=_PATIENCE
        )
        try:
            async with asking as answer:
                if answer.status >= _SERVER_ERRORS or answer.status in _AGAIN:
                    raise IngestAwayError("ingest cannot take this now: try again")
                if not answer.ok:
                    raise IngestRefusesError(f"ingest refuses: {_reason(await answer.text())}")
                yield answer
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise IngestAwayError("ingest does not answer: try again") from None


def _reason(text: str) -> str:
    try:
        problem = json.loads(text)
    except ValueError:
        return text[:200]
    if not isinstance(problem, dict):
        return text[:200]
    faults = [f"{fault.get('pointer', '')} {fault.get('detail', '')}" for fault in problem.get("errors", [])]
    return "; ".join(faults) or str(problem.get("detail", ""))
