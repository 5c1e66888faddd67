"""Whoever takes one process of an installation over looks for the secrets of the others in it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest
from typer.testing import CliRunner

from cli.installation.environments import (
    KINDS,
    not_needed,
    secrets_of,
    settings_of,
)
from cli.installation.local import ensure_secrets
from cli.main import app
from cli.settings import local_settings
from cli.up.command import installation
from runtime.embedded import ports

OWN = {
    "ingest": {"PEPPER", "RECEIPT_KEY"},
    "tracker": {"RECEIPT_KEY"},
    "notifier": {
        "ENCRYPTION_KEYS",
        "CONVERSATION_KEYS",
        "TELEGRAM_TOKEN",
        "TELEGRAM_WEBHOOK_SECRET",
        "TELEGRAM_SECOND_TOKEN",
        "TELEGRAM_SECOND_WEBHOOK_SECRET",
        "VIBER_TOKEN",
        "VAPID_KEY",
        "SMTP_URL",
        "SMTP_PASSWORD",
        "DKIM_KEY",
        "BOUNCE_SECRET",
        "IMAP_URL",
        "IMAP_PASSWORD",
        "SMPP_URL",
        "SMPP_PASSWORD",
        "SMS_KEY",
        "SMS_WEBHOOK_SECRET",
        "SMS_SIGNING_KEY",
    },
    "desk": {"CONVERSATION_KEYS", "STAFF_KEYS", "OIDC_CLIENT_SECRET"},
}
"""What stands in the architecture: whoever makes it longer must say why there."""
STRANGE = {
    "AWS_SECRET_ACCESS_KEY": "of-somebody-elses-program",
    "DOCWATCH_PROVISION_DATABASE_URL": "postgresql://root:of-provision@127.0.0.1/docwatch",
    "DOCWATCH_NOTIFIER_PASSWORD": "of-the-notifiers-role",
    "DOCWATCH_TELEGRAM_WEBHOOK_SECRET": "of-the-webhook",
}


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory that is told by the environment, among much that is nobody's business."""
    home = Path(tempfile.mkdtemp(prefix="docwatch-secrets-"))
    home.chmod(0o755)
    for name, value in STRANGE.items():
        monkeypatch.setenv(name, value)
    for name in ("INGEST", "TRACKER", "NOTIFIER", "PHONE"):
        monkeypatch.setenv(f"DOCWATCH_{name}_PORT", str(ports.pick("127.0.0.1")))
    monkeypatch.setenv("DOCWATCH_DATA_DIR", str(home / "data"))
    yield home / "data"
    shutil.rmtree(home, ignore_errors=True)


def told(pid: int) -> dict[str, str]:
    """Return the environment of a process as the kernel shows it, its children's among it."""
    found = dict[str, str]()
    children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for one in (pid, *children):
        try:
            parts = Path(f"/proc/{one}/environ").read_bytes().decode().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # a child that has done its work is gone
        found |= dict(part.split("=", 1) for part in parts if "=" in part)
    return found


async def test_no_process_is_told_what_it_does_not_need(folder: Path) -> None:
    """Each process of an installation that runs holds its own settings and secrets, and no other."""
    async with installation(local_settings(), None, lambda _: None) as running:
        servers = running.servers
        environments = {
            **{name: told(one.pid or 0) for name, one in running.supervisor.programs.items()},
            **{name: told(one.pid) for name, one in servers.embedded.items()},
        }
        secrets = ensure_secrets(folder)
        values = {
            "PEPPER": secrets["DOCWATCH_PEPPER"],
            "RECEIPT_KEY": secrets["DOCWATCH_RECEIPT_KEY"],
            "ENCRYPTION_KEYS": secrets["DOCWATCH_ENCRYPTION_KEYS"],
            "CONVERSATION_KEYS": secrets["DOCWATCH_CONVERSATION_KEYS"],
            "STAFF_KEYS": secrets["DOCWATCH_STAFF_KEYS"],
            "VAPID_KEY": secrets["DOCWATCH_VAPID_KEY"],
            "TELEGRAM_WEBHOOK_SECRET": "of-the-webhook",
            **{f"address of PostgreSQL for {name}": url for name, url in servers.databases.items()},
            **{f"address of NATS for {name}": url for name, url in servers.nats.items()},
            "superuser's password": secrets["LOCAL_POSTGRES_PASSWORD"],
            "the sample's key": secrets["LOCAL_SAMPLE_KEY"],
            "PROVISION_DATABASE_URL": "of-provision",
            "password of a role": "of-the-notifiers-role",
            "a strange secret": "of-somebody-elses-program",
        }
    known = {
        name: {what for what, value in values.items() if any(value in one for one in found.values())}
        for name, found in environments.items()
    }
    logins = {name: {f"address of PostgreSQL for {name}", f"address of NATS for {name}"} for name in KINDS}

    assert {
        "ingest": {"PEPPER", "RECEIPT_KEY", *logins["ingest"]},
        "tracker": {"RECEIPT_KEY", *logins["tracker"]},
        "notifier": {
            *("ENCRYPTION_KEYS", "CONVERSATION_KEYS", "VAPID_KEY", "TELEGRAM_WEBHOOK_SECRET"),
            *logins["notifier"],
        },
        "desk": {"CONVERSATION_KEYS", "STAFF_KEYS", *logins["desk"]},
        "phone": {"the sample's key"},
        "nats": set(),
        "postgres": set(),
    } == known
    for name in KINDS:
        ours = {one for one in environments[name] if one.startswith("DOCWATCH_")}
        assert set() == ours - settings_of(name)
        assert "PATH" in environments[name]


@pytest.mark.parametrize("service", KINDS)
def test_the_table_of_secrets_is_the_short_one(service: str) -> None:
    """A service's settings name its own two logins and the keys that it works with, and no other secret."""
    own = {f"DOCWATCH_{name}" for name in OWN[service] | {"NATS_URL", "DATABASE_URL"}}

    assert own == secrets_of(KINDS[service])


def test_secrets_of_others_are_told_to_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is started by hand with too much says what to leave out, and gives it to no child."""
    seen = list[str]()

    class App:
        @staticmethod
        def main() -> int:
            seen.extend(os.environ)
            return 0

    monkeypatch.setitem(sys.modules, "services.tracker.app", cast("ModuleType", App))
    for name in ("PEPPER", "TELEGRAM_TOKEN", "PROVISION_DATABASE_URL", "RECEIPT_KEY"):
        monkeypatch.setenv(f"DOCWATCH_{name}", "x")
    wanted = ["DOCWATCH_PEPPER", "DOCWATCH_PROVISION_DATABASE_URL", "DOCWATCH_TELEGRAM_TOKEN"]
    found = not_needed("tracker", os.environ)
    of_file = not_needed("tracker", {"DOCWATCH_TELEGRAM_TOKEN_FILE": "x"})
    answer = CliRunner().invoke(app, ["run", "tracker"])

    assert wanted == found
    assert ["DOCWATCH_TELEGRAM_TOKEN_FILE"] == of_file
    assert wanted == [line.split()[1] for line in answer.stderr.splitlines()]
    assert "DOCWATCH_RECEIPT_KEY" in seen
    assert set() == set(wanted) & set(seen)
