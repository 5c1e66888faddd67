"""What the notifier must be told, besides what every service must."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from contracts.channels import TELEGRAM, VIBER
from contracts.links import PublicUrl
from contracts.services import NOTIFIER
from runtime.settings import RuntimeSettings

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_HEADER = re.compile(r"[\x21-\x7e]{0,256}")


def usable_secret(secret: SecretStr) -> SecretStr:
    """Return a webhook's secret; ValueError where the messenger would not take it."""
    if _SECRET.fullmatch(secret.get_secret_value()) is None:
        raise ValueError("1 to 256 of A-Z a-z 0-9 _ -")
    return secret


def usable_token(token: SecretStr) -> SecretStr:
    """Return a token that travels in a header, empty where there is none; ValueError where none could."""
    if _HEADER.fullmatch(token.get_secret_value()) is None:
        raise ValueError("at most 256 visible characters of ASCII")
    return token


class NotifierSettings(RuntimeSettings):
    """`encryption_keys` is `id:hex,id:hex`, the first key current; rates in messages, times in seconds.

    An account of a messenger is on when its token is given: `telegram_token` is that of the account
    `telegram`, `telegram_second_token` that of a second bot, `telegram.second`, `viber_token` that of
    `viber`; at least one is needed. `rate_global` and `rate_chat` are those of each bot of Telegram.

    With `public_url` (the outer address of the public edge) the page behind a receipt's code is served, at
    `public_port`.
    With `telegram_webhook_url` (the outer address of this service) updates are posted to us, at
    `notifier_port`, else we ask.
    `telegram_paid_broadcast` lets `rate_global` go up to 1000 for a fee on every message.
    Without `quiet_hours` those of the catalogue do not count. `telegram_bot` and `viber_bot` are the bots'
    public names where they are not the catalogue's.
    With `viber_token` Viber is on, too: its updates are always posted to us.
    """

    encryption_keys: SecretStr
    telegram_token: SecretStr | None = None
    telegram_second_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_url: (
        Annotated[str, StringConstraints(pattern=r"^https?://[^/?#]+(/[^?#]*)?$")] | None
    ) = None
    telegram_webhook_secret: Annotated[SecretStr, AfterValidator(usable_secret)] | None = None
    telegram_second_webhook_secret: Annotated[SecretStr, AfterValidator(usable_secret)] | None = None
    telegram_paid_broadcast: bool = False
    viber_token: Annotated[SecretStr, AfterValidator(usable_token)] | None = None
    viber_api_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/?#]+(/[^?#]*)?$")] = (
        "https://chatapi.viber.com"
    )
    public_url: PublicUrl | None = None
    public_port: Annotated[int, Field(ge=0, le=65535)] = NOTIFIER.public_edge_port
    notifier_port: Annotated[int, Field(ge=0, le=65535)] = NOTIFIER.public_port
    notifier_ops_port: Annotated[int, Field(ge=0, le=65535)] = NOTIFIER.ops_port
    rate_global: Annotated[float, Field(gt=0, le=10_000)] = 30.0
    rate_chat: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    telegram_bot: Annotated[str, AfterValidator(TELEGRAM.named)] | None = None
    viber_bot: Annotated[str, AfterValidator(VIBER.named)] | None = None
    quiet_hours: bool = True
    resend_after: Annotated[float, Field(gt=0)] = 60.0
    send_concurrency: Annotated[int, Field(ge=1, le=1_000)] = 50
    notifier_batch: Annotated[int, Field(ge=1, le=1_000)] = 200
    lease_term: Annotated[float, Field(ge=4, le=60)] = 7.0
