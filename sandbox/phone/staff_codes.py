"""The telephone of the sample member of staff: how to sign in at the desk, and the six digits of now."""

import asyncio
from html import escape
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from pyotp import TOTP

_HEADERS = {
    "Cache-Control": "no-store",
    "Refresh": "5",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'",
}
_PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>The telephone of staff</title>
<main><h1>The telephone of staff</h1>
<p>Sign in at <a href="{url}" rel="noreferrer">{url}</a> as <b>{login}</b> with <b>{password}</b>.</p>
<p>The six digits of now: <b>{digits}</b></p></main></html>
"""


def routes(path: Path | None) -> list[web.RouteDef]:
    """Return the routes to add; `path` is the file in which `docwatch up` says how to sign in."""

    async def show(_: web.Request) -> web.StreamResponse:
        known = await asyncio.to_thread(_read, path)
        if known is None:
            raise web.HTTPNotFound
        digits = TOTP(known["key"]).now()
        shown = {name: escape(known[name]) for name in ("url", "login", "password")}
        page = _PAGE.format(digits=digits, **shown)
        return web.Response(text=page, content_type="text/html", headers=_HEADERS)

    return [web.get("/staff", show)]


def _read(path: Path | None) -> Any:  # noqa: ANN401 - what `docwatch up` wrote
    return orjson.loads(path.read_bytes()) if path is not None and path.is_file() else None
