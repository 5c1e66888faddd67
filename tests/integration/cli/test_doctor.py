"""The doctor on real servers: misconfigurations are seeded one by one and each is found."""

import json
import os
import shutil
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import nats
import pytest
from typer.testing import CliRunner

import sandbox.agency
from cli.doctor.checks import diagnose
from cli.doctor.findings import Severity
from cli.doctor.gathering.gather import gather
from cli.installation.settings import InstallationSettings
from cli.main import app
from contracts.services import SERVICES
from runtime.clock import Clock, SystemClock
from runtime.embedded import EmbeddedNats
from sandbox.app import run_sandbox
from sandbox.settings import (
    SMS_KEY,
    SMS_SIGNING_KEY,
    SMS_WEBHOOK_SECRET,
    VIBER_TOKEN,
    VIBER_URI,
    SandboxSettings,
)
from sandbox.sms.description import description
from tests.conftest import Databases

CATALOGUE = Path(sandbox.agency.__file__).parent / "catalogue"
BOT = "docwatch_sandbox_bot"
PEPPER, RECEIPT_KEY, SEAL_KEY = (sha256(name).hexdigest() for name in (b"pepper", b"receipt", b"seal"))
NOWHERE = "127.0.0.1:9"


class Ahead(SystemClock):
    """A machine's clock that is a minute fast."""

    def now(self) -> datetime:
        """Return the wrong time."""
        return super().now() + timedelta(minutes=1)


@dataclass(frozen=True)
class Ward:
    """A fit installation to break."""

    nats_url: str
    databases: Databases
    monitor: str
    telegram: str
    folder: Path

    def settings(self, **changes: object) -> InstallationSettings:
        """Return settings under which there is no problem, with changes."""
        given: dict[str, object] = {
            "pepper": PEPPER,
            "receipt_key": RECEIPT_KEY,
            "encryption_keys": f"1:{SEAL_KEY}",
            "data_dir": self.folder,
            "nats_url": self.nats_url,
            "database_url": self.databases.url("notifier"),
            "catalogue": self.folder / "catalogue",
            "telegram_token": SandboxSettings().bot_token,
            "telegram_api_url": self.telegram,
            "telegram_bot": BOT,
        }
        return InstallationSettings.model_validate({**given, **changes})

    async def problems(self, *, clock: Clock | None = None, **changes: object) -> set[str]:
        """Return area and code of each problem under these settings, but for what the tests' servers are."""
        facts = await gather(self.settings(**changes), clock or SystemClock())
        found = {f"{one.area} {one.code}" for one in diagnose(facts) if one.severity is Severity.PROBLEM}
        return found - {"database unsafe"}

    async def execute(self, statement: str) -> None:
        """Break something in the database as its owner."""
        connection = await asyncpg.connect(self.databases.admin)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture
async def ward(
    nats_url: str,
    nats_server: EmbeddedNats,
    databases: Databases,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Ward]:
    """A provisioned installation and a bot that answers, in an environment that says nothing else."""
    for name in [one for one in os.environ if one.startswith("DOCWATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(CATALOGUE, tmp_path / "catalogue")
    agency = tmp_path / "catalogue" / "agency.yaml"
    lines = agency.read_text().splitlines(keepends=True)
    others = [line for line in lines if "channel: " in line and "telegram" not in line]
    agency.write_text("".join(line for line in lines if line not in others))
    async with run_sandbox(SandboxSettings(port=0, bot_username=BOT)) as url:
        yield Ward(nats_url, databases, nats_server.monitor_url, url, tmp_path)


async def test_a_fit_installation_has_no_problem(ward: Ward) -> None:
    """Whatever is as it should be is not called a problem."""
    assert set() == await ward.problems()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"bot no-address"}),
        ({"viber_token": "wrong"}, {"bot token"}),
        ({"viber_bot": "somebodyelse"}, {"bot no-address", "bot other-name"}),
        ({"viber_api_url": "http://127.0.0.1:9"}, {"bot unreachable"}),
    ],
)
async def test_a_bot_of_viber_is_asked_too(
    ward: Ward, changes: Mapping[str, str], expected: set[str]
) -> None:
    """Of Viber the token, the name and the address of its posts are looked at."""
    given: dict[str, Any] = {
        "viber_token": VIBER_TOKEN,
        "viber_api_url": f"{ward.telegram}/viber",
        "viber_bot": VIBER_URI,
        **changes,
    }

    assert expected == await ward.problems(**given)


