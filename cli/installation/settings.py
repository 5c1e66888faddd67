"""What looks at a whole installation is told: the settings of every service, none of them required."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError

from cli.settings import LocalSettings, base_url
from contracts.channels import TELEGRAM, VIBER
from contracts.services import SERVICES


class InstallationSettings(LocalSettings):
    """Settings of the whole installation; `*_ops_url` says where one is asked, else on OPS_HOST.

    `ingest_url` is where back offices reach ingest, where that is not its own port.
    """

    pepper: SecretStr | None = None
    receipt_key: SecretStr | None = None
    encryption_keys: SecretStr | None = None
    conversation_keys: SecretStr | None = None
    staff_keys: SecretStr | None = None
    oidc_client_secret: SecretStr | None = None
    vapid_key: SecretStr | None = None
    files_room: Annotated[int, Field(ge=1, le=1_000_000)] = 2048
    telegram_bot: Annotated[str, AfterValidator(TELEGRAM.named)] | None = None
    viber_bot: Annotated[str, AfterValidator(VIBER.named)] | None = None
    smtp_password: SecretStr | None = None
    smtp_plain: bool = False
    smtp_ca: Path | None = None
    imap_url: SecretStr | None = None
    imap_password: SecretStr | None = None
    bounce_secret: SecretStr | None = None
    sms_key: SecretStr | None = None
    sms_webhook_secret: SecretStr | None = None
    sms_signing_key: SecretStr | None = None
    smpp_password: SecretStr | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_second_webhook_secret: SecretStr | None = None
    database_pool: Annotated[int, Field(ge=2, le=100)] = 8
    nats_monitor_url: str | None = None
    ingest_url: str | None = None
    ingest_ops_url: str | None = None
    tracker_ops_url: str | None = None
    notifier_ops_url: str | None = None
    desk_ops_url: str | None = None

    @property
    def services(self) -> dict[str, str]:
        """The base URL by name at which operators ask each service."""
        given = {name: getattr(self, service.setting("ops_url")) for name, service in SERVICES.items()}
        return {name: url or base_url(self.ops_host, self.ops_ports[name]) for name, url in given.items()}

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
        return None, [f"DOCWATCH_{str(error['loc'][0]).upper()}: {error['msg']}" for error in problems]
