"""Staff at their door: the first sign-in, the usual one, sessions and what an administrator changes."""

from collections.abc import AsyncIterator

import pytest

from runtime.database.postgres import Pool
from services.desk.staff.accounts import LoginTakenError, NoSuchStaffError, Profile
from services.desk.staff.sessions import MOST_SESSIONS
from tests.integration.desk.staff_bench import ANOTHER, PASSWORD, StaffBench, staff_bench


@pytest.fixture
async def bench(pool: Pool) -> AsyncIterator[StaffBench]:
    async with staff_bench(pool) as found:
        yield found


async def test_the_first_sign_in_sets_up_both_factors(bench: StaffBench) -> None:
    """Code, password and second factor in this order lead in, and the code leads nowhere a second time."""
    code = await bench.add()
    browser, other = bench.browser(), bench.browser()
    done = await browser.begin(code)
    again = await other.post("/first", code=code)

    assert (303, "/") == (done.status_code, done.headers["location"])
    assert await browser.inside()
    assert 422 == again.status_code
    assert ["password chosen", "second factor set up"] == await bench.audited()


async def test_from_then_on_password_and_code_lead_in(bench: StaffBench) -> None:
    """Another browser gets in by password and the code of the moment, typed with a space or without."""
    first = await bench.member()
    browser = bench.browser()
    browser.key = first.key
    bench.clock.go(seconds=30)
    await browser.post("/sign-in", login=" Olena ", password=PASSWORD)
    digits = browser.digits()
    done = await browser.post("/second", code=f"{digits[:3]} {digits[3:]}")

    assert "/" == done.headers["location"]
    assert await browser.inside()


async def test_before_the_second_factor_nothing_is_open(bench: StaffBench) -> None:
    """A password alone leads to the second factor, whatever page is asked for."""
    await bench.member()
    browser = bench.browser()
    await browser.post("/sign-in", login="olena", password=PASSWORD)
    account = await browser.get("/account")
    script = await browser.get("/account", headers={"Accept": "application/json"})

    assert (303, "/second") == (account.status_code, account.headers["location"])
    assert 401 == script.status_code


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "too short"),
        ("x" * 129, "too long"),
        ("password12345", "easy to guess"),
        ("olenaolenaolena", "easy to guess"),
        ("qwertyuiop123", "easy to guess"),
    ],
)
async def test_a_weak_password_is_not_taken(bench: StaffBench, password: str, said: str) -> None:
    """What is short, endless, or among the first guesses is refused with what is wrong."""
    browser = bench.browser()
    await browser.post("/first", code=await bench.add())
    refused = await browser.post("/password", password=password)
    taken = await browser.post("/password", password=PASSWORD)

    assert 422 == refused.status_code
    assert said in refused.text
    assert "/second" == taken.headers["location"]


async def test_a_session_ends_when_nothing_is_done(bench: StaffBench) -> None:
    """Half an hour without a request ends a session; requests keep it, but not beyond twelve hours."""
    browser = await bench.member()
    idle = await bench.member("idle")
    for _ in range(25):
        bench.clock.go(minutes=28)
        assert await browser.inside()
    bench.clock.go(minutes=29)
    late = await browser.inside()

    assert not await idle.inside()
    assert not late


async def test_who_signs_out_is_out(bench: StaffBench) -> None:
    """After signing out the cookie opens nothing, wherever it was copied to."""
    browser, thief = await bench.member(), bench.browser()
    cookie = browser.cookie()
    done = await browser.post("/out", "/account")
    thief.http.cookies.set("docwatch-desk", cookie or "")

    assert "/sign-in?out" == done.headers["location"]
    assert browser.cookie() is None
    assert not await thief.inside()
    assert "signed out" == (await bench.audited())[-1]