SMS = {
    "sms_key": SMS_KEY,
    "sms_webhook_secret": SMS_WEBHOOK_SECRET,
    "sms_signing_key": SMS_SIGNING_KEY,
    "public_url": "https://docs.agency.example",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"sms_key": None}, {"sms setting"}),
        ({"sms_webhook_secret": "short"}, {"sms setting"}),
        ({"smpp_url": "smpp://us@127.0.0.1:9", "smpp_password": "word"}, {"sms setting"}),
        (
            {"sms_gateway": None, "smpp_url": "smpp://us@127.0.0.1:9", "smpp_password": "w"},
            {"sms unreachable"},
        ),
        ({"sms_gateway": None, "smpp_url": "smpp://127.0.0.1:9", "smpp_password": "w"}, {"sms setting"}),
        ({"public_url": None}, {"sms no-page"}),
    ],
)
async def test_the_provider_of_texts_is_looked_at(
    ward: Ward, changes: Mapping[str, str | None], expected: set[str]
) -> None:
    """Of SMS the description, its secrets and whether anybody answers are looked at; no text is sent."""
    file = ward.folder / "gateway.yaml"
    file.write_text(description(ward.telegram), "utf-8")
    given: dict[str, Any] = {**SMS, "sms_gateway": str(file)}
    found = await ward.problems(**{**given, **changes})

    assert expected == {one for one in found if one.startswith("sms")}
    file.write_text(description("http://127.0.0.1:9"), "utf-8")
    gone = await ward.problems(**given)
    assert {"sms unreachable"} == {one for one in gone if one.startswith("sms")}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_as_provisioned_has_no_problem(ward: Ward, service: str) -> None:
    """The rights that provisioning gives a service's role are enough, the append-only audit's too."""
    assert set() == await ward.problems(database_url=ward.databases.url(service))


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        ("keys missing", {"pepper": None}),
        ("keys unfit", {"receipt_key": "abcd"}),
        ("keys unfit", {"receipt_key": "0707" * 16}),
        ("keys unfit", {"pepper": bytes(range(32)).hex()}),
        ("keys unfit", {"encryption_keys": f"{SEAL_KEY}"}),
        ("keys reused", {"receipt_key": PEPPER}),
        ("nats unreachable", {"nats_url": f"nats://{NOWHERE}"}),
        ("database unreachable", {"database_url": f"postgresql://docwatch_notifier:x@{NOWHERE}/docwatch"}),
        ("bot token", {"telegram_token": "1:another-token-of-another-bot"}),
        ("bot unreachable", {"telegram_api_url": f"http://{NOWHERE}"}),
        ("bot other-name", {"telegram_bot": "somebody_elses_bot"}),
        ("catalogue unfit", {"catalogue": Path("/nowhere")}),
        ("services silent", {"tracker_ops_url": f"http://{NOWHERE}"}),
    ],
)
async def test_a_wrong_setting_is_the_one_problem(
    ward: Ward, problem: str, changes: dict[str, object]
) -> None:
    """A seeded wrong setting is named, and nothing else is blamed for it."""
    assert {problem} == await ward.problems(clock=None, **changes)


async def test_a_wrong_password_is_found(ward: Ward) -> None:
    """NATS and PostgreSQL both say that the login is refused, without the password in what is said."""
    user = ward.nats_url.partition("@")[2]
    facts = await gather(
        ward.settings(
            nats_url=f"nats://provision:wr0ng@{user}",
            database_url=ward.databases.url("notifier").replace(
                "docwatch_notifier:", "docwatch_notifier:wr0ng"
            ),
        ),
        SystemClock(),
    )
    found = diagnose(facts)

    assert {"nats", "database"} == {one.area for one in found if one.code == "unreachable"}
    assert not any("wr0ng" in one.what for one in found)


async def test_streams_that_differ_are_found(ward: Ward) -> None:
    """A consumer that somebody deleted is named with what mends it."""
    client = await nats.connect(ward.nats_url)
    await client.jetstream().delete_consumer("STAGES", "tracker")
    await client.close()

    assert {"nats drift"} == await ward.problems()


async def test_a_server_that_does_not_sync_is_found(ward: Ward) -> None:
    """The monitor tells that acknowledged messages may be lost by a power cut."""
    assert {"nats sync"} == await ward.problems(nats_monitor_url=ward.monitor)


@pytest.mark.parametrize(
    ("problem", "statement"),
    [
        ("database pending", "DELETE FROM notifier.schema_migration WHERE name LIKE '0001%'"),
        ("database privileges", "REVOKE UPDATE ON notifier.delivery FROM docwatch_notifier"),
        ("database no-schema", "REVOKE USAGE ON SCHEMA notifier FROM docwatch_notifier"),
    ],
)
async def test_a_broken_database_is_found(ward: Ward, problem: str, statement: str) -> None:
    """What the login lacks in its schema is the one problem."""
    await ward.execute(statement)

    assert {problem} == await ward.problems()


@pytest.mark.parametrize(
    ("problem", "option"),
    [("time-out", "statement_timeout=2000"), ("read-only", "default_transaction_read_only=on")],
)
async def test_a_login_that_is_cut_short_is_found(ward: Ward, problem: str, option: str) -> None:
    """Settings of the login itself are looked at, as the service will have them."""
    url = f"{ward.databases.url('notifier')}?{option}"

    assert {f"database {problem}"} == await ward.problems(database_url=url)


