"""Whoever attacks the staff's door: foreign forms and frames, planted cookies, guesses, too much."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher

from runtime.database.postgres import Pool, open_pool
from services.desk.domain.signing_in import OF_ACCOUNT, OF_DEVICE, OF_SOURCE
from services.desk.door.gate import MOST_FIELDS
from services.desk.door.routes import LONGEST_FORM
from services.desk.staff.passwords import WAITING, BusyError, Passwords
from tests.conftest import Databases
from tests.integration.desk.staff_bench import ANOTHER, PASSWORD, Browser, StaffBench, staff_bench

FORM = {"content-type": "application/x-www-form-urlencoded"}
ELSEWHERE, OFFICE = "203.0.113.7", "198.51.100.20"


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    async with open_pool(databases.url("desk"), "desk") as found:
        yield found


@pytest.fixture
async def bench(pool: Pool) -> AsyncIterator[StaffBench]:
    async with staff_bench(pool) as found:
        yield found


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:1.evil.example"])
async def test_a_form_of_another_site_does_nothing(bench: StaffBench, origin: str) -> None:
    """A post that does not come from our own page is refused, with cookie and proof or without."""
    browser, stranger = await bench.member(), bench.browser()
    page = (await browser.get("/account")).text
    proof = page.partition('name="csrf" value="')[2].partition('"')[0]
    headers = {"Origin": origin}
    ended = await browser.http.post("/account/end-others", data={"csrf": proof}, headers=headers)
    form = {"login": "olena", "password": PASSWORD}
    signed_in = await stranger.http.post("/sign-in", data=form, headers=headers)
    fetched = await browser.http.post("/out", data={"csrf": proof}, headers={"Sec-Fetch-Site": "cross-site"})

    assert [403] * 3 == [ended.status_code, signed_in.status_code, fetched.status_code]
    assert await browser.inside()


async def test_a_form_without_its_proof_does_nothing(bench: StaffBench) -> None:
    """Wherever a post comes from, a form of a session bears what only its own pages show."""
    mine, other = await bench.member(), await bench.member("other")
    page = (await other.get("/account")).text
    foreign = page.partition('name="csrf" value="')[2].partition('"')[0]
    answers = [
        await mine.http.post("/account/language", data={"value": "uk", **form})
        for form in ({}, {"csrf": ""}, {"csrf": foreign}, {"csrf": "\u0416"})
    ]

    assert [403] * 4 == [one.status_code for one in answers]
    assert "en" == (await mine.get("/account")).headers["content-language"]


async def test_no_step_goes_on_under_an_old_cookie(bench: StaffBench) -> None:
    """A planted cookie begins nothing, and each step of a sign-in gives the session another one."""
    browser = bench.browser()
    planted = "A" * 43
    browser.http.cookies.set("docwatch-desk", planted, domain="127.0.0.1")
    cookies = [planted]
    await browser.post("/first", code=await bench.add())
    cookies += [value for value in [_newest(browser)] if value]
    await browser.post("/password", password=PASSWORD)
    cookies += [value for value in [_newest(browser)] if value]
    page = (await browser.get("/second")).text
    browser.key = page.partition('<code class="code">')[2].partition("<")[0].replace(" ", "")
    await browser.post("/second", code=browser.digits())
    last = _newest(browser)
    inside = []
    for old in cookies:
        thief = bench.browser()
        thief.http.cookies.set("docwatch-desk", old)
        inside.append((await thief.get("/account")).headers.get("location"))

    assert 4 == len({*cookies, last})
    assert ["/sign-in"] * 3 == inside
    assert await browser.inside()


def _newest(browser: Browser) -> str | None:
    values = [one.value for one in browser.http.cookies.jar if one.name == "docwatch-desk"]
    return values[-1]


async def test_cookies_say_nothing_and_are_kept_from_scripts(bench: StaffBench, pool: Pool) -> None:
    """Cookies are out of reach of scripts and other hosts; the database has their digests alone."""
    browser = bench.browser()
    await browser.post("/first", code=await bench.add())
    answer = await browser.post("/password", password=PASSWORD)
    flags = answer.headers["set-cookie"].lower()
    async with staff_bench(pool, desk_url="https://desk.agency.example") as secure:
        headers = {"Origin": "https://desk.agency.example"}
        code = await secure.add("second")
        by_https = await secure.browser().http.post("/first", data={"code": code}, headers=headers)
    rows = await pool.fetch("SELECT digest::text, id::text FROM staff_session")
    kept = {value for row in rows for value in row.values()}

    assert all(flag in flags for flag in ("httponly", "samesite=lax", "path=/"))
    assert by_https.headers["set-cookie"].startswith("__Host-docwatch-desk=")
    assert "; secure" in by_https.headers["set-cookie"].lower()
    assert "max-age=" in by_https.headers["strict-transport-security"]
    assert not [value for value in kept if (browser.cookie() or "") in value]


@pytest.mark.parametrize("path", ["/sign-in", "/first", "/account", "/nothing", "/static/x/door/door.css"])
async def test_no_page_can_be_framed_kept_or_told_on(bench: StaffBench, path: str) -> None:
    """Every answer forbids frames, foreign scripts, caches and referrers, whoever asks for whatever."""
    for browser in (await bench.member(), bench.browser()):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]

        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert ["DENY", "nosniff", "same-origin", "no-store"] == [
            headers[name]
            for name in ("x-frame-options", "x-content-type-options", "referrer-policy", "cache-control")
        ]


async def test_a_guesser_locks_nobody_out(bench: StaffBench) -> None:
    """Who guesses an account's password is stopped; its owner gets in from a browser that is known."""
    owner = await bench.member(address=OFFICE)
    await owner.post("/out", "/account")
    guesser = bench.browser(address=ELSEWHERE)
    guesses = [
        (await guesser.post("/sign-in", login="olena", password=ANOTHER)).status_code
        for _ in range(OF_ACCOUNT.most + 2)
    ]
    right = await guesser.post("/sign-in", login="olena", password=PASSWORD)
    own = await owner.sign_in("olena")

    assert [422] * OF_ACCOUNT.most + [429] * 2 == guesses
    assert 429 == right.status_code
    assert "/" == own.headers["location"]
    bench.clock.go(minutes=15)
    assert "/second" == (await guesser.post("/sign-in", login="olena", password=PASSWORD)).headers["location"]


