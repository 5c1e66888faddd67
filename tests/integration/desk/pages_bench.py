"""The pages of staff over real HTTP, with the queue behind them: whoever a test names is signed in."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

import httpx
from pydantic import SecretStr

from contracts.catalogue import Catalogue, load_catalogue
from runtime.clock import SystemClock
from runtime.database.postgres import Pool, transaction
from runtime.process.lifecycle import Stop
from sandbox.agency import CATALOGUE
from services.desk.conversations.conversations import Conversations
from services.desk.conversations.files import Files
from services.desk.domain.viewers import Role
from services.desk.door.gate import csrf_of
from services.desk.door.opening import DoorParts, OpenDoor
from services.desk.knowledge.answers import Answers
from services.desk.knowledge.shelf import Shelf
from services.desk.metrics import Metrics
from services.desk.pages import Ground, editors_pages, peoples_pages
from services.desk.settings import DeskSettings
from services.desk.staff.accounts import Accounts, Administration, Profile
from services.desk.staff.passwords import Passwords
from services.desk.staff.sessions import Sessions
from tests.attacks.wire import HOST
from tests.integration.desk.staff_bench import CHEAP, listening_door

KEYS = f"1:{'cd' * 32}"
COOKIE = "docwatch-desk"


@dataclass
class DeskPages:
    """A desk's pages that are served."""

    url: str
    port: int
    pool: Pool
    door: OpenDoor
    catalogue: Catalogue

    async def staff(
        self, name: str, *roles: Role, languages: Sequence[str] = (), topics: Sequence[str] = ()
    ) -> str:
        """Give somebody an account and return the cookie by which they are signed in."""
        clock, login = SystemClock(), _login(name)
        profile = Profile(name=name, public_name=name, roles=roles, languages=languages, topics=topics)
        await Administration(self.pool, clock, "test").add(login, profile, directory=None, local=True)
        account = await Accounts(self.pool, clock).find(login)
        assert account is not None
        async with transaction(self.pool) as connection:
            return await Sessions(self.pool, clock).begin(connection, account.id, "open")

    async def invited(self, name: str, *roles: Role) -> str:
        """Give somebody an account and return the code of their first sign-in."""
        profile = Profile(name=name, public_name=name, roles=roles)
        administration = Administration(self.pool, SystemClock(), "test")
        code = await administration.add(_login(name), profile, directory=None, local=True)
        assert code is not None
        return code

    async def staff_id(self, name: str) -> UUID:
        """Return whose account it is."""
        account = await Accounts(self.pool, SystemClock()).find(_login(name))
        assert account is not None
        return account.id

    def browser(self, cookie: str, language: str = "en") -> "Browser":
        """Return a browser without scripts in which somebody is signed in."""
        headers = {"Origin": self.url, "Accept-Language": language}
        jar = {COOKIE: cookie}
        client = httpx.AsyncClient(
            base_url=self.url, headers=headers, cookies=jar, follow_redirects=True, timeout=60
        )
        return Browser(client, cookie)


@dataclass
class Browser:
    """Posts what the forms of our pages post."""

    client: httpx.AsyncClient
    cookie: str

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, **fields: Any) -> httpx.Response:  # noqa: ANN401 - what a form says
        """Post a form with the proof that our pages put into theirs."""
        form = {name.replace("__", "."): str(value) for name, value in fields.items()}
        return await self.client.post(path, data={"csrf": csrf_of(self.cookie), **form})


@asynccontextmanager
async def desk_pages(
    pool: Pool,
    database_url: str,
    conversations: Conversations | None,
    *,
    four_eyes: bool = False,
    answers: Collection[str] | None = None,
    files: Files | None = None,
) -> AsyncIterator[DeskPages]:
    """Serve the pages for the length of the block; without conversations those of the base alone.

    `answers` are those of the sample that its base has, None for all: to make many ready takes a while.
    """
    clock, stop, catalogue = SystemClock(), Stop(), load_catalogue(CATALOGUE)
    desk = catalogue.agency.desk
    assert desk is not None
    terms = desk.model_copy(update={"four_eyes": four_eyes})
    catalogue = catalogue.with_agency(catalogue.agency.model_copy(update={"desk": terms}))
    if answers is not None:
        few = {id_: answer for id_, answer in catalogue.answers.items() if id_ in answers}
        catalogue = catalogue.model_copy(update={"answers": few})
    ground = Ground(
        pool, database_url, catalogue, clock, "test", stop, Shelf(Answers(pool, clock), catalogue)
    )
    rooms = [editors_pages(ground)]
    if conversations is not None:
        rooms.append(peoples_pages(ground, conversations, KEYS, files))
    settings = DeskSettings.model_validate(
        {
            "nats_url": SecretStr("nats://127.0.0.1"),
            "database_url": SecretStr(database_url),
            "catalogue": CATALOGUE,
            "desk_url": f"http://{HOST}",
            "staff_keys": SecretStr(KEYS),
        }
    )
    parts = DoorParts(settings, catalogue, pool, clock, Metrics(), passwords=Passwords(CHEAP))
    parts = replace(
        parts,
        rooms={name: package for one in rooms for name, package in one.rooms.items()},
        routes=[route for one in rooms for route in one.routes],
    )
    async with AsyncExitStack() as stack:
        door, port = await stack.enter_async_context(listening_door(parts))
        tasks = [asyncio.ensure_future(loop()) for one in rooms for loop in one.loops]
        try:
            yield DeskPages(f"http://{HOST}:{port}", port, pool, door, catalogue)
        finally:
            stop.set()
            await asyncio.gather(*tasks)


def _login(name: str) -> str:
    return name.lower().replace(" ", ".")
