"""The JSON API of the page's app: a citizen follows, reads what came up, opens the page, wants no pushes."""

from aiohttp import web

from sandbox.browser.model import Browser
from sandbox.browser.world import Browsers
from sandbox.jsonapi import BadBodyError, answer, read
from sandbox.phone.api import Block, Link
from sandbox.phone.browser.render import browser_json, message_json

CITIZEN = "/phone/api/web/citizens/{citizen_id:[0-9]{1,18}}"
_LONGEST_NUMBER = 18


class BrowserPhoneApi:
    """Everything below `/phone/api/web/`."""

    def __init__(self, browsers: Browsers) -> None:
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [
            web.get("/phone/api/web/state", self.state),
            web.get(CITIZEN, self.browser),
            web.get(f"{CITIZEN}/messages", self.messages),
            web.get(f"{CITIZEN}/look", self.look),
            web.post(f"{CITIZEN}/open", self.opens),
            web.post(f"{CITIZEN}/read", self.reads),
            web.post(f"{CITIZEN}/block", self.silences),
        ]

    async def state(self, _: web.Request) -> web.Response:
        """Return every browser that anything was done with."""
        shown = [browser_json(one, self._browsers) for one in self._browsers]
        return answer({"bot": {"name": "Page", "there": True}, "accounts": shown})

    async def browser(self, request: web.Request) -> web.Response:
        """Return a citizen's browser."""
        return self._shown(self._browsers.of(_citizen_id(request)))

    async def messages(self, request: web.Request) -> web.Response:
        """Return what came up on a phone, oldest first."""
        after = request.query.get("after", "0")
        if not after.isdecimal() or len(after) > _LONGEST_NUMBER:
            raise BadBodyError("after: a number")
        shown = self._browsers.shown(_citizen_id(request), int(after))
        return answer({"messages": [message_json(one) for one in shown]})

    async def look(self, request: web.Request) -> web.Response:
        """Lead the browser of whoever plays to the page of this phone, by a code for another device."""
        raise web.HTTPSeeOther(await self._browsers.code(_citizen_id(request)))

    async def opens(self, request: web.Request) -> web.Response:
        """Let a citizen follow what a receipt leads to, and allow pushes."""
        link = (await read(request, Link)).link
        shown = await self._browsers.opens(_citizen_id(request), link, _origin(request))
        return answer(message_json(shown), status=201)

    async def reads(self, request: web.Request) -> web.Response:
        """Let a citizen look at what came up."""
        return self._shown(self._browsers.reads(_citizen_id(request)))

    async def silences(self, request: web.Request) -> web.Response:
        """Have the browser take no pushes any more, or again."""
        silent = (await read(request, Block)).blocked
        citizen, origin = _citizen_id(request), _origin(request)
        return self._shown(await self._browsers.silences(citizen, origin, silent=silent))

    def _shown(self, browser: Browser) -> web.Response:
        return answer(browser_json(browser, self._browsers))


def _citizen_id(request: web.Request) -> int:
    return int(request.match_info["citizen_id"])


def _origin(request: web.Request) -> str:
    """Return where our push service is, by the port that was asked, whatever name the browser has for it."""
    assert request.transport is not None  # noqa: S101 - whoever is answered is connected
    return f"http://127.0.0.1:{request.transport.get_extra_info('sockname')[1]}"
