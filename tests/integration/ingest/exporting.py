"""A back office's side in tests: exports, and an ingest that takes them in as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import typer
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner, Result

HEADER = "event_id,application_number,document_type,stage,occurred_at\n"


class Office:
    """An ingest that takes events in until `broken_from`, and rejects those of the stage `bad`.

    `meanwhile` is called while it answers. A batch in which NUL stands is refused as a whole.
    """

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.ids: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.broken_from = 10**9
        self._meanwhile = meanwhile

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Serve; yields the address."""
        app = web.Application()
        app.router.add_get("/v1/key", self._who)
        app.router.add_post("/v1/events", self._events)
        async with TestServer(app) as server:
            yield str(server.make_url(""))

    async def _who(self, _: web.Request) -> web.Response:
        return web.json_response({"publisher": "passports"})

    async def _events(self, request: web.Request) -> web.Response:
        body = await request.read()
        if b"\\u0000" in body:
            return web.json_response({"detail": "contains NUL"}, status=400)
        events = json.loads(body)
        self._meanwhile()
        if len(self.ids) >= self.broken_from:
            return web.Response(status=503)
        self.ids += [one["id"] for one in events]
        self.events += events
        bad = [
            {"index": at, "id": one["id"], "errors": [{"pointer": "/data/stage", "detail": "is bad"}]}
            for at, one in enumerate(events)
            if one["data"].get("stage") == "bad"
        ]
        good = len(events) - len(bad)
        return web.json_response({"accepted": good, "duplicates": 0, "warnings": [], "rejected": bad})


def export(path: Path, rows: int, stage: str = "printing") -> Path:
    """Write an export."""
    lines = [f"e-{number},1234567890,id_card,{stage},2026-01-05T09:00:00Z\n" for number in range(rows)]
    path.write_text(HEADER + "".join(lines))
    return path


def files(folder: Path) -> list[str]:
    """Name every file below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def run(command: object, *arguments: str, given: str = "") -> Result:
    """Run a command in a thread, where it may have an event loop of its own."""
    app = typer.Typer()
    app.command()(command)  # type: ignore[type-var] # any command
    key = {"DOCWATCH_API_KEY": "dw_x"}
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=key, input=given)
