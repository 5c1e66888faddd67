"""Ten ways to set an installation up wrongly, each as it happens: the doctor names it, and what to do."""

import asyncio
import json
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from cli.doctor.gathering.logins import certificate_days
from cli.installation.provisioning import provision_streams
from cli.main import app
from cli.settings import SAMPLE_CATALOGUE
from contracts.services import SERVICES
from sandbox.app import run_sandbox
from sandbox.settings import SandboxSettings
from tests.conftest import Databases
from tests.integration.deployed.server import DEPLOY, Deployed, deployed_nats, make_secrets
from tests.runbook import has_line

BOT = "docwatch_sandbox_bot"
OTHER_HOST = "nats.agency.example"
TLS = re.search(r"\ntls \{.*?\n\}\n", (DEPLOY / "nats" / "nats.conf").read_text("utf-8"), re.DOTALL)


@dataclass
class Installation:
    """What is set up rightly: NATS as deploy/ has it, a provisioned database, a bot. Each way breaks it."""

    nats: Deployed
    databases: Databases
    folder: Path
    stack: AsyncExitStack
    environment: dict[str, str] = field(default_factory=dict)

    def use(self, nats: Deployed) -> None:
        """Let every address lead to a server."""
        self.environment["DOCWATCH_NATS_URL"] = nats.url("provision")
        for name in SERVICES:
            self.environment[f"DOCWATCH_{name.upper()}_NATS_URL"] = nats.url(name)
        self.environment["DOCWATCH_NATS_CA"] = "" if nats.ca is None else str(nats.ca)

    async def configure(self, changes: Mapping[str, str]) -> None:
        """Put a server of which the configuration was changed in the place of the right one."""
        nats = await self.stack.enter_async_context(deployed_nats(self.folder / "another", changes))
        await provision_streams(nats.url("provision"), ca=nats.ca)
        self.use(nats)

    async def execute(self, statement: str) -> None:
        """Change something in the database as its owner."""
        connection = await asyncpg.connect(self.databases.admin)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def a_key_is_lost(it: Installation) -> None:
    """The pepper is in no environment any more."""
    del it.environment["DOCWATCH_PEPPER"]


async def a_key_is_an_example(it: Installation) -> None:
    """The key of receipts was typed and not drawn."""
    it.environment["DOCWATCH_RECEIPT_KEY"] = bytes(range(32)).hex()


async def nats_lets_anybody_in(it: Installation) -> None:
    """Whoever has no password is taken for the tracker."""
    await it.configure({"port: 4222": "port: 4222\nno_auth_user: tracker"})


async def one_login_for_all(it: Installation) -> None:
    """Every service was given the address of the login that provisions, and its rights."""
    for name in SERVICES:
        it.environment[f"DOCWATCH_{name.upper()}_NATS_URL"] = it.environment["DOCWATCH_NATS_URL"]


async def a_login_may_delete_streams(it: Installation) -> None:
    """Somebody gave the notifier more, to be done with it."""
    await it.configure(
        {'"docwatch.dead.v1.notices"': '"docwatch.dead.v1.notices", "$JS.API.STREAM.DELETE.*"'}
    )


async def a_login_may_not_publish(it: Installation) -> None:
    """What ingest publishes was forgotten."""
    await it.configure({'"docwatch.stage.v1"\n        "docwatch.rpc': '"docwatch.rpc'})


async def nats_is_far_and_in_plain_text(it: Installation) -> None:
    """NATS moved to another machine, and nobody thought of the way there."""
    assert TLS is not None
    await it.configure({TLS[0]: ""})
    for name, value in it.environment.items():
        it.environment[name] = value.replace("@localhost:", f"@{OTHER_HOST}:")


async def the_authority_is_another(it: Installation) -> None:
    """The certificate of the authority is that of another installation."""
    secrets = await asyncio.to_thread(make_secrets, it.folder / "theirs")
    it.environment["DOCWATCH_NATS_CA"] = str(secrets / "nats_ca")


async def the_schema_is_old(it: Installation) -> None:
    """The new version runs on a database that nobody provisioned for it."""
    await it.execute("DELETE FROM notifier.schema_migration WHERE name LIKE '0004%'")


