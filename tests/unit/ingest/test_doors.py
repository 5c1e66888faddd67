"""How many requests are in work at once."""

import asyncio

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from services.ingest import metrics
from services.ingest.events.endpoint import PATH, Doors


class Slow:
    """Answers when it is let to."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.begun.release()
        await self.go_on.wait()
        await PlainTextResponse(Request(scope).url.path, 202)(scope, receive, send)


async def test_too_many_in_work_are_refused_at_once() -> None:
    """Beyond the bound a request is told to come again, health is answered, and later all is as before."""
    slow, quick = Slow(), Slow()
    quick.go_on.set()
    doors = Doors(slow, quick, metrics.Metrics(), most=2)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(doors), base_url="http://ingest") as client:
        held = [asyncio.create_task(client.post(PATH)) for _ in range(2)]
        for _ in held:
            await slow.begun.acquire()
        refused, health = await client.post(PATH), await client.get("/healthz")
        slow.go_on.set()
        served = await asyncio.gather(*held)
        later = await client.post(PATH)

    assert 503 == refused.status_code
    assert "Retry-After" in refused.headers
    assert [202] * 4 == [one.status_code for one in (health, *served, later)]
