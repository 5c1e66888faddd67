"""A walk over every route of the staff's door with somebody else's object: nothing is had or changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx

from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.desk.conversations.sealing import Texts
from services.desk.domain.viewers import Role
from services.desk.staff.accounts import Accounts, Administration, Profile
from services.desk.staff.sessions import Sessions
from tests.attacks.test_staff_routes import DESCRIBED, STREAM, TALK, Desk, desk
from tests.attacks.wire import HOST
from tests.conftest import Databases

OWN_ONLY = frozenset(
    {
        *(route for route, roles in DESCRIBED.items() if not roles),
        *(("GET", path) for path in ("/", "/account", "/calls", "/conversations", "/conversations/part")),
        *(("POST", path) for path in ("/account/password", "/account/language", "/account/end-others")),
        *(("GET", path) for path in ("/search", "/wall", "/wall/part", "/knowledge", "/knowledge/answers")),
        *(("GET", path) for path in ("/knowledge/answers/{id}", "/knowledge/try", "/knowledge/new")),
        *(("POST", path) for path in ("/knowledge/misses/forget", "/knowledge/try", "/knowledge/new")),
        *(("POST", path) for path in ("/knowledge/preview", "/knowledge/suggest", "/knowledge/suggested")),
        ("POST", "/knowledge/version"),
        ("POST", "/search"),
        ("POST", "/conversations/leave"),
        ("POST", "/calls/take"),
        STREAM,
    }
)
"""What names nobody's object: one's own session and lists, and the base, which is the editors' together."""
WORDS, DRAFT, CODE, EVENT = "words of a citizen", "words of a colleague", "7K7K7", "event-of-another-office"
MISSING = httpx.codes.NOT_FOUND


@dataclass(frozen=True)
class Try:
    """One attack: the role, the form (`{name}` is an object of somebody else's), what may be read of it.

    `status`: the answer, where it is one and the same; a form that leads back with a reason is 303.
    """

    role: Role
    form: Mapping[str, str]
    status: int
    path: str = ""
    shared: bool = False


