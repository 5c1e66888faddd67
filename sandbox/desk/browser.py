"""The browser of one simulated member of staff: keeps the session, fills forms in, shows no scripts."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
from pyotp import TOTP

from sandbox.desk.page import Form, Page

_PATIENCE = aiohttp.ClientTimeout(total=20)
_STEP = timedelta(seconds=30)


class SignedOutError(Exception):
    """The desk asks who one is."""


@dataclass
class Browser:
    """A browser at one desk, with what its owner knows: password and telephone."""

    url: str
    login: str
    code: str = field(repr=False)
    http: aiohttp.ClientSession = field(repr=False)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    key: str = field(default="", repr=False)
    used: datetime = field(default_factory=lambda: datetime.fromtimestamp(0, UTC))

    async def get(self, path: str) -> Page:
        """Open a page; raise SignedOutError where it leads to the sign-in."""
        async with self.http.get(f"{self.url}{path}", timeout=_PATIENCE) as answer:
            return await self._read(answer)

    async def send(self, form: Form, **fields: str) -> Page:
        """Send a form of a page with some fields filled in; return where that leads."""
        return await self._post(form.action, {**form.fields, **fields})

    async def sign_in(self) -> None:
        """Sign in: for the first time with the code, then by password and telephone."""
        if self.key:
            page = await self._shown("/sign-in")
            await self._post(
                "/sign-in", {**_of(page, "sign-in").fields, "login": self.login, "password": self.password}
            )
        else:
            page = await self._shown("/first")
            await self._post("/first", {**_of(page, "first").fields, "code": self.code})
            page = await self._shown("/password")
            await self._post("/password", {**_of(page, "password").fields, "password": self.password})
        page = await self._shown("/second")
        self.key = self.key or page.key
        await self._post("/second", {**_of(page, "second").fields, "code": await self._digits()})

    async def _digits(self) -> str:
        """Return what the telephone shows; nobody types the same code twice."""
        now = max(datetime.now(UTC), self.used + _STEP)
        self.used = now
        return TOTP(self.key).at(now)

    async def _shown(self, path: str) -> Page:
        async with self.http.get(f"{self.url}{path}", timeout=_PATIENCE) as answer:
            return Page(await answer.text())

    async def _post(self, path: str, fields: dict[str, str]) -> Page:
        headers = {"Origin": self.url}
        async with self.http.post(
            f"{self.url}{path}", data=fields, headers=headers, timeout=_PATIENCE
        ) as answer:
            return await self._read(answer)

    async def _read(self, answer: aiohttp.ClientResponse) -> Page:
        if answer.url.path.endswith(("/sign-in", "/first")) and answer.method == "GET":
            raise SignedOutError
        return Page(await answer.text())


def _of(page: Page, name: str) -> Form:
    found = page.form(name)
    if found is None:
        raise SignedOutError
    return found
