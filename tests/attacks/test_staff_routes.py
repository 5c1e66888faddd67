"""Every page behind the staff's door and who may have it: one that is not described here fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route as Path

from runtime.clock import SystemClock
from runtime.database.postgres import Pool, open_pool
from runtime.process.lifecycle import Stop
from sandbox.agency import CATALOGUE
from services.desk.app import build
from services.desk.domain.viewers import ROLES, Role
from services.desk.door.routes import Asked, Route
from services.desk.settings import DeskSettings
from services.desk.staff.accounts import Accounts, Administration, Profile
from services.desk.staff.sessions import Sessions
from tests.attacks.wire import HOST, listening
from tests.conftest import Databases
from tests.integration.desk.staff_bench import staff_bench

OPEN = frozenset[Role]()
"""Asked by whoever comes: the pages of the sign-in, which judge by themselves."""
EVERYBODY = frozenset(ROLES)
CALLERS = frozenset[Role]({"caller"})
COUNTER = frozenset[Role]({"clerk", "supervisor"})
ANSWERERS = frozenset[Role]({"operator", "supervisor"})
LEADERS = frozenset[Role]({"supervisor"})
EDITORS = frozenset[Role]({"editor"})
SUGGESTERS = frozenset[Role]({"editor", "operator", "supervisor"})
DEEDS = ("answer", "note", "pass", "close", "back", "draft", "sign", "suggest")
STREAM = ("GET", "/conversations/events")
"""Whoever may have it is answered without end."""
TALK = "/conversations/{id:uuid}"
DESCRIBED: dict[tuple[str, str], frozenset[Role]] = {
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("GET", "/first"): OPEN,
    ("POST", "/first"): OPEN,
    ("GET", "/password"): OPEN,
    ("POST", "/password"): OPEN,
    ("GET", "/second"): OPEN,
    ("POST", "/second"): OPEN,
    ("POST", "/out"): OPEN,
    ("GET", "/static/{digest}/{room}/{name}"): OPEN,
    ("GET", "/directory"): OPEN,
    ("GET", "/directory/back"): OPEN,
    ("GET", "/"): EVERYBODY,
    ("GET", "/account"): EVERYBODY,
    ("POST", "/account/password"): EVERYBODY,
    ("POST", "/account/language"): EVERYBODY,
    ("POST", "/account/end"): EVERYBODY,
    ("POST", "/account/end-others"): EVERYBODY,
    ("GET", "/calls"): CALLERS,
    ("POST", "/calls/take"): CALLERS,
    ("GET", "/calls/{id:uuid}"): CALLERS,
    ("POST", "/calls/{id:uuid}/take"): CALLERS,
    ("POST", "/calls/{id:uuid}/result"): CALLERS,
    ("POST", "/calls/{id:uuid}/back"): CALLERS,
    ("POST", "/calls/{id:uuid}/sign"): CALLERS,
    ("GET", "/appointments"): COUNTER,
    ("POST", "/appointments/mark"): COUNTER,
    ("POST", "/appointments/close"): COUNTER,
    ("POST", "/appointments/open"): COUNTER,
    ("GET", "/conversations"): ANSWERERS,
    ("GET", "/conversations/part"): ANSWERERS,
    ("GET", "/conversations/events"): ANSWERERS,
    ("POST", "/conversations/take"): ANSWERERS,
    ("POST", "/conversations/leave"): ANSWERERS,
    ("GET", TALK): ANSWERERS,
    ("GET", f"{TALK}/part"): ANSWERERS,
    ("GET", f"{TALK}/files/{{file:uuid}}"): ANSWERERS,
    **{("POST", f"{TALK}/{deed}"): ANSWERERS for deed in DEEDS},
    ("GET", "/search"): ANSWERERS,
    ("POST", "/search"): ANSWERERS,
    ("GET", "/wall"): LEADERS,
    ("GET", "/wall/part"): LEADERS,
    ("GET", "/knowledge"): EDITORS,
    ("POST", "/knowledge/misses/forget"): EDITORS,
    ("GET", "/knowledge/answers"): EDITORS,
    ("GET", "/knowledge/answers/{id}"): EDITORS,
    ("GET", "/knowledge/try"): EDITORS,
    ("POST", "/knowledge/try"): EDITORS,
    ("GET", "/knowledge/new"): EDITORS,
    ("POST", "/knowledge/new"): EDITORS,
    ("POST", "/knowledge/preview"): EDITORS,
    ("POST", "/knowledge/release"): EDITORS,
    ("POST", "/knowledge/version"): EDITORS,
    ("GET", "/knowledge/proposals/{id:uuid}"): EDITORS,
    ("POST", "/knowledge/proposals/{id:uuid}/refuse"): EDITORS,
    ("POST", "/knowledge/suggest"): SUGGESTERS,
    ("POST", "/knowledge/suggested"): SUGGESTERS,
}
"""By method and path the roles that may ask."""


@dataclass(frozen=True)
class Desk:
    """A whole desk behind its listener."""

    app: Starlette
    port: int
    pool: Pool

    @property
    def found(self) -> set[tuple[str, str]]:
        """The method and path of everything that it answers."""
        return {
            (method, route.path)
            for route in self.app.routes
            if isinstance(route, Path)
            for method in (route.methods or set()) - {"HEAD"}
        }

    @asynccontextmanager
    async def browser(self, role: Role | None) -> AsyncIterator[httpx.AsyncClient]:
        """Open the browser of a member of staff with one role, or of a stranger."""
        url = f"http://{HOST}:{self.port}"
        async with httpx.AsyncClient(base_url=url, headers={"Origin": url}, timeout=20) as client:
            if role is not None:
                client.cookies.set("docwatch-desk", await self._cookie(role))
            yield client

    async def _cookie(self, role: Role) -> str:
        clock, login = SystemClock(), f"{role}-{uuid4().hex[:6]}"
        profile = Profile(name=login, roles=[role])
        await Administration(self.pool, clock, "operator test").add(
            login, profile, directory=None, local=True
        )
        account = await Accounts(self.pool, clock).find(login)
        assert account is not None
        async with self.pool.acquire() as connection:
            return await Sessions(self.pool, clock).begin(connection, account.id, "open")


@asynccontextmanager
async def desk(databases: Databases, nats_url: str) -> AsyncIterator[Desk]:
    """Run the whole of it with everything on that can be."""
    settings = DeskSettings(
        nats_url=SecretStr(nats_url),
        database_url=SecretStr(databases.url("desk")),
        catalogue=CATALOGUE,
        conversation_keys=SecretStr("k1:" + "cd" * 32),
        staff_keys=SecretStr("k1:" + "ab" * 32),
        desk_url=f"http://{HOST}",
        oidc_issuer=f"http://{HOST}:9",
    )
    stop = Stop()
    async with build(settings)(stop) as service, open_pool(databases.url("desk"), "desk", size=4) as pool:
        loops = [asyncio.ensure_future(loop()) for loop in service.loops]
        app = service.apps["desk"]
        assert isinstance(app, Starlette)
        async with listening(app) as listener:
            yield Desk(app, listener.port, pool)
        stop.set()
        await asyncio.gather(*loops)


def path_of(path: str, id_: UUID) -> str:
    """Return a path with its parameters filled in."""
    parts = [str(id_) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


async def test_every_page_is_described(databases: Databases, nats_url: str) -> None:
    """What the desk answers is what stands above, so that nobody adds a page without saying whose it is."""
    async with desk(databases, nats_url) as found:
        assert set(DESCRIBED) == found.found


async def test_nobody_has_a_page_of_another_role(databases: Databases, nats_url: str) -> None:
    """Whoever lacks the role is told what everybody is told of no page at all, on every route."""
    inside = {route: roles for route, roles in DESCRIBED.items() if roles}
    wrong = []
    async with desk(databases, nats_url) as found:
        for role in ROLES:
            async with found.browser(role) as browser:
                proof = (
                    (await browser.get("/account")).text.partition('name="csrf" value="')[2].partition('"')[0]
                )
                nothing = (await browser.get("/there-is-no-such-page")).status_code
                for (method, path), roles in inside.items():
                    if path in {"/account/end-others", "/account/end"}:
                        continue
                    if (method, path) == STREAM and role in roles:
                        continue
                    data = {"csrf": proof} if method == "POST" else None
                    answer = await browser.request(method, path_of(path, uuid4()), data=data)
                    denied = answer.status_code == nothing
                    if role not in roles and not denied:
                        wrong.append((role, method, path, answer.status_code))
                    if role in roles and "{" not in path and method == "GET" and answer.status_code >= 400:
                        wrong.append((role, method, path, answer.status_code))

    assert [] == wrong


async def test_a_stranger_has_no_page_at_all(databases: Databases, nats_url: str) -> None:
    """Without a session every page leads to the sign-in, and every form is refused or leads there."""
    inside = {route for route, roles in DESCRIBED.items() if roles}
    async with desk(databases, nats_url) as found, found.browser(None) as browser:
        answers = {
            (method, path): await browser.request(
                method, path_of(path, uuid4()), data=None if method == "GET" else {"x": "y"}
            )
            for method, path in inside
        }

    assert {(303, "/sign-in")} == {(one.status_code, one.headers.get("location")) for one in answers.values()}


async def test_a_role_opens_its_pages_alone(databases: Databases) -> None:
    """A page or form of one role answers it, stands in its navigation, and is nothing to anybody else."""

    async def answer(asked: Asked) -> Response:
        return PlainTextResponse(f"{asked.viewer.name} {asked.form}")

    routes = [
        Route("GET", "/editing", frozenset[Role]({"editor"}), answer, label="Editing"),
        Route("POST", "/editing/{id:uuid}", frozenset[Role]({"editor", "supervisor"}), answer),
    ]
    async with open_pool(databases.url("desk"), "desk") as pool, staff_bench(pool, routes) as bench:
        found = {}
        for role in ROLES:
            browser = await bench.member(role, [role])
            posted = await browser.post(f"/editing/{uuid4()}", "/account", word="x")
            named = "/editing" in (await browser.get("/account")).text
            found[role] = ((await browser.get("/editing")).status_code, posted.status_code, named)
            said = posted.text
            if role == "editor":
                assert said == "editor of staff {'word': 'x'}"

    nothing = (404, 404, False)
    assert {
        "operator": nothing,
        "editor": (200, 200, True),
        "supervisor": (404, 200, False),
        "caller": nothing,
        "clerk": nothing,
    } == found


async def test_a_stream_ends_with_the_session_or_the_role(databases: Databases) -> None:
    """What goes on being shown is told to end once its session is ended or its role is taken away."""
    asks: list[Asked] = []

    async def answer(asked: Asked) -> Response:
        asks.append(asked)
        return PlainTextResponse("")

    routes = [Route("GET", "/wall", frozenset[Role]({"supervisor"}), answer)]
    async with open_pool(databases.url("desk"), "desk") as pool, staff_bench(pool, routes) as bench:
        for login, roles in (("one", ["supervisor", "editor"]), ("two", ["supervisor"])):
            await (await bench.member(login, roles)).get("/wall")  # type: ignore[arg-type]  # they are roles
        before = [await asked.still() for asked in asks]
        await bench.administration.change("one", Profile(roles=["editor"]))
        await bench.administration.sign_out("two")

        assert [True, True] == before
        assert [False, False] == [await asked.still() for asked in asks]
