"""The sample member of staff, as whom one tries the desk beside simulated messengers, and nowhere else."""

import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from cli.installation.stack import STAFF_FILE
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from runtime.embedded.private import write_private
from sandbox.clients.staff import NotInError, StaffClient
from services.desk.domain.viewers import ROLES
from services.desk.staff.accounts import Accounts, Administration, LoginTakenError, NoSuchStaffError, Profile

LOGIN, ACTOR = "sample", "docwatch up"
_PROFILE = Profile(name="Olena Sample", public_name="Olena", roles=ROLES)


@dataclass(frozen=True)
class SampleStaff:
    """How to sign in; `key` is that of the second factor."""

    url: str
    login: str
    password: str
    key: str


async def sample_staff(folder: Path, database: str, url: str, here: str) -> SampleStaff | None:
    """Return how to sign in as the sample member of staff, who is signed up where that is not done yet.

    None where the door does not let them in, which listens `here` and is known to browsers by `url`.
    """
    path = folder / STAFF_FILE
    async with open_pool(database, "desk", size=2) as pool:
        clock = SystemClock()
        account = await Accounts(pool, clock).find(LOGIN)
        if account is not None and account.factor is not None and path.is_file():
            return SampleStaff(**{**json.loads(path.read_text()), "url": url})
        administration = Administration(pool, clock, ACTOR)
        try:
            code = await administration.add(LOGIN, _PROFILE, directory=None, local=True)
        except LoginTakenError:
            code = await administration.reset(LOGIN)
        password = f"sample-{secrets.token_hex(6)}"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            try:
                key = await StaffClient(here, session, url).begin(code or "", password)
            except (NotInError, aiohttp.ClientError, TimeoutError):
                return None
    staff = SampleStaff(url, LOGIN, password, key)
    write_private(path, json.dumps(asdict(staff)))
    return staff


async def no_sample_staff(folder: Path, database: str) -> None:
    """Take the sample member's way in away: beside real bots nobody is known to everybody."""
    path = folder / STAFF_FILE
    if not path.is_file():
        return
    async with open_pool(database, "desk", size=2) as pool:
        with suppress(NoSuchStaffError):
            await Administration(pool, SystemClock(), ACTOR).reset(LOGIN)
    path.unlink()
