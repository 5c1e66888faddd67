"""The staff's door over real HTTP, with browsers that keep cookies and telephones that show codes."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
from argon2 import PasswordHasher
from pydantic import SecretStr
from pyotp import TOTP

from contracts.catalogue import load_catalogue
from runtime.database.postgres import Pool
from sandbox.agency import CATALOGUE
from services.desk.domain.viewers import Role
from services.desk.door.opening import DoorParts, OpenDoor, open_door
from services.desk.door.routes import Route
from services.desk.metrics import Metrics
from services.desk.settings import DeskSettings
from services.desk.staff.accounts import Administration, Profile
from services.desk.staff.passwords import Passwords
from tests.attacks.wire import HOST, listening

PASSWORD = "four purple lanterns hum"  # noqa: S105 - a test's own
ANOTHER = "nine wooden rivers talk"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_CSRF = re.compile(r'name="csrf" value="([^"]*)"')
_KEY = re.compile(r'<code class="code">([A-Z2-7 ]+)</code>')


@dataclass
class HandClock:
    """A clock that goes on when told to."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        """Return the instant."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Wait by going on."""
        self.at += timedelta(seconds=seconds)

    def go(self, **time: float) -> None:
        """Go on by so much."""
        self.at += timedelta(**time)


@dataclass
class Browser:
    """One browser, without scripts."""

    http: httpx.AsyncClient
    bench: "StaffBench"
    key: str = ""

    async def get(self, path: str, **given: object) -> httpx.Response:
        """Load a page."""
        return await self.http.get(path, **given)  # type: ignore[arg-type]  # as the client has it

    async def post(self, path: str, page: str | None = None, **form: str) -> httpx.Response:
        """Send a form as it stands on a page, by default the one of the same path."""
        shown = await self.http.get(page or path)
        found = _CSRF.search(shown.text)
        given = {"csrf": unescape(found[1]) if found else "", **form}
        return await self.http.post(path, data=given)

    async def begin(self, code: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in for the first time: code, password, second factor."""
        await self.post("/first", code=code)
        await self.post("/password", password=password)
        found = _KEY.search((await self.http.get("/second")).text)
        assert found, "there is a key to type"
        self.key = found[1].replace(" ", "")
        return await self.post("/second", code=self.digits())

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in by password and second factor."""
        self.bench.clock.go(seconds=30)  # a code works once
        answer = await self.post("/sign-in", login=login, password=password)
        if answer.headers.get("location") != "/second":
            return answer
        return await self.post("/second", code=self.digits())

    def digits(self) -> str:
        """Return what the telephone shows now."""
        return TOTP(self.key).at(self.bench.clock.now())

    async def inside(self) -> bool:
        """Tell whether one is signed in."""
        return (await self.http.get("/account")).status_code == 200

    def cookie(self, name: str = "docwatch-desk") -> str | None:
        """Return a cookie's value."""
        return self.http.cookies.get(name)


@dataclass
class StaffBench:
    """A door, and whoever comes to it."""

    door: OpenDoor
    pool: Pool
    clock: HandClock
    metrics: Metrics
    url: str
    port: int
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def administration(self) -> Administration:
        """What an administrator does."""
        return Administration(self.pool, self.clock, "operator test")

    def browser(self, *, address: str | None = None, language: str = "en") -> Browser:
        """Return a new browser, which comes by a proxy from an address where one is given."""
        headers = {"Origin": self.url, "Accept-Language": language}
        if address is not None:
            headers["X-Forwarded-For"] = address
        client = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20)
        self.browsers.append(client)
        return Browser(client, self)

    async def add(self, login: str = "olena", roles: Sequence[Role] = ("operator",), **more: str) -> str:
        """Add a local account; return the code of its first sign-in."""
        profile = Profile(name=more.get("name", f"{login} of staff"), public_name="", roles=roles)
        code = await self.administration.add(login, profile, directory=None, local=True)
        assert code is not None
        return code

    async def member(
        self, login: str = "olena", roles: Sequence[Role] = ("operator",), *, address: str | None = None
    ) -> Browser:
        """Return the browser of a new member of staff who is signed in."""
        browser = self.browser(address=address)
        answer = await browser.begin(await self.add(login, roles))
        assert "/" == answer.headers["location"], answer.text
        return browser

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        found: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - a test's own
        return found

    async def audited(self) -> list[str]:
        """Return what staff did, the earliest first."""
        return [row["what"] for row in await self.pool.fetch("SELECT what FROM staff_audit ORDER BY number")]


@asynccontextmanager
async def staff_bench(
    pool: Pool, routes: Sequence[Route] = (), rooms: Mapping[str, str] | None = None, **settings: object
) -> AsyncIterator[StaffBench]:
    """Open a door whose passwords cost nothing, on a clock that is set by hand."""
    clock, metrics = HandClock(), Metrics()
    made = _parts(pool, clock, metrics, settings)
    parts = replace(made, routes=routes, rooms=rooms or {})
    async with listening_door(parts) as (door, port):
        bench = StaffBench(door, pool, clock, metrics, f"http://{HOST}:{port}", port)
        try:
            yield bench
        finally:
            for one in bench.browsers:
                await one.aclose()


def _parts(pool: Pool, clock: HandClock, metrics: Metrics, given: Mapping[str, object]) -> DoorParts:
    values = {
        "nats_url": SecretStr("nats://127.0.0.1"),
        "database_url": SecretStr("postgresql://127.0.0.1"),
        "catalogue": CATALOGUE,
        "desk_url": f"http://{HOST}",
        "staff_keys": SecretStr("k1:" + "ab" * 32),
        **given,
    }
    settings, catalogue = DeskSettings.model_validate(values), load_catalogue(CATALOGUE)
    return DoorParts(settings, catalogue, pool, clock, metrics, passwords=Passwords(CHEAP))


@asynccontextmanager
async def listening_door(parts: DoorParts) -> AsyncIterator[tuple[OpenDoor, int]]:
    """Listen as a process does."""
    async with open_door(parts) as door:
        assert door is not None
        async with listening(door.app) as listener:
            yield door, listener.port
