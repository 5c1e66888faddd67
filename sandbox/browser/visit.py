"""What a browser without scripts does on the citizens' page: it reads forms, fills them in and sends them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from sandbox.deeds import NotPossibleError

SECONDS = 15.0
_FORM = re.compile(r'<form class="answers" method="post" action="([^"]+)">(.*?)</form>', re.DOTALL)
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_PUSH = re.compile(r'data-key="([^"]+)"[^>]*data-subscriptions="([^"]+)"')
_CODE = re.compile(r'<strong class="code">([^<]+)</strong>')


@dataclass
class Visit:
    """A browser at the citizens' page below `public_url`; `cookies` are its own, before and after."""

    public_url: str
    language: str
    cookies: dict[str, str]

    async def follow(self, secret: str) -> None:
        """Open a receipt's page and say yes; raise NotPossibleError where that is no page of ours."""
        async with self._session() as session:
            asked = await self._page(session, "GET", f"/r/web/{secret}")
            found = _FORM.search(asked)
            if found is None:
                raise NotPossibleError("the page of the receipt has no question")
            await self._page(session, "POST", found[1], _fields(found[2]))

    async def push_key(self) -> tuple[str, str]:
        """Return for which key devices subscribe, and where they say so; raise NotPossibleError."""
        async with self._session() as session:
            found = _PUSH.search(await self._page(session, "GET", "/p"))
        if found is None:
            raise NotPossibleError("the page offers no pushes: nothing is followed on it")
        return unescape(found[1]), unescape(found[2])

    async def subscribe(self, path: str, described: Mapping[str, object]) -> None:
        """Tell the page of a subscription, as its script does; raise NotPossibleError."""
        async with self._session() as session, session.post(self._at(path), json=described) as answer:
            if answer.status != HTTPStatus.NO_CONTENT:
                raise NotPossibleError(f"the page takes no subscription: {answer.status}")

    async def code(self) -> str:
        """Return a code that opens the same page in another browser; raise NotPossibleError."""
        async with self._session() as session:
            settings = await self._page(session, "GET", "/p/settings")
            fields = {**_fields(settings), "what": "device"}
            found = _CODE.search(await self._page(session, "POST", "/p/settings", fields))
        if found is None:
            raise NotPossibleError("the page of this phone is closed")
        return found[1]

    def _session(self) -> aiohttp.ClientSession:
        parts = urlsplit(self.public_url)
        jar = aiohttp.CookieJar(unsafe=True)
        jar.update_cookies(self.cookies, URL(self.public_url))
        return aiohttp.ClientSession(
            cookie_jar=jar,
            headers={"Origin": f"{parts.scheme}://{parts.netloc}", "Accept-Language": self.language},
            timeout=aiohttp.ClientTimeout(SECONDS),
        )

    async def _page(
        self,
        session: aiohttp.ClientSession,
        method: str,
        path: str,
        fields: Mapping[str, str] | None = None,
    ) -> str:
        try:
            async with session.request(method, self._at(path), data=fields) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotPossibleError("the citizens' page does not answer") from error
        self.cookies = {cookie.key: cookie.value for cookie in session.cookie_jar}
        return text

    def _at(self, path: str) -> str:
        """Return the address of a path, which the page's own forms begin with that of the public address."""
        base = urlsplit(self.public_url).path
        return urljoin(self.public_url, path if base and path.startswith(f"{base}/") else base + path)


def _fields(html: str) -> dict[str, str]:
    """Return the hidden fields, the first of each name."""
    return {unescape(name): unescape(value) for name, value in reversed(_FIELD.findall(html))}
