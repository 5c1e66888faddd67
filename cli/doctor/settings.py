"""What the doctor and the status view are told: the settings of every service, none of them required."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError

from cli.settings import LocalSettings


class InstallationSettings(LocalSettings):
    """Settings of the whole installation; `*_url` says where a service is if not on HOST and its port."""

    pepper: SecretStr | None = None
    receipt_key: SecretStr | None = None
    encryption_keys: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_bot: str | None = None
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    database_pool: Annotated[int, Field(ge=2, le=100)] = 8
    nats_monitor_url: str | None = None
    ingest_url: str | None = None
    tracker_url: str | None = None
    notifier_url: str | None = None

    @property
    def services(self) -> dict[str, str]:
        """The base URL of each service by name."""
        return {
            "ingest": self.ingest_url or f"http://{self.host}:{self.ingest_port}",
            "tracker": self.tracker_url or f"http://{self.host}:{self.tracker_port}",
            "notifier": self.notifier_url or f"http://{self.host}:{self.notifier_port}",
        }

    @property
    def secrets_path(self) -> Path:
        """Where `docwatch up` keeps what it made."""
        return self.folder / "secrets.env"


def read_settings() -> tuple[InstallationSettings | None, list[str]]:
    """Return the settings, or None and a sentence for each that cannot be read; values are never shown."""
    try:
        return InstallationSettings(), []
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        return None, [f"DOCWATCH_{str(one['loc'][0]).upper()}: {one['msg']}" for one in problems]