async def test_a_network_that_guesses_locks_only_itself_out(bench: StaffBench) -> None:
    """Who tries every account is stopped by the network, spends nothing of accounts, and others get in."""
    owner = await bench.member(address=OFFICE)
    key = owner.key
    guesser = bench.browser(address=ELSEWHERE)
    for number in range(OF_SOURCE.most):
        await guesser.http.post("/sign-in", data={"login": f"staff{number}", "password": ANOTHER})
    stopped = await guesser.post("/sign-in", login="olena", password=ANOTHER)
    by_code = await guesser.post("/first", code="0" * 20)
    newcomer = bench.browser(address=OFFICE)
    newcomer.key = key
    done = await newcomer.sign_in("olena")

    assert [429, 429] == [stopped.status_code, by_code.status_code]
    assert "/" == done.headers["location"]


async def test_a_known_browser_guesses_only_so_often(bench: StaffBench) -> None:
    """A browser that is known has some more guesses, for its owner's account alone, and then none."""
    owner = await bench.member(address=OFFICE)
    await bench.add("other")
    await owner.post("/out", "/account")
    guesses = [
        (await owner.post("/sign-in", login="olena", password=ANOTHER)).status_code
        for _ in range(OF_DEVICE.most + 1)
    ]
    others = [
        (await owner.post("/sign-in", login="other", password=ANOTHER)).status_code
        for _ in range(OF_ACCOUNT.most + 1)
    ]

    assert [422] * OF_DEVICE.most + [429] == guesses
    assert [422] * OF_ACCOUNT.most + [429] == others


async def test_who_knows_the_password_alone_gets_nowhere(bench: StaffBench) -> None:
    """Codes of the second factor are guessed a few times, which ends nothing of the owner's."""
    owner = await bench.member(address=OFFICE)
    thief = bench.browser(address=ELSEWHERE)
    for _ in range(12):
        await thief.post("/sign-in", login="olena", password=PASSWORD)
    begun = await bench.count("staff_session WHERE stage = 'factor'")
    typed = [f"{number:06}" for number in range(OF_ACCOUNT.most + 1)]
    guesses = [(await thief.post("/second", code=one)).status_code for one in typed]
    inside = await owner.inside()
    await owner.post("/out", "/account")
    again = await owner.sign_in("olena")

    assert OF_ACCOUNT.most == begun
    assert [422] * OF_ACCOUNT.most + [429] == guesses
    assert inside
    assert "/" == again.headers["location"]


async def test_one_code_opens_one_session(bench: StaffBench) -> None:
    """Of many that show the same code of the second factor at once, one gets in."""
    owner = await bench.member()
    bench.clock.go(seconds=30)
    browsers = [bench.browser() for _ in range(4)]
    for one in browsers:
        await one.post("/sign-in", login="olena", password=PASSWORD)
    digits = owner.digits()
    done = await asyncio.gather(*(one.post("/second", code=digits) for one in browsers))

    assert [303, 422, 422, 422] == sorted(one.status_code for one in done)


