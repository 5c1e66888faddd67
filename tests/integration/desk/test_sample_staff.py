"""The sample member of staff of `docwatch up`: there beside simulated messengers, and nowhere else."""

import re
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pyotp import TOTP

from cli.installation.stack import STAFF_FILE
from cli.up.sample_staff import LOGIN, no_sample_staff, sample_staff
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from sandbox.phone.staff_codes import routes
from services.desk.staff.accounts import Accounts
from tests.conftest import Databases
from tests.integration.desk.staff_bench import staff_bench


async def shown(path: Path | None) -> tuple[int, str]:
    """Return the page of the telephone."""
    app = web.Application()
    app.add_routes(routes(path))
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/staff")
        return answer.status, await answer.text()


async def test_one_signs_in_as_the_sample_member(databases: Databases, pool: Pool, tmp_path: Path) -> None:
    """Whoever looks at the telephone gets in, a second start changes nothing, the file is its owner's."""
    path = tmp_path / STAFF_FILE
    async with staff_bench(pool) as bench:
        bench.clock.at = SystemClock().now()
        found = await sample_staff(tmp_path, databases.url("desk"), bench.url, bench.url)
        again = await sample_staff(tmp_path, databases.url("desk"), bench.url, bench.url)
        assert found is not None
        status, page = await shown(path)
        digits = re.search(r"<b>([0-9]{6})</b>", page)
        browser = bench.browser()
        browser.key = found.key
        done = await browser.sign_in(LOGIN, found.password)

    assert found == again
    assert 0o600 == path.stat().st_mode & 0o777
    assert 200 == status
    assert found.password in page
    assert digits is not None
    assert TOTP(found.key).verify(digits[1], valid_window=2)
    assert "/" == done.headers["location"]


async def test_beside_real_bots_nobody_is_known_to_everybody(
    databases: Databases, pool: Pool, tmp_path: Path
) -> None:
    """Once an installation has bots of its own the sample member's password and second factor are gone."""
    async with staff_bench(pool) as bench:
        bench.clock.at = SystemClock().now()
        found = await sample_staff(tmp_path, databases.url("desk"), bench.url, bench.url)
        assert found is not None
        await no_sample_staff(tmp_path, databases.url("desk"))
        await no_sample_staff(tmp_path, databases.url("desk"))
        browser = bench.browser()
        browser.key = found.key
        refused = await browser.sign_in(LOGIN, found.password)
        account = await Accounts(pool, SystemClock()).find(LOGIN)

    assert 422 == refused.status_code
    assert account is not None
    assert (None, None) == (account.password, account.factor)
    assert 404 == (await shown(tmp_path / STAFF_FILE))[0]
    assert 404 == (await shown(None))[0]


async def test_a_door_that_lets_nobody_in_stops_nothing(databases: Databases, tmp_path: Path) -> None:
    """Where the door does not answer there is no sample member, and everything else runs."""
    nowhere = "http://127.0.0.1:9"

    assert None is await sample_staff(tmp_path, databases.url("desk"), nowhere, nowhere)
