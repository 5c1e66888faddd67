"""What each program of an installation is told, and no more: its environment is made, never inherited.

A service's own settings are the table: what its settings class does not name it does not get. So a dump or a
child of the notifier holds no pepper, and no service ever sees what may create roles.
"""

from collections.abc import Iterable, Mapping
from typing import get_args

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from cli.installation.settings import InstallationSettings
from runtime.settings import FROM_FILE, RuntimeSettings, variable
from services.desk.settings import DeskSettings
from services.ingest.settings import IngestSettings
from services.notifier.settings import NotifierSettings
from services.tracker.settings import TrackerSettings

KINDS: Mapping[str, type[RuntimeSettings]] = {
    "ingest": IngestSettings,
    "tracker": TrackerSettings,
    "notifier": NotifierSettings,
    "desk": DeskSettings,
}
"""The settings class of each service of the registry."""
_PROCESS = frozenset(
    {
        *("HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "TERM", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV"),
        *("LD_LIBRARY_PATH", "LD_PRELOAD", "SSL_CERT_DIR", "SSL_CERT_FILE"),
        *("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
    }
)
_PROCESS_FAMILIES = ("LC_", "MALLOC_", "OTEL_", "PYTHON")


def settings_of(service: str) -> frozenset[str]:
    """Return the variables of all settings that a service is told."""
    return frozenset(map(variable, KINDS[service].model_fields))


def secret_settings(kind: type[BaseSettings]) -> list[str]:
    """Return those settings of a kind that nobody else may learn, in the order of their names."""
    return sorted(name for name, field in kind.model_fields.items() if _is_secret(field.annotation))


def secrets_of(kind: type[BaseSettings]) -> frozenset[str]:
    """Return their variables."""
    return frozenset(map(variable, secret_settings(kind)))


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def environment_of(service: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the part of what is given that a service's process is to be told."""
    wanted = settings_of(service)
    own = {name: value for name, value in given.items() if name.upper() in wanted}
    return {**process_environment(given), **own}


def process_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the part of what is given that any program needs from its surroundings: no setting is in it."""
    return {
        name: value
        for name, value in given.items()
        if name.upper() in _PROCESS or name.startswith(_PROCESS_FAMILIES)
    }


def not_needed(service: str, given: Iterable[str]) -> list[str]:
    """Return which of the names that are given are secrets that the service has no use for."""
    passwords = frozenset(variable(f"{name}_password") for name in KINDS)
    kinds: list[type[BaseSettings]] = [InstallationSettings, *KINDS.values()]
    foreign = passwords.union(*map(secrets_of, kinds)) - secrets_of(KINDS[service])
    return sorted(name for name in given if name.upper().removesuffix(FROM_FILE) in foreign)
