"""What ingest must be told, besides what every service must."""

from typing import Annotated

from pydantic import Field, SecretStr

from runtime.settings import RuntimeSettings


class IngestSettings(RuntimeSettings):
    """Keys are hex, at least 32 bytes; `telegram_bot` replaces the catalogue's name of the bot."""

    pepper: SecretStr
    receipt_key: SecretStr
    ingest_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    telegram_bot: str | None = None
    publish_wait: Annotated[float, Field(gt=0, le=60)] = 5.0
