"""Settings that every service has: the environment or `.env`, prefix `DOCWATCH_`."""

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

MIN_KEY_BYTES = 32

T = TypeVar("T", bound=BaseSettings)


class SettingsError(Exception):
    """The settings are not fit to start with; the message names each variable and what is wrong."""


class RuntimeSettings(BaseSettings):
    """What every service needs to be told."""

    model_config = SettingsConfigDict(
        env_prefix="DOCWATCH_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    nats_url: SecretStr
    database_url: SecretStr
    catalogue: Path
    host: str = "127.0.0.1"
    log_level: str = "INFO"
    database_pool: Annotated[int, Field(ge=2, le=100)] = 8
    stop_grace: Annotated[float, Field(gt=0)] = 10.0


def load_settings(kind: type[T]) -> T:
    """Read settings of one kind; raise SettingsError with a line per problem, values never shown."""
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
