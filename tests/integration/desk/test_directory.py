"""Staff who sign in by the agency's directory: a real provider of OpenID Connect, and a false one."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from runtime.database.postgres import Pool
from runtime.embedded.ports import pick
from services.desk.domain.viewers import Role
from services.desk.staff.accounts import Profile
from services.desk.staff.directory import LONGEST_ANSWER
from tests.attacks.wire import HOST
from tests.integration.desk.false_directory import FalseDirectory, false_directory
from tests.integration.desk.staff_bench import PASSWORD, Browser, StaffBench, staff_bench
from tests.waiting import until

LOGIN = "olena@agency.example"
CLIENT_SECRET = "of-a-test"  # noqa: S105 - a test's own
USER = {"sub": "7c0e", "email": LOGIN, "email_verified": True}


@asynccontextmanager
async def provider(*users: dict[str, object]) -> AsyncIterator[str]:
    """Run the provider in a process of its own; yield its issuer."""
    port = pick(HOST)
    given = [part for user in users for part in ("--user-claims", json.dumps(user))]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-H", HOST, "-p", str(port)),
        *("--require-nonce", "true", *given),
        stderr=asyncio.subprocess.DEVNULL,
    )
    issuer = f"http://{HOST}:{port}"
    try:
        async with httpx.AsyncClient() as client:

            async def up() -> bool:
                try:
                    return (await client.get(f"{issuer}/jwks")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(up, within=30)
        yield issuer
    finally:
        process.terminate()
        await process.wait()


async def add(bench: StaffBench, login: str = LOGIN, roles: tuple[Role, ...] = ("operator",)) -> None:
    """Add somebody whom the directory signs in."""
    assert None is await bench.administration.add(login, Profile(roles=roles), directory=None, local=False)


async def came_back(browser: Browser, query: str) -> httpx.Response:
    """Let a browser come back."""
    return await browser.get(f"/directory/back?{query}")


async def by_provider(browser: Browser, subject: str) -> httpx.Response:
    """Go to the provider, say who one is there, and come back."""
    there = (await browser.get("/directory")).headers["location"]
    async with httpx.AsyncClient() as client:
        back = (await client.post(there, data={"sub": subject})).headers["location"]
    return await came_back(browser, urlsplit(back).query)


async def test_the_directory_signs_staff_in(pool: Pool) -> None:
    """Who was added and is vouched for gets in, by the same account whatever their login becomes."""
    renamed = {**USER, "email": "o.koval@agency.example"}
    other_user = {"sub": "else", "email": "else@agency.example", "email_verified": True}
    async with (
        provider(USER, other_user) as issuer,
        staff_bench(pool, oidc_issuer=issuer, oidc_client_secret=CLIENT_SECRET) as bench,
    ):
        await add(bench)
        browser, stranger = bench.browser(), bench.browser()
        done = await by_provider(browser, "7c0e")
        denied = await by_provider(stranger, "else")
        inside = [await browser.inside(), await stranger.inside()]
        account = (await browser.get("/account")).text
    async with (
        provider(renamed) as other,
        staff_bench(pool, oidc_issuer=other, oidc_client_secret=CLIENT_SECRET) as bench,
    ):
        foreign = await by_provider(bench.browser(), "7c0e")

    assert (303, "/") == (done.status_code, done.headers["location"])
    assert 403 == denied.status_code
    assert [True, False] == inside
    assert "account/password" not in account
    assert 403 == foreign.status_code


@pytest.fixture
async def directory() -> AsyncIterator[FalseDirectory]:
    async with false_directory() as found:
        yield found


@pytest.fixture
async def bench(pool: Pool, directory: FalseDirectory) -> AsyncIterator[StaffBench]:
    async with staff_bench(pool, oidc_issuer=directory.issuer) as found:
        await add(found)
        yield found


async def signed_in(bench: StaffBench, directory: FalseDirectory) -> int:
    """Return the status with which a new browser comes back."""
    browser = bench.browser()
    query = directory.came((await browser.get("/directory")).headers["location"])
    answer = await came_back(browser, query)
    assert (answer.status_code == 303) == await browser.inside()
    return answer.status_code


async def test_who_is_vouched_for_is_in(bench: StaffBench, directory: FalseDirectory) -> None:
    """A good token opens a session; the code is shown with what only this visit can show."""
    status = await signed_in(bench, directory)
    (asked,) = directory.asked

    assert 303 == status
    assert ("authorization_code", "a-code") == (asked["grant_type"], asked["code"])
    assert 64 == len(asked["code_verifier"])
    assert ["signed in by the directory"] == await bench.audited()


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "somebody-else"},
        {"aud": ["somebody-else"], "azp": "docwatch"},
        {"nonce": "another"},
        {"exp": 1},
        {"iat": 9_999_999_999, "nbf": 9_999_999_999},
        {"sub": ""},
        {"sub": 7},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "else@agency.example"},
        {"email": 5},
    ],
)
async def test_a_token_of_something_else_signs_nobody_in(
    bench: StaffBench, directory: FalseDirectory, changes: dict[str, object]
) -> None:
    """A token for others, of another visit or time, or of an address that nobody looked at opens nothing."""
    directory.change = lambda claims: {**claims, **changes}

    assert 403 == await signed_in(bench, directory)


@pytest.mark.parametrize("missing", ["iss", "aud", "exp", "iat", "sub", "nonce", "email", "email_verified"])
async def test_a_token_that_lacks_something_signs_nobody_in(
    bench: StaffBench, directory: FalseDirectory, missing: str
) -> None:
    """Each claim that says for whom, of whom and when must be there."""
    directory.change = lambda claims: {name: value for name, value in claims.items() if name != missing}

    assert 403 == await signed_in(bench, directory)


@pytest.mark.parametrize("sign", ["another", "same_name", "secret", "none"])
async def test_a_token_of_another_hand_signs_nobody_in(
    bench: StaffBench, directory: FalseDirectory, sign: str
) -> None:
    """Only the directory's own key signs: no other key, its public half as a secret, or nothing at all."""
    directory.sign = sign

    assert 403 == await signed_in(bench, directory)


