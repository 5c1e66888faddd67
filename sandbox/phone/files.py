"""The phone page's static files, with a policy that lets them talk to nobody but this server."""

from pathlib import Path

from aiohttp import web

PAGE = Path(__file__).parent / "page"
_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
    ),
}


def routes() -> list[web.RouteDef]:
    """Return the routes to add to an application."""
    return [web.get("/", _index), web.get("/assets/{name:.+}", _asset)]


async def _index(_: web.Request) -> web.StreamResponse:
    return _file(PAGE / "index.html")


async def _asset(request: web.Request) -> web.StreamResponse:
    return _file(PAGE / "assets" / request.match_info["name"])


def _file(path: Path) -> web.StreamResponse:
    file = path.resolve()
    if not file.is_relative_to(PAGE.resolve()) or not file.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(file, headers=_HEADERS)
