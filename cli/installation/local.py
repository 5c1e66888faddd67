"""This machine's installation: its secrets, its embedded servers, where they listen.

`DATA_DIR/secrets.env` (mode 0600) is made once and never overwritten: losing `DOCWATCH_PEPPER` means losing
every application, so it belongs into the backup.
"""

import json
import secrets
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from cli.errors import CommandError
from cli.settings import local_settings
from contracts.logins import LOGINS
from contracts.services import SERVICES
from runtime.embedded import EmbeddedError, EmbeddedNats, EmbeddedPostgres, NatsUser
from runtime.embedded.postgres import visitor
from runtime.embedded.private import close_below, close_file, keep_private, write_private
from services.notifier.settings import P256_ORDER

SECRETS_FILE = "secrets.env"
RUNNING_FILE = "running.json"
"""Where the servers of a running installation are, for other commands."""
VAPID_KEY = "DOCWATCH_VAPID_KEY"
CONVERSATION_KEYS = "DOCWATCH_CONVERSATION_KEYS"
STAFF_KEYS = "DOCWATCH_STAFF_KEYS"
ACCOUNTS = tuple(login.name for login in LOGINS)


def _new_vapid_key() -> str:
    """Return a private key of P-256, in base64url."""
    number = 1 + secrets.randbelow(P256_ORDER - 1)
    return urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


_LATER: Mapping[str, Callable[[], str]] = {
    CONVERSATION_KEYS: lambda: f"1:{secrets.token_hex(32)}",
    STAFF_KEYS: lambda: f"1:{secrets.token_hex(32)}",
    VAPID_KEY: _new_vapid_key,
}
"""Secrets that an installation of an earlier version had none of."""


def _new_secrets() -> dict[str, str]:
    values = {
        "DOCWATCH_PEPPER": secrets.token_hex(32),
        "DOCWATCH_RECEIPT_KEY": secrets.token_hex(32),
        "DOCWATCH_ENCRYPTION_KEYS": f"1:{secrets.token_hex(32)}",
        **{name: make() for name, make in _LATER.items()},
        "LOCAL_POSTGRES_PASSWORD": secrets.token_hex(16),
    }
    for account in ACCOUNTS:
        values[f"LOCAL_{account.upper()}_PASSWORD"] = secrets.token_hex(16)
    return values


def _warn(sentence: str) -> None:
    sys.stderr.write(f"docwatch: {sentence}\n")


def ensure_secrets(folder: Path, tell: Callable[[str], None] = _warn) -> dict[str, str]:
    """Return the installation's secrets by name, made on the first call.

    The folder and the file become their owner's alone, and what had to be taken from others is told.
    Raises CommandError where the folder is not the installation's own, or not ours to close.
    """
    path = folder / SECRETS_FILE
    try:
        closed = [keep_private(folder, SECRETS_FILE, visitor(folder / "postgres", folder.parent))]
        close_below(folder / "logs", folder / "sample")
        if not path.exists():
            write_secrets(folder, _new_secrets())
        closed.append(close_file(path))
    except (EmbeddedError, OSError) as error:
        raise CommandError(str(error)) from None
    for sentence in filter(None, closed):
        tell(sentence)
    lines = path.read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    later = {name: make() for name, make in _LATER.items() if name not in values}
    if later:
        values |= later
        write_secrets(folder, values)
    return values


def write_secrets(folder: Path, values: Mapping[str, str]) -> None:
    """Replace the secrets file in one step, readable by its owner alone."""
    lines = [f"{name}={value}\n" for name, value in values.items()]
    write_private(
        folder / SECRETS_FILE, "# Made by docwatch. Back this up, show it to nobody.\n" + "".join(lines)
    )


def embedded_nats(folder: Path, values: Mapping[str, str]) -> EmbeddedNats:
    """Return this installation's NATS, not started."""
    users = [
        NatsUser(it.name, values[f"LOCAL_{it.name.upper()}_PASSWORD"], it.publish, it.subscribe, it.answers)
        for it in LOGINS
    ]
    return EmbeddedNats(folder / "nats", users=users)


def embedded_postgres(folder: Path, values: Mapping[str, str]) -> EmbeddedPostgres:
    """Return this installation's PostgreSQL, not started."""
    return EmbeddedPostgres(folder / "postgres", password=values["LOCAL_POSTGRES_PASSWORD"])


def service_database_url(postgres: EmbeddedPostgres, service: str, values: Mapping[str, str]) -> str:
    """Return the address by which a service's role reaches the embedded database."""
    return postgres.url(SERVICES[service].role, values[f"LOCAL_{service.upper()}_PASSWORD"])


def note_running(folder: Path, addresses: Mapping[str, str]) -> None:
    """Write down where the running installation's servers are, for other commands."""
    write_private(folder / RUNNING_FILE, json.dumps(dict(addresses)))


def forget_running(folder: Path) -> None:
    """Say that nothing runs any more."""
    (folder / RUNNING_FILE).unlink(missing_ok=True)


def running(folder: Path) -> dict[str, str]:
    """Return the addresses of the running installation by name; CommandError where none runs."""
    try:
        addresses: dict[str, str] = json.loads((folder / RUNNING_FILE).read_text())
    except FileNotFoundError:
        raise CommandError(
            f"nothing runs on {folder}; start it with docwatch up, or set the address by environment"
        ) from None
    return addresses


def database_url(service: str) -> str:
    """Return where a service finds its database: the settings say, else the running installation."""
    settings = local_settings()
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return running(settings.folder)[f"database_{service}"]