async def receipts_name_another_bot(it: Installation) -> None:
    """The catalogue was copied from another agency, its bot's name with it."""
    it.environment["DOCWATCH_TELEGRAM_BOT"] = "somebody_elses_bot"


Way = Callable[[Installation], Awaitable[None]]
WAYS: list[tuple[Way, set[str]]] = [
    (a_key_is_lost, {"keys missing"}),
    (a_key_is_an_example, {"keys unfit"}),
    (nats_lets_anybody_in, {"nats open"}),
    (one_login_for_all, {"nats one-login", "nats wide-rights"}),
    (a_login_may_delete_streams, {"nats wide-rights"}),
    (a_login_may_not_publish, {"nats narrow-rights"}),
    (nats_is_far_and_in_plain_text, {"nats plain"}),
    (the_authority_is_another, {"nats unreachable"}),
    (the_schema_is_old, {"database pending"}),
    (receipts_name_another_bot, {"bot other-name"}),
]


@pytest.fixture
async def installation(
    deployed: Deployed, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Installation]:
    """An installation in which nothing is wrong, told by the environment alone."""
    for name in [one for one in os.environ if one.startswith("DOCWATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(run_sandbox(SandboxSettings(port=0, bot_username=BOT)))
        found = Installation(deployed, databases, tmp_path, stack)
        found.use(deployed)
        found.environment |= {
            "DOCWATCH_DATABASE_URL": databases.url("notifier"),
            "DOCWATCH_CATALOGUE": str(await asyncio.to_thread(of_one_messenger, tmp_path / "catalogue")),
            "DOCWATCH_PEPPER": sha256(b"pepper").hexdigest(),
            "DOCWATCH_RECEIPT_KEY": sha256(b"receipt").hexdigest(),
            "DOCWATCH_ENCRYPTION_KEYS": f"1:{sha256(b'seal').hexdigest()}",
            "DOCWATCH_TELEGRAM_TOKEN": SandboxSettings().bot_token,
            "DOCWATCH_TELEGRAM_API_URL": telegram,
            "DOCWATCH_TELEGRAM_BOT": BOT,
        }
        yield found


def of_one_messenger(folder: Path) -> Path:
    """Return the sample's catalogue of an agency that is reached by Telegram alone."""
    shutil.copytree(SAMPLE_CATALOGUE, folder)
    agency = folder / "agency.yaml"
    lines = agency.read_text("utf-8").splitlines(keepends=True)
    others = [line for line in lines if "channel: " in line and "telegram" not in line]
    agency.write_text("".join(line for line in lines if line not in others), "utf-8")
    return folder


async def told(it: Installation, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[dict[str, Any]]]:
    """Run the command as an operator does; return its status and all problems but the database's own."""
    for name, value in it.environment.items():
        monkeypatch.setenv(name, value)
    answer = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
    found = [one for one in json.loads(answer.stdout)["findings"] if one["severity"] == "problem"]
    return answer.exit_code, [one for one in found if one["code"] != "unsafe"]


async def test_an_installation_without_a_fault_has_no_problem(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is set up as deploy/ has it is not called wrong."""
    assert [] == (await told(installation, monkeypatch))[1]


async def test_a_certificate_that_ends_soon_is_told(installation: Installation) -> None:
    """The certificate that the script made is good for two years, and the doctor sees how long still."""
    url, soon = installation.nats.url("provision"), datetime.now(UTC) + timedelta(days=800)

    assert 25 == round(await certificate_days(url, installation.nats.ca, soon) or 0)


@pytest.mark.long
@pytest.mark.parametrize(("way", "wanted"), WAYS, ids=[way.__name__ for way, _ in WAYS])
async def test_each_misconfiguration_is_named_with_its_cure(
    installation: Installation, way: Way, wanted: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor names what is wrong and nothing else, and the section it points at goes through the cure."""
    found_by_name = socket.getaddrinfo

    def here(host: str, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the original takes
        return found_by_name("127.0.0.1" if host == OTHER_HOST else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    await way(installation)
    status, problems = await told(installation, monkeypatch)

    assert 1 == status
    assert wanted == {f"{one['area']} {one['code']}" for one in problems}
    assert all(one["what"] and one["why"] and one["fix"] for one in problems)
    assert [] == [one["code"] for one in problems if not has_line(one["runbook"], one["code"])]