HELD = {"seen": "1", "draft": "{fresh}", "text": "mine", "topic": "id_card"}
COUNTER = {"office": "vinnytsia", "day": "2026-12-01"}
TRIES: Mapping[tuple[str, str], Try] = {
    ("POST", "/account/end"): Try("operator", {"session": "{session}"}, MISSING),
    # Everybody who answers may read any, with a row of the audit; what is held is one's own to answer.
    ("GET", TALK): Try("operator", {}, 200, "{conversation}", shared=True),
    ("GET", f"{TALK}/part"): Try("operator", {}, 200, "{conversation}", shared=True),
    ("POST", "/conversations/take"): Try("operator", {"id": "{conversation}"}, 303),
    ("POST", f"{TALK}/answer"): Try("operator", HELD, 303, "{conversation}"),
    ("POST", f"{TALK}/note"): Try("operator", HELD, 303, "{conversation}"),
    ("POST", f"{TALK}/pass"): Try("operator", HELD, 303, "{conversation}"),
    ("POST", f"{TALK}/close"): Try("operator", HELD, 303, "{conversation}"),
    ("POST", f"{TALK}/back"): Try("operator", {}, 303, "{conversation}"),
    ("POST", f"{TALK}/sign"): Try("operator", {}, 303, "{conversation}"),
    ("POST", f"{TALK}/draft"): Try(
        "operator", {"box": "answer", "draft": "{draft}", "text": "mine"}, 303, "{conversation}"
    ),
    ("POST", f"{TALK}/suggest"): Try("operator", {"answer": "fee"}, 303, "{conversation}"),
    ("GET", "/calls/{id:uuid}"): Try("caller", {}, MISSING, "{call}"),
    ("POST", "/calls/{id:uuid}/take"): Try("caller", {}, 303, "{call}"),
    ("POST", "/calls/{id:uuid}/result"): Try(
        "caller", {"lease": "{lease}", "result": "reached"}, MISSING, "{call}"
    ),
    ("POST", "/calls/{id:uuid}/back"): Try("caller", {}, MISSING, "{call}"),
    ("POST", "/calls/{id:uuid}/sign"): Try("caller", {}, 409, "{call}"),
    ("GET", "/appointments"): Try("clerk", {}, MISSING, "?office=vinnytsia&day=2026-12-01"),
    ("POST", "/appointments/mark"): Try(
        "clerk", {**COUNTER, "appointment": "{appointment}", "status": "present"}, MISSING
    ),
    ("POST", "/appointments/close"): Try(
        "clerk", {**COUNTER, "closing": "{fresh}", "begins": "09:00", "ends": "12:00"}, MISSING
    ),
    ("POST", "/appointments/open"): Try("clerk", {**COUNTER, "closing": "{closing}"}, MISSING),
    # A proposal is for other editors to read; with four eyes its writer alone may not release it.
    ("GET", "/knowledge/proposals/{id:uuid}"): Try("operator", {}, MISSING, "{proposal}"),
    ("POST", "/knowledge/proposals/{id:uuid}/refuse"): Try("operator", {}, MISSING, "{proposal}"),
    ("POST", "/knowledge/release"): Try("operator", {"proposal": "{proposal}", "seen": "x"}, MISSING),
}
"""By route an attack upon an object that the attacker's role could have, were it theirs."""
UNTOUCHED = {
    "conversations": (
        "SELECT row (conversation_id, held_by, held_until, asks_since, heard, replies, topics, closed_at)"
        "::text AS row FROM conversation"
    ),
    "utterances": "SELECT u::text AS row FROM utterance u",
    "notes": "SELECT n::text AS row FROM note n WHERE staff_id <> ALL ($1)",
    "drafts": "SELECT d::text AS row FROM draft d WHERE staff_id <> ALL ($1)",
    "calls": "SELECT row (call_id, tries, held_by, held_until, lease_id, ended_as)::text AS row FROM call",
    "tries": "SELECT t::text AS row FROM call_try t",
    "appointments": "SELECT row (appointment_id, status)::text AS row FROM appointment",
    "closed": "SELECT c::text AS row FROM closed_time c",
    "sessions": "SELECT id::text AS row FROM staff_session WHERE staff_id <> ALL ($1)",
    "proposals": "SELECT p::text AS row FROM proposal p",
    "messages": "SELECT id::text AS row FROM outbox",
}
"""What nobody may change who is not whose it is; of attackers' own things there may be more."""


async def _session(pool: Pool, login: str, profile: Profile) -> tuple[UUID, str]:
    """Give somebody an account; return whose it is and the cookie of their session."""
    await Administration(pool, SystemClock(), "test").add(login, profile, directory=None, local=True)
    account = await Accounts(pool, SystemClock()).find(login)
    assert account is not None
    async with pool.acquire() as connection:
        return account.id, await Sessions(pool, SystemClock()).begin(connection, account.id, "open")


async def _objects(pool: Pool, owner: UUID) -> Mapping[str, str]:
    """Make one object of each kind that is somebody's; return what they are called by."""
    now, texts = datetime.now(UTC), Texts.of("k1:" + "cd" * 32)
    names = ("conversation", "call", "lease", "appointment", "closing", "proposal", "draft", "fresh")
    ids = {name: uuid4() for name in names}
    later, said = now + timedelta(hours=20), uuid4()
    await pool.execute(
        "INSERT INTO conversation (conversation_id, recipient_id, opened_at, language, channel, heard, said,"
        " asks_since, due, held_by, holder, held_since, held_until)"
        " VALUES ($1, gen_random_uuid(), $2, 'uk', 'telegram', 1, 1, $2, $3, $4, 'owner', $2, $3)",
        *(ids["conversation"], now, later, owner),
    )
    sealed = texts.seal(said, WORDS)
    await pool.execute(
        "INSERT INTO utterance (utterance_id, conversation_id, by_staff, number, arrival, at, key, box)"
        " VALUES ($1, $2, false, 1, 1, $3, $4, $5)",
        *(said, ids["conversation"], now, sealed.key, sealed.box),
    )
    await pool.execute(
        "INSERT INTO draft VALUES ($1, $2, 'answer', $3, 'k1', $4, $5)",
        *(owner, ids["conversation"], ids["draft"], DRAFT.encode(), now),
    )
    await pool.execute(
        "INSERT INTO call (call_id, number, publisher, event_id, document_type, stage, office, language,"
        " missed_as, missed_at, actionable, listed_at, looked_at, due_at, held_by, held_number, held_until,"
        " lease_id) VALUES ($1, 1, 'office', $2, 'id_card', 'arrived', 'kyiv-1', 'uk', 'undeliverable', $3,"
        " true, $3, $3, $3, $4, 1, $5, $6)",
        *(ids["call"], EVENT, now, owner, later, ids["lease"]),
    )
    noon = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    await pool.execute(
        "INSERT INTO appointment VALUES ($1, 'vinnytsia', $2, $3, 0, $4, 'office', 'id_card',"
        " gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'booked', $5, $5, NULL, $5)",
        *(ids["appointment"], noon, noon + timedelta(minutes=20), CODE, now),
    )
    await pool.execute(
        "INSERT INTO closed_time VALUES ($1, 'vinnytsia', $2, $3, 'repairs', $4, $5)",
        *(ids["closing"], noon + timedelta(days=1), noon + timedelta(days=2), owner, now),
    )
    await pool.execute(
        "INSERT INTO proposal (id, answer, deed, fields, four_eyes, made_at, made_by, made_by_name)"
        " VALUES ($1, 'fee', 'write', '{}', true, $2, $3, 'owner')",
        *(ids["proposal"], now, owner),
    )
    session = await pool.fetchval("SELECT id FROM staff_session WHERE staff_id = $1", owner)
    return {name: str(id_) for name, id_ in ids.items()} | {"session": session.hex}


