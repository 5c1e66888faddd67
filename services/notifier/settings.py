"""What the notifier must be told, besides what every service must."""

import re
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from contracts.channels import EMAIL, SMS, TELEGRAM, VIBER
from contracts.links import PublicUrl
from contracts.services import NOTIFIER
from runtime.settings import RuntimeSettings

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_VAPID = re.compile(r"([A-Za-z0-9_-]{43})=?")
P256_ORDER = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
"""How many points the curve P-256 has: a private key is a number below it."""
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


def usable_vapid_key(key: SecretStr) -> SecretStr:
    """Return a private key of P-256 in base64url, empty where there is none; ValueError for another text."""
    text = key.get_secret_value().strip()
    if not text:
        return SecretStr("")
    found = _VAPID.fullmatch(text)
    number = int.from_bytes(urlsafe_b64decode(f"{found[1]}="), "big") if found else 0
    if not 0 < number < P256_ORDER:
        raise ValueError("43 letters of base64url: the 32 bytes of a private key of P-256")
    return SecretStr(found[1] if found else "")


class NotifierSettings(RuntimeSettings):
    """`encryption_keys` is `id:hex,id:hex`, the first key current; rates in messages, times in seconds.

    With `conversation_keys`, written alike and the same for the desk, people of the agency answer citizens.
    Files that citizens send to them take at most `files_room` MB in all.

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
    With `vapid_key` the page pushes to the devices that want it; `push_loopback` lets push services be on
    this machine, by plain HTTP, as that of the sandbox is.

    With `smtp_url` (`smtp://user@host:587`, or `smtps://`; `smtp_password` apart or in it) e-mail is on, from
    `email_from` or the catalogue's address. STARTTLS is insisted on but for this machine's own server, or
    with `smtp_plain`; `smtp_ca` is a file of certificates that count beside the system's. There are at most
    `smtp_connections` at once, `email_rate` letters a second in all and `email_domain_rate` to each domain.
    With `dkim_key` (PEM) and `dkim_selector` letters are signed. What cannot be delivered comes back to
    `bounce_address`, else to `email_from`, and is read there by `imap_url` (`imaps://user@host/folder`), or
    is posted to us with `bounce_secret` by `docwatch bounce`.
    With `sms_gateway`, the file that describes a provider's HTTP gateway, or `smpp_url` with `smpp_password`,
    a message centre of SMPP, SMS is on; the file may name the secrets `sms_key`, `sms_webhook_secret` and
    `sms_signing_key`.
    """

    encryption_keys: SecretStr
    conversation_keys: SecretStr | None = None
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
    smtp_url: SecretStr | None = None
    smtp_password: SecretStr | None = None
    smtp_plain: bool = False
    smtp_ca: Path | None = None
    smtp_connections: Annotated[int, Field(ge=1, le=100)] = 10
    email_from: Annotated[str, AfterValidator(EMAIL.named)] | None = None
    email_rate: Annotated[float, Field(gt=0, le=10_000)] = 30.0
    email_domain_rate: Annotated[float, Field(gt=0, le=10_000)] = 10.0
    dkim_key: SecretStr | None = None
    dkim_selector: str | None = None
    bounce_address: Annotated[str, AfterValidator(EMAIL.named)] | None = None
    bounce_secret: Annotated[SecretStr, AfterValidator(usable_token)] | None = None
    imap_url: SecretStr | None = None
    imap_password: SecretStr | None = None
    sms_gateway: Path | None = None
    smpp_url: SecretStr | None = None
    smpp_password: SecretStr | None = None
    sms_key: SecretStr | None = None
    sms_webhook_secret: SecretStr | None = None
    sms_signing_key: SecretStr | None = None
    sms_sender: Annotated[str, AfterValidator(SMS.named)] | None = None
    public_url: PublicUrl | None = None
    public_port: Annotated[int, Field(ge=0, le=65535)] = NOTIFIER.public_edge_port
    notifier_port: Annotated[int, Field(ge=0, le=65535)] = NOTIFIER.public_port
    notifier_ops_port: Annotated[int, Field(ge=0, le=65535)] = NOTIFIER.ops_port
    rate_global: Annotated[float, Field(gt=0, le=10_000)] = 30.0
    rate_chat: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    telegram_bot: Annotated[str, AfterValidator(TELEGRAM.named)] | None = None
    viber_bot: Annotated[str, AfterValidator(VIBER.named)] | None = None
    vapid_key: Annotated[SecretStr, AfterValidator(usable_vapid_key)] | None = None
    push_loopback: bool = False
    quiet_hours: bool = True
    files_room: Annotated[int, Field(ge=1, le=1_000_000)] = 2048
    resend_after: Annotated[float, Field(gt=0)] = 60.0
    send_concurrency: Annotated[int, Field(ge=1, le=1_000)] = 50
    notifier_batch: Annotated[int, Field(ge=1, le=1_000)] = 200
    lease_term: Annotated[float, Field(ge=4, le=60)] = 7.0
