"""Settings that every service has: the environment or `.env`, prefix `DOCWATCH_`."""

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.errors import SettingsError

PREFIX = "DOCWATCH_"
FROM_FILE = "_FILE"
MIN_KEY_BYTES = 32

T = TypeVar("T", bound=BaseSettings)


def variable(setting: str) -> str:
    """Return the environment's name of a setting."""
    return PREFIX + setting.upper()


class RuntimeSettings(BaseSettings):
    """What every service needs to be told; `ops_host` is where health and metrics can be asked for."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    nats_url: SecretStr
    nats_ca: Path | None = None
    database_url: SecretStr
    catalogue: Path
    host: str = "127.0.0.1"
    ops_host: str = "127.0.0.1"
    log_level: str = "INFO"
    database_pool: Annotated[int, Field(ge=2, le=100)] = 8
    otlp_endpoint: str | None = None
    stop_grace: Annotated[float, Field(gt=0)] = 10.0


def take_files(environ: MutableMapping[str, str]) -> None:
    """Give each setting whose name with `_FILE` names a file what stands in that file.

    Raises SettingsError where a file cannot be read, or where the setting itself is given as well.
    """
    for name in [key for key in environ if key.startswith(PREFIX) and key.endswith(FROM_FILE)]:
        setting, path = name.removesuffix(FROM_FILE), environ.pop(name)
        if environ.get(setting):
            raise SettingsError(f"{name}: {setting} is set as well; keep one of them")
        try:
            environ[setting] = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}: {path} cannot be read: {type(error).__name__}") from None


def load_settings(kind: type[T]) -> T:
    """Read settings of one kind; raise SettingsError with a line per problem, values never shown."""
    take_files(os.environ)
    try:
        return kind()
    except ValidationError as error:
        lines = [
            f"DOCWATCH_{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("\n".join(lines)) from None


def key_bytes(name: str, secret: SecretStr) -> bytes:
    """Decode a key given as hex; raise SettingsError where it is too short or not hex."""
    try:
        key = bytes.fromhex(secret.get_secret_value())
    except ValueError:
        raise SettingsError(
            f"DOCWATCH_{name}: not hexadecimal; make one with: openssl rand -hex 32"
        ) from None
    if len(key) < MIN_KEY_BYTES:
        raise SettingsError(f"DOCWATCH_{name}: at least {MIN_KEY_BYTES} bytes are needed (64 hex digits)")
    return key
