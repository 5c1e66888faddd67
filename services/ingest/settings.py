"""What ingest must be told, besides what every service must."""

from typing import Annotated

from pydantic import Field, SecretStr

from runtime.settings import RuntimeSettings


class IngestSettings(RuntimeSettings):
    """Keys are hex, at least 32 bytes; `telegram_bot` replaces the catalogue's name of the bot.

    `key_rate` is how many events (or other requests) a second each key may send to each process.
    """

    pepper: SecretStr
    receipt_key: SecretStr
    ingest_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    telegram_bot: str | None = None
    key_rate: Annotated[float, Field(gt=0)] = 20_000
    publish_wait: Annotated[float, Field(gt=0, le=60)] = 5.0
