"""What the notifier must be told, besides what every service must."""

from typing import Annotated

from pydantic import Field, SecretStr

from runtime.settings import RuntimeSettings


class NotifierSettings(RuntimeSettings):
    """`encryption_keys` is `id:hex,id:hex`, the first key current; rates in messages, times in seconds."""

    encryption_keys: SecretStr
    telegram_token: SecretStr
    telegram_api_url: str = "https://api.telegram.org"
    notifier_port: Annotated[int, Field(ge=0, le=65535)] = 8082
    rate_global: Annotated[float, Field(gt=0, le=10_000)] = 30.0
    rate_chat: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    resend_after: Annotated[float, Field(gt=0)] = 60.0
    send_concurrency: Annotated[int, Field(ge=1, le=1_000)] = 50
    notifier_batch: Annotated[int, Field(ge=1, le=1_000)] = 200
    lease_term: Annotated[float, Field(ge=4, le=60)] = 8.0