async def test_a_database_that_may_lose_commits_is_found(ward: Ward) -> None:
    """The tests' own PostgreSQL is fast and not safe, and the doctor says so."""
    found = diagnose(await gather(ward.settings(), SystemClock()))

    assert ["fsync is off", "full_page_writes is off", "synchronous_commit is off"] == sorted(
        one.what for one in found if one.code == "unsafe"
    )


@pytest.mark.parametrize(
    ("problem", "read_only", "query"),
    [
        ("database any-host", False, ""),
        ("database no-primary", True, "?target_session_attrs=read-write"),
        ("database read-only", True, "?target_session_attrs=any"),
    ],
)
async def test_an_address_of_several_hosts_is_looked_at(
    ward: Ward, problem: str, query: str, *, read_only: bool
) -> None:
    """An address that may lead to a standby is found, and one where nobody takes writes."""
    if read_only:
        await ward.execute(f'ALTER DATABASE "{ward.databases.name}" SET default_transaction_read_only = on')
    login, at, rest = ward.databases.url("notifier").partition("@")

    assert problem in await ward.problems(database_url=f"{login}{at}{NOWHERE},{rest}{query}")


async def test_commits_that_wait_for_no_standby_are_told(ward: Ward) -> None:
    """With several hosts somebody wants to survive a failover, which an asynchronous standby does not."""
    login, at, rest = ward.databases.url("notifier").partition("@")
    url = f"{login}{at}{NOWHERE},{rest}?target_session_attrs=read-write"
    found = diagnose(await gather(ward.settings(database_url=url), SystemClock()))

    assert ["asynchronous"] == [one.code for one in found if one.code in {"asynchronous", "any-host"}]


async def test_a_lost_key_is_found(ward: Ward) -> None:
    """Addresses sealed under a key that is not in the ring are found before anybody is to be told."""
    await ward.execute(
        "INSERT INTO notifier.recipient (id, channel, lookup, address, key_id, heard_at) VALUES"
        " (gen_random_uuid(), 'telegram', decode(repeat('ab', 32), 'hex'), 'x', '9', now())"
    )

    assert {"database lost-key"} == await ward.problems()


async def test_open_dead_letters_are_told_until_they_are_settled(ward: Ward) -> None:
    """What took no effect is a warning for as long as no operator has dealt with it."""
    settings = ward.settings(database_url=ward.databases.url("tracker"))
    await ward.execute(
        "INSERT INTO tracker.set_aside (id, effect, stream, stream_sequence, reason, payload, at)"
        " VALUES (gen_random_uuid(), 'dead', 'STAGES', 1, 'unreadable', 'x', now())"
    )
    before = diagnose(await gather(settings, SystemClock()))
    await ward.execute(
        "UPDATE tracker.set_aside SET settled_at = now(), settled_by = 'dropped', payload = NULL"
    )
    after = diagnose(await gather(settings, SystemClock()))

    assert ["dead-letters"] == [one.code for one in before if "wait for an operator" in one.what]
    assert not any(one.code == "dead-letters" for one in after)


async def test_a_wrong_clock_is_found(ward: Ward) -> None:
    """A minute's difference to the database is a problem."""
    assert {"database clock"} == await ward.problems(clock=Ahead())


async def test_an_unfit_key_of_pushes_is_found(ward: Ward) -> None:
    """The key of pushes is a private key of its curve, drawn and not typed, and for this alone."""
    same = urlsafe_b64encode(bytes.fromhex(SEAL_KEY)).rstrip(b"=").decode()
    drawn = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
    keys = {drawn: set(), "short": {"keys unfit"}, "A" * 42 + "E": {"keys unfit"}}

    async def found(key: str) -> set[str]:
        return {one for one in await ward.problems(vapid_key=key) if one.startswith("keys")}

    assert keys == {key: await found(key) for key in keys}
    assert "keys reused" in await found(same)


async def test_an_open_secrets_file_is_found(ward: Ward) -> None:
    """A secrets file that others can read is a problem."""
    (ward.folder / "secrets.env").write_text("")
    (ward.folder / "secrets.env").chmod(0o644)

    assert {"keys open-file"} == await ward.problems()


def test_the_command_tells_machines_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is 1 when the installation is not fit, and `--json` says why."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCWATCH_INGEST_PORT", "many")

    answer = CliRunner().invoke(app, ["doctor", "--json"])

    said = json.loads(answer.stdout)
    assert 1 == answer.exit_code
    assert said["fit"] is False
    assert ["unreadable"] == [one["code"] for one in said["findings"]]
    assert "DOCWATCH_INGEST_PORT" in said["findings"][0]["what"]