def test_every_route_says_whose_objects_it_names() -> None:
    """Whoever adds a route either says that it names nobody's object, or how to try somebody else's."""
    assert set() == OWN_ONLY & TRIES.keys()
    assert DESCRIBED.keys() == OWN_ONLY | TRIES.keys()


async def test_nothing_of_others_is_had_or_changed(databases: Databases, nats_url: str) -> None:
    """On every route the object of a colleague or another office is refused, and stands as it stood."""
    wrong = []
    async with desk(databases, nats_url) as found:
        roles: tuple[Role, ...] = ("operator", "caller", "clerk", "editor")
        owner, _ = await _session(found.pool, "owner", Profile(name="owner", roles=[*roles, "supervisor"]))
        objects = await _objects(found.pool, owner)
        attackers: list[UUID] = []
        browsers = {}
        for role in roles:
            profile = Profile(name=role, roles=[role], offices=["kyiv-2"])
            attacker, cookie = await _session(found.pool, f"attacker-{role}", profile)
            attackers.append(attacker)
            browsers[role] = _browser(found, cookie)
        before = await _state(found.pool, attackers)
        for (method, pattern), attack in TRIES.items():
            path = pattern.partition("{")[0] + attack.path.format(**objects) + pattern.partition("}")[2]
            browser = browsers[attack.role]
            form = {name: value.format(**objects) for name, value in attack.form.items()}
            form |= {"csrf": await _proof(browser)} if method == "POST" else {}
            answer = await browser.request(method, path, data=form or None)
            told = [words for words in (WORDS, DRAFT, CODE, EVENT, "repairs") if words in answer.text]
            if attack.shared:
                told = [words for words in told if words != WORDS]
            after = await _state(found.pool, attackers)
            changed = [name for name, rows in before.items() if rows != after[name]]
            if answer.status_code != attack.status or told or changed:
                wrong.append((method, path, answer.status_code, told, changed))
                before = after
        for browser in browsers.values():
            await browser.aclose()

    assert [] == wrong


def _browser(found: Desk, cookie: str) -> httpx.AsyncClient:
    url = f"http://{HOST}:{found.port}"
    client = httpx.AsyncClient(base_url=url, headers={"Origin": url}, timeout=90)
    client.cookies.set("docwatch-desk", cookie)
    return client


async def _proof(browser: httpx.AsyncClient) -> str:
    return (await browser.get("/account")).text.partition('name="csrf" value="')[2].partition('"')[0]


async def _state(pool: Pool, attackers: list[UUID]) -> Mapping[str, list[str]]:
    return {
        name: sorted(row["row"] for row in await pool.fetch(query, *([attackers] if "$1" in query else [])))
        for name, query in UNTOUCHED.items()
    }
