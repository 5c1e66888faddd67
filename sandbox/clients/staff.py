"""A browser of staff at the desk's door: signs in for the first time as people do, form by form."""

import re
from dataclasses import dataclass, field
from html import unescape

import aiohttp
from pyotp import TOTP

_CSRF = re.compile(r'name="csrf" value="([^"]*)"')
_KEY = re.compile(r'<code class="code">([A-Z2-7 ]+)</code>')


class NotInError(Exception):
    """The door did not let us in."""


@dataclass
class StaffClient:
    """One browser; `url` is where the door listens, `origin` the address that browsers know it by."""

    url: str
    session: aiohttp.ClientSession
    origin: str
    key: str = field(default="", repr=False)

    async def begin(self, code: str, password: str) -> str:
        """Sign in by the code of a first sign-in; return the key of the second factor. Raises NotInError."""
        await self.post("/first", code=code)
        page = await self.post("/password", password=password)
        found = _KEY.search(page)
        if found is None:
            raise NotInError("there is no second factor to set up")
        self.key = found[1].replace(" ", "")
        await self.post("/second", code=TOTP(self.key).now())
        async with self.session.get(f"{self.url}/account", allow_redirects=False) as answer:
            if answer.status != 200:  # noqa: PLR2004 - the page itself, and no other
                raise NotInError(f"after the second factor: {answer.status}")
        return self.key

    async def post(self, path: str, **form: str) -> str:
        """Send a form as it stands on its own page; return the page that follows."""
        async with self.session.get(f"{self.url}{path}") as shown:
            found = _CSRF.search(await shown.text())
        given = {"csrf": unescape(found[1]) if found else "", **form}
        async with self.session.post(
            f"{self.url}{path}", data=given, headers={"Origin": self.origin}
        ) as answer:
            return await answer.text()