async def test_who_changes_the_password_is_out_elsewhere(bench: StaffBench) -> None:
    """A new password, by the old one, ends all other sessions and leads in from then on."""
    here = await bench.member()
    there = bench.browser()
    there.key = here.key
    await there.sign_in("olena")
    wrong = await here.post("/account/password", "/account", old=ANOTHER, password=ANOTHER)
    done = await here.post("/account/password", "/account", old=PASSWORD, password=ANOTHER)
    outside = await there.inside()
    old = await there.sign_in("olena")
    new = await there.sign_in("olena", ANOTHER)

    assert [422, 303] == [wrong.status_code, done.status_code]
    assert await here.inside()
    assert not outside
    assert [422, "/"] == [old.status_code, new.headers["location"]]


async def test_one_sees_and_ends_where_one_is_signed_in(bench: StaffBench) -> None:
    """The account lists one's sessions, ends one of them or all but this."""
    here, others = await bench.member(), [bench.browser() for _ in range(3)]
    for other in others:
        other.key = here.key
        await other.sign_in("olena")
    page = (await here.get("/account")).text
    session = page.partition('name="session" value="')[2].partition('"')[0]
    await here.post("/account/end", "/account", session=session)
    left = [await other.inside() for other in others]
    await here.post("/account/end-others", "/account")

    assert 3 == page.count('name="session"')
    assert [True, True, False] == left
    assert await here.inside()
    assert [False] * 3 == [await other.inside() for other in others]


async def test_one_reads_in_ones_language(bench: StaffBench) -> None:
    """The browser's language holds until another is chosen, which stays wherever one signs in."""
    browser = await bench.member()
    before = (await browser.get("/account")).headers["content-language"]
    await browser.post("/account/language", "/account", value="uk")
    page = await browser.get("/account")

    assert ["en", "uk"] == [before, page.headers["content-language"]]
    assert "Мій обліковий запис" in page.text


async def test_what_an_administrator_changes_holds_at_once(bench: StaffBench) -> None:
    """Roles hold from the next request on, an end is an end, and all of it stands in the audit."""
    browser = await bench.member()
    await bench.administration.change("olena", Profile(roles=["editor"], name="Olena"))
    page = (await browser.get("/account")).text
    await bench.administration.end("olena")
    audit = await bench.pool.fetch("SELECT action, detail FROM audit ORDER BY number")

    assert "keeps the answers of the base" in page
    assert not await browser.inside()
    assert ["staff added", "staff changed", "staff ended"] == [row["action"] for row in audit]
    assert audit[1]["detail"].endswith("name, roles, editor")
    with pytest.raises(NoSuchStaffError):
        await bench.administration.reset("olena")
    with pytest.raises(LoginTakenError):
        await bench.add()


async def test_a_reset_begins_anew(bench: StaffBench) -> None:
    """A reset ends sessions, password and second factor; its code alone leads in, for three days."""
    browser = await bench.member()
    code = await bench.administration.reset("olena")
    inside, old = await browser.inside(), await browser.sign_in("olena")
    bench.clock.go(days=3)
    late = await browser.post("/first", code=code or "")
    fresh = await bench.administration.reset("olena")
    done = await browser.begin(fresh or "", ANOTHER)

    assert not inside
    assert [422, 422] == [old.status_code, late.status_code]
    assert "/" == done.headers["location"]


async def test_only_so_many_sessions_are_kept(bench: StaffBench) -> None:
    """Whoever signs in once more than that is out where they signed in first."""
    first = await bench.member()
    others = [bench.browser() for _ in range(MOST_SESSIONS)]
    for other in others:
        other.key = first.key
        await other.sign_in("olena")

    assert not await first.inside()
    assert all([await other.inside() for other in others])


async def test_what_is_over_is_removed(bench: StaffBench) -> None:
    """Sessions, browsers and attempts of a time that is over are rows no more."""
    browser = await bench.member()
    await bench.browser(address="192.0.2.1").post("/sign-in", login="olena", password=ANOTHER)
    kept = [await bench.count(table) for table in ("staff_session", "staff_device", "staff_attempts")]
    bench.clock.go(days=181)
    await bench.door.sessions.purge()

    assert await bench.door.sessions.number() == 0
    assert not await browser.inside()
    assert all(kept)
    assert [0, 0, 0] == [
        await bench.count(table) for table in ("staff_session", "staff_device", "staff_attempts")
    ]
