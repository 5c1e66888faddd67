"""The phone's event stream: every open page gets each event; one that falls far behind is cut off.

A page that was cut off reconnects and fetches the state anew, so nothing has to be kept for it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiohttp import web

from sandbox.telegram.world.model import Json

E = TypeVar("E")
LONGEST_QUEUE = 20_000
PING_EVERY = 15.0
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class _Page:
    """One open page: what it has not got yet, and whether it is to end."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.wake = asyncio.Event()
        self.over = False

    def end(self) -> None:
        self.over = True
        self.wake.set()


class Stream:
    """Spreads events to the open pages."""

    def __init__(self) -> None:
        self._pages: set[_Page] = set()
        self._closed = False

    def publish(self, render: Callable[[E], tuple[str, Json]], event: E) -> None:
        """Give an event to every open page, by its name and data; costs nothing where there is none."""
        if not self._pages:
            return
        name, data = render(event)
        frame = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
        for page in self._pages:
            if len(page.waiting) >= LONGEST_QUEUE:
                page.end()
            else:
                page.waiting.append(frame)
                page.wake.set()

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        for page in self._pages:
            page.end()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one page until it leaves."""
        response = web.StreamResponse(headers=_HEADERS)
        with self._opened() as page:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            try:
                async for frames in _frames(page):
                    await response.write(frames)
            except ConnectionResetError:
                pass
        return response

    @contextmanager
    def _opened(self) -> Iterator[_Page]:
        page = _Page()
        self._pages.add(page)
        if self._closed:
            page.end()
        try:
            yield page
        finally:
            self._pages.discard(page)


async def _frames(page: _Page) -> AsyncIterator[bytes]:
    while True:
        try:
            await asyncio.wait_for(page.wake.wait(), PING_EVERY)
        except TimeoutError:
            yield b": ping\n\n"
            continue
        page.wake.clear()
        frames, page.waiting = page.waiting, []
        if frames:
            yield b"".join(frames)
        if page.over:
            return
