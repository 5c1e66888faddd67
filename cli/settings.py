"""What `docwatch` on this machine is told: the environment or `.env`, prefix `DOCWATCH_`."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cli.errors import CommandError
from contracts.channels import EMAIL, SMS
from contracts.links import PublicUrl
from contracts.services import DESK, INGEST, NOTIFIER, SERVICES, TRACKER
from services.desk.settings import DeskUrl, Issuer

SAMPLE_CATALOGUE = Path(__file__).parents[1] / "sandbox" / "agency" / "catalogue"
Port = Annotated[int, Field(ge=1, le=65535)]


class LocalSettings(BaseSettings):
    """Unset servers are embedded ones; without any token the messengers are simulated ones with a phone."""

    model_config = SettingsConfigDict(
        env_prefix="DOCWATCH_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    data_dir: Path = Path(".docwatch")
    host: str = "127.0.0.1"
    ops_host: str = "127.0.0.1"
    nats_url: SecretStr | None = None
    nats_ca: Path | None = None
    ingest_nats_url: SecretStr | None = None
    tracker_nats_url: SecretStr | None = None
    notifier_nats_url: SecretStr | None = None
    desk_nats_url: SecretStr | None = None
    database_url: SecretStr | None = None
    provision_database_url: SecretStr | None = None
    catalogue: Path = SAMPLE_CATALOGUE
    telegram_token: SecretStr | None = None
    telegram_second_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    viber_token: SecretStr | None = None
    viber_api_url: str = "https://chatapi.viber.com"
    sms_gateway: Path | None = None
    smpp_url: SecretStr | None = None
    sms_sender: Annotated[str, AfterValidator(SMS.named)] | None = None
    smtp_url: SecretStr | None = None
    smtp_port: Port = 8025
    email_from: Annotated[str, AfterValidator(EMAIL.named)] | None = None
    ingest_port: Port = INGEST.public_port
    notifier_port: Port = NOTIFIER.public_port
    public_url: PublicUrl | None = None
    public_port: Port = NOTIFIER.public_edge_port
    desk_url: DeskUrl | None = None
    desk_port: Port = DESK.public_port
    oidc_issuer: Issuer | None = None
    phone_port: Port = 8090
    ingest_ops_port: Port = INGEST.ops_port
    tracker_ops_port: Port = TRACKER.ops_port
    notifier_ops_port: Port = NOTIFIER.ops_port
    desk_ops_port: Port = DESK.ops_port
    ingest_docs: bool | None = None
    telegram_webhook_url: str | None = None
    receipt_key: SecretStr | None = None
    callback_private: bool | None = None
    rate_global: float = 30
    rate_chat: float = 1

    @property
    def folder(self) -> Path:
        """The data directory, absolute."""
        return self.data_dir.absolute()

    @property
    def logins(self) -> dict[str, str]:
        """By service what NATS_URL is for it, where that is said apart; passwords included."""
        given = {name: getattr(self, service.setting("nats_url")) for name, service in SERVICES.items()}
        return {name: url.get_secret_value() for name, url in given.items() if url is not None}

    @property
    def own_bots(self) -> dict[str, SecretStr]:
        """The credentials of the agency's own accounts by name, as far as they are given.

        An empty one of a further bot, as a file holds it where there is none, is none.
        """
        given = {
            "telegram": self.telegram_token,
            "telegram.second": self.telegram_second_token or None,
            "viber": self.viber_token or None,
            "email": self.smtp_url or None,
            "sms": self.smpp_url or (None if self.sms_gateway is None else SecretStr(str(self.sms_gateway))),
        }
        return {account: token for account, token in given.items() if token is not None}

    @property
    def sandboxed(self) -> bool:
        """Whether simulated messengers stand in for bots of the agency's own.

        Never beside one that is real: anybody knows the tokens of the simulated ones, and could write through
        their doors.
        """
        return not self.own_bots

    @property
    def private_callbacks(self) -> bool:
        """Whether callbacks may go to http:// and to addresses that are not public."""
        return self.sandboxed if self.callback_private is None else self.callback_private

    @property
    def public_docs(self) -> bool:
        """Whether ingest shows its description to whoever reaches it."""
        return self.sandboxed if self.ingest_docs is None else self.ingest_docs

    @property
    def edge_url(self) -> str | None:
        """The outer address of the public edge; beside simulated messengers one on this machine."""
        return self.public_url or (base_url(self.host, self.public_port) if self.sandboxed else None)

    @property
    def door_url(self) -> str | None:
        """The outer address of the staff's door; beside simulated messengers one on this machine."""
        return self.desk_url or (base_url(self.host, self.desk_port) if self.sandboxed else None)

    @property
    def ports(self) -> dict[str, int]:
        """The public port of each program that will have one."""
        ports = {"ingest": self.ingest_port}
        if self.telegram_webhook_url is not None:
            ports["notifier"] = self.notifier_port
        if self.edge_url is not None:
            ports["public"] = self.public_port
        if self.door_url is not None:
            ports["desk"] = self.desk_port
        return {**ports, "phone": self.phone_port, "smtp": self.smtp_port} if self.sandboxed else ports

    @property
    def ops_ports(self) -> dict[str, int]:
        """The port of each service for operators."""
        return {name: getattr(self, service.setting("ops_port")) for name, service in SERVICES.items()}


def base_url(host: str, port: int) -> str:
    """Return the URL of a listener as this machine reaches it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def local_settings() -> LocalSettings:
    """Read the settings; CommandError with a line per problem, values never shown."""
    try:
        return LocalSettings()
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        raise CommandError(
            "\n".join(f"DOCWATCH_{str(error['loc'][0]).upper()}: {error['msg']}" for error in problems)
        ) from None
