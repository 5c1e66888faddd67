"""Colleagues of the sample member of staff: simulated people who answer beside simulated messengers."""

import os
from collections.abc import Sequence
from pathlib import Path

from cli.installation.environments import process_environment
from cli.installation.supervisor import Supervisor
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from sandbox.desk.settings import STAFF
from services.desk.domain.viewers import Role
from services.desk.staff.accounts import Administration, LoginTakenError, Profile

ACTOR, NAME = "docwatch up", "staff"
_ROLES: Sequence[Role] = ("operator",)
COLLEAGUES = {
    "sample.iryna": Profile(name="Iryna Sample", public_name="Ірина", roles=_ROLES),
    "sample.taras": Profile(name="Taras Sample", public_name="Тарас", roles=_ROLES),
}


async def have_staff_answer(folder: Path, database: str, url: str, supervisor: Supervisor) -> None:
    """Start the process of the simulated staff; each signs in anew, by a code that is good once."""
    codes = {}
    async with open_pool(database, "desk", size=2) as pool:
        administration = Administration(pool, SystemClock(), ACTOR)
        for login, profile in COLLEAGUES.items():
            try:
                codes[login] = await administration.add(login, profile, directory=None, local=True)
            except LoginTakenError:
                codes[login] = await administration.reset(login)
    said = " ".join(f"{login}:{code}" for login, code in codes.items() if code is not None)
    environment = process_environment(os.environ) | {STAFF: said}
    await supervisor.start(NAME, ["-m", "sandbox.desk", url], environment, folder / "logs" / f"{NAME}.log")