async def test_a_new_key_is_asked_for(bench: StaffBench, directory: FalseDirectory) -> None:
    """A directory may change its key: it is asked for anew, but not for each token that is forged."""
    first = await signed_in(bench, directory)
    directory.key, directory.kid = type(directory.key).generate_key(2048), "two"
    bench.clock.go(minutes=2)
    again = await signed_in(bench, directory)
    asked = directory.keys_asked
    directory.sign = "another"
    forged = [await signed_in(bench, directory) for _ in range(3)]

    assert [303, 303] == [first, again]
    assert [403] * 3 == forged
    assert 2 == asked == directory.keys_asked


@pytest.mark.parametrize(
    ("status", "garbage", "expected"),
    [
        (400, b"", 403),
        (500, b"", 502),
        (200, b"{", 502),
        (200, b"[]", 502),
        (200, b"{}", 502),
        (200, b'{"id_token": 5}', 502),
        (200, b'{"id_token": "a.b.c"}', 403),
        (200, b" " * (LONGEST_ANSWER + 1), 502),
    ],
)
async def test_a_directory_that_is_ill_lets_nobody_in(
    bench: StaffBench, directory: FalseDirectory, status: int, garbage: bytes, expected: int
) -> None:
    """Whatever the directory answers in place of a token ends in a page that says so, and in no session."""
    directory.status, directory.garbage = status, garbage

    assert expected == await signed_in(bench, directory)


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://other.example/token"},
        {"authorization_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_a_directory_is_the_one_that_we_were_told(
    bench: StaffBench, directory: FalseDirectory, described: dict[str, object]
) -> None:
    """A description of another issuer, or with addresses that others read along, sends nobody anywhere."""
    directory.described = described

    assert 502 == (await bench.browser().get("/directory")).status_code


async def test_a_visit_is_one_browsers(bench: StaffBench, directory: FalseDirectory) -> None:
    """Who is sent to our page with another one's code, or comes from elsewhere, is not signed in."""
    attacker, victim = bench.browser(), bench.browser()
    query = directory.came((await attacker.get("/directory")).headers["location"])
    planted = [await came_back(victim, query)]
    await victim.get("/directory")
    planted.append(await came_back(victim, query))
    elsewhere = await came_back(attacker, query.replace(directory.issuer, "https://other.example"))
    unasked = await came_back(attacker, query)

    assert [403, 403] == [one.status_code for one in planted]
    assert 403 == elsewhere.status_code
    assert not await victim.inside()
    assert 403 == unasked.status_code


async def test_how_they_signed_in_there_counts(pool: Pool, directory: FalseDirectory) -> None:
    """Where a second factor is asked of the directory, a token that does not say so opens nothing."""
    async with staff_bench(pool, oidc_issuer=directory.issuer, oidc_acr="urn:mfa") as bench:
        await add(bench)
        without = await signed_in(bench, directory)
        directory.change = lambda claims: {**claims, "acr": "urn:mfa"}
        asked = (await bench.browser().get("/directory")).headers["location"]

        assert [403, 303] == [without, await signed_in(bench, directory)]
        assert "acr_values=urn%3Amfa" in asked


async def test_a_local_account_is_not_the_directorys(bench: StaffBench, directory: FalseDirectory) -> None:
    """The directory opens no account that has a password, and a password none that is the directory's."""
    await bench.administration.add(
        "local@agency.example", Profile(roles=("editor",)), directory=None, local=True
    )
    directory.change = lambda claims: {**claims, "sub": "other", "email": "local@agency.example"}
    status = await signed_in(bench, directory)
    by_password = await bench.browser().post("/sign-in", login=LOGIN, password=PASSWORD)

    assert 403 == status
    assert 422 == by_password.status_code


async def test_who_was_ended_stays_out(bench: StaffBench, directory: FalseDirectory) -> None:
    """Whatever the directory says, an account that was ended here is ended."""
    await signed_in(bench, directory)
    await bench.administration.end(LOGIN)

    assert 403 == await signed_in(bench, directory)
