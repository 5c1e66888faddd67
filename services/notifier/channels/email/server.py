"""The servers of mail that an account works with, each told by one address with perhaps a password in it."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote, urlsplit

Tls = Literal["at_once", "starttls", "none"]
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_PORTS = {"smtps": 465, "smtp": 587, "imaps": 993, "imap": 143}


@dataclass(frozen=True)
class Server:
    """A server: where it is, who we are there, and whether what is said is encrypted.

    `starttls` is asked for and insisted on; `none` is for this machine's own server, or by wish. `folder` is
    what stands after the host: the mailbox of IMAP.
    """

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    folder: str = ""

    @property
    def name(self) -> str:
        """Return the server's name for operators."""
        return f"{self.host}:{self.port}"


def server_of(
    url: str, *, schemes: tuple[str, str], password: str | None = None, plain: bool = False
) -> Server:
    """Return the server of an address like `smtp://user@host:587`.

    Args:
        url: the address; a password in it is percent-encoded.
        schemes: of the two protocols that are meant, the one encrypted from the first byte first.
        password: where it stands apart.
        plain: go without encryption.

    Raises ValueError that says what is wrong and shows nothing of the address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("the port is no number up to 65535") from None
    at_once, later = schemes
    if parts.scheme not in schemes:
        raise ValueError(f"it must begin with {later}:// or {at_once}://")
    if _HOST.fullmatch(host) is None:
        raise ValueError(f"there is no host in it: write {later}://user@host:port")
    if parts.query or parts.fragment:
        raise ValueError("a ? or # in the name or password must be percent-encoded")
    user = None if parts.username is None else unquote(parts.username)
    inside = None if parts.password is None else unquote(parts.password)
    if inside is not None and password:
        raise ValueError("the password is given twice; take it out of the address")
    secret = inside if inside is not None else (password or None)
    if (user is None) != (secret is None):
        raise ValueError("a name and a password are needed, or neither")
    tls: Tls = "at_once" if parts.scheme == at_once else "none" if plain or loopback(host) else "starttls"
    if tls == "none" and secret is not None and not loopback(host):
        raise ValueError("a password never goes to another machine without encryption")
    return Server(host, port or _PORTS[parts.scheme], tls, user, secret, unquote(parts.path.strip("/")))


def loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
