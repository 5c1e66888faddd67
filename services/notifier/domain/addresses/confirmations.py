"""What proves whose an address is that has no conversation: the rules, without input or output."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from contracts.links import JOINING, TOKEN
from services.notifier.domain.preferences import Detail

SECRET = re.compile(r"[A-Za-z0-9_-]{22}")
"""What leads to a confirmation: 128 random bits."""
CODE = re.compile(r"[0-9]{6}")
CODES = 1_000_000

LINK_LIFE = timedelta(hours=24)
CODE_LIFE = timedelta(minutes=30)

TRIES = 5
"""Codes that may be typed for one confirmation."""
TRIES_A_DAY = 20
"""Wrong codes a day of whoever holds one receipt, or gave links to their own addresses."""
OF_ADDRESS_A_DAY = 3
OF_OWNER_A_DAY = 5
"""Messages that one address gets in a day, and that one receipt, or one person's links, may ask for."""
OF_ACCOUNT_AN_HOUR = 1000
"""Messages that an account sends in an hour at most, whoever asks for them."""

_TAG = re.compile(r"(?<=.)\+[^@]*@")
_SECRET_BYTES = 16
LOWEST_UPDATE = 1 << 62
"""The numbers of updates that are confirmations begin here."""

Brought = Literal["receipt", "invitation"]


@dataclass(frozen=True)
class Wish:
    """What somebody filled in on our page: where they want to be written to, for what, and how much.

    `secret` is what led them there: the token of a receipt or a share, or the secret of a link of one's own.
    """

    account: str
    address: str
    secret: str
    language: str
    detail: Detail


@dataclass(frozen=True)
class Kept(Wish):
    """A wish that waits to be confirmed; without a `code` the secret itself proves it."""

    code: str | None = None


def counted_as(address: str) -> str:
    """Return what messages to an address are counted by: all spellings that may be of one mailbox are one."""
    return _TAG.sub("@", address).casefold()


def brought(secret: str) -> Brought | None:
    """Return what a secret is by its form; None for what is neither."""
    if JOINING.fullmatch(secret):
        return "invitation"
    return "receipt" if TOKEN.fullmatch(secret) else None


def new_secret() -> str:
    """Return another secret."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_code() -> str:
    """Return another code; all are as likely."""
    return f"{secrets.randbelow(CODES):06}"


def update_of(confirmation: UUID) -> str:
    """Return the identity of the update that confirming is, the same each time.

    It lies above every number of a channel that counts its updates, so none of those can pass it by.
    """
    return str(LOWEST_UPDATE | (confirmation.int % LOWEST_UPDATE))
