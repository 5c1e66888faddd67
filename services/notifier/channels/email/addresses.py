"""Addresses of e-mail: what is one, and how a server is told it."""

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

LONGEST, _LONGEST_NAME = 254, 64
_NEVER = re.compile(r"[\x00-\x20\x7f-\x9f<>\"(),:;\\\[\]]")


@dataclass(frozen=True)
class Mailbox:
    """An address as it goes over the wire: the domain in ASCII; `name` may need SMTPUTF8."""

    name: str
    domain: str

    @property
    def address(self) -> str:
        """Return the address whole."""
        return f"{self.name}@{self.domain}"

    @property
    def ascii(self) -> bool:
        """Tell whether every server can be told it."""
        return self.name.isascii()


def mailbox_of(text: str) -> Mailbox:
    """Return the address that a text is; ValueError, which does not quote it, for anything else.

    Letters of all scripts may stand in it. Whether there is such a mailbox is not asked.
    """
    text = text.strip()
    if len(text) > LONGEST or _NEVER.search(text):
        raise ValueError("not an address of e-mail")
    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise ValueError("not an address of e-mail") from None
    if "." not in found.ascii_domain:
        raise ValueError("not an address of e-mail")
    mailbox = Mailbox(found.local_part, found.ascii_domain)
    if len(mailbox.name.encode()) > _LONGEST_NAME or len(mailbox.address.encode()) > LONGEST:
        raise ValueError("not an address of e-mail")
    return mailbox


def typed_address(text: str) -> str | None:
    """Return an address as it is kept from what somebody typed; None for what is none.

    The domain is in small letters, and the name as it was typed: a server may tell its letters apart.
    """
    try:
        return mailbox_of(text).address
    except ValueError:
        return None