async def test_it_takes_as_long_to_refuse_whom_nobody_knows(pool: Pool) -> None:
    """Login pages answer alike, and as late, for accounts that exist and for those that do not."""
    async with staff_bench(pool) as bench:
        bench.door.passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
        await bench.member("known")
        took: dict[str, list[float]] = {"known": [], "unknown": []}
        pages = set()
        for _ in range(12):
            for login, times in took.items():
                bench.clock.go(minutes=16)
                started = time.perf_counter()
                form = {"login": login, "password": ANOTHER}
                answer = await bench.browser().http.post("/sign-in", data=form)
                times.append(time.perf_counter() - started)
                nonce = answer.headers["content-security-policy"].partition("nonce-")[2].partition("'")[0]
                pages.add((answer.status_code, answer.text.replace(nonce, "")))
        known, unknown = (statistics.median(times) for times in took.values())

    assert 1 == len(pages)
    assert known < 1.5 * unknown
    assert unknown < 1.5 * known


async def test_a_flood_of_passwords_keeps_nobody_out() -> None:
    """Beyond some that wait passwords are refused unread, and known browsers have a lane of their own."""
    passwords = Passwords(PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1))
    kept = await passwords.hash(PASSWORD)
    await passwords.right(None, "warm", known=False)
    flood = [asyncio.ensure_future(passwords.right(kept, ANOTHER, known=False)) for _ in range(3 * WAITING)]
    await asyncio.sleep(0)  # a turn for the flood
    own = await passwords.right(kept, PASSWORD, known=True)
    still = sum(not one.done() for one in flood)
    ends = await asyncio.gather(*flood, return_exceptions=True)
    passwords.close()

    assert own
    assert still > 0
    assert 2 * WAITING == sum(isinstance(one, BusyError) for one in ends)


async def test_forms_are_bounded(bench: StaffBench) -> None:
    """A form that is too long, of too many fields, of another kind or no text is refused unread."""
    browser = await bench.member()
    bodies = {
        413: b"old=" + b"x" * LONGEST_FORM,
        400: b"&".join(b"a%d=1" % number for number in range(MOST_FIELDS + 1)),
    }
    for path in ("/account/password", "/sign-in", "/second"):
        answers = {
            status: (await browser.http.post(path, content=body, headers=FORM)).status_code
            for status, body in bodies.items()
        }
        garbage = await browser.http.post(path, content=b"text=%ff%fe\xff", headers=FORM)
        other = await browser.http.post(path, json={"login": "olena"})

        assert {413: 413, 400: 400} == answers
        assert [400, 415] == [garbage.status_code, other.status_code]
    assert 414 == (await browser.get("/account?" + "x" * 5000)).status_code


async def test_nobody_ends_anothers_session(bench: StaffBench) -> None:
    """A session is ended by its owner alone, whoever knows its id."""
    mine, other = await bench.member(), await bench.member("other")
    own = (await mine.get("/account")).text
    theirs = (
        "SELECT e.id FROM staff_session AS e JOIN staff AS s ON s.id = e.staff_id WHERE s.login = 'other'"
    )
    foreign = str(await bench.pool.fetchval(theirs))
    done = [
        (await mine.post("/account/end", "/account", session=id_)).status_code
        for id_ in (foreign, str(uuid4()), "x")
    ]

    assert foreign.replace("-", "") not in own
    assert [404, 404, 400] == done
    assert await other.inside()


async def test_what_is_typed_is_never_markup(bench: StaffBench) -> None:
    """Names and whatever is typed into a form are shown as letters."""
    evil = "<script>alert(1)</script>"
    browser = bench.browser()
    await browser.begin(await bench.add(name=evil))
    page = (await browser.get("/account")).text
    refused = await bench.browser().post("/sign-in", login=evil, password=evil)
    odd = await browser.get(f"/account?lang={evil}")

    assert "<script>alert" not in page + refused.text + odd.text
    assert "&lt;script&gt;alert" in page


async def test_no_answer_leads_elsewhere(bench: StaffBench) -> None:
    """Nothing that is asked for sends a browser to another site."""
    browser = bench.browser()
    answers: list[httpx.Response] = [
        await browser.get(path)
        for path in ("//evil.example", "/account?next=//evil.example", "/sign-in?next=https://evil.example/")
    ]
    places = [one.headers.get("location", "") for one in answers]

    assert not [place for place in places if "evil" in place]
