"""What a provider gives with an account of SMPP, as one address: `smpp://system_id@host:2775?window=10`."""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from services.notifier.channels.sms.smpp.pdus import Sender

Long = Literal["udh8", "udh16", "payload"]
"""How a text of several parts travels.

Each part says in a header which text it is of, by a number of 8 or of 16 bits; or the message centre cuts it.
"""
PORT, TLS_PORT = 2775, 3550
_MOST_WINDOW = _MOST_RATE = 1000
_MOST_VALIDITY = 24 * 99
_VISIBLE = re.compile(r"[\x21-\x7e]{1,64}")
_WORD = re.compile(r"[\x21-\x7e]{0,12}")
_NAME = re.compile(r"(?=.{1,11}$)[0-9 ]*[A-Za-z][A-Za-z0-9 ]*")
_DIGITS = re.compile(r"\+?[0-9]{3,15}")
_LONGEST_SHORT_CODE = 8
_INTERNATIONAL, _NETWORK, _ALPHANUMERIC = 1, 3, 5
_E164 = 1


@dataclass(frozen=True)
class Timings:
    """Seconds: until a connection, or a place in the window, is there; until an answer is; of silence.

    Together no more than the sender gives a call. `idle`: a session that nobody used so long is given back,
    for another process may want it. `poll`: how long polling waits for something.
    """

    connect: float = 5.0
    response: float = 10.0
    enquire: float = 30.0
    idle: float = 60.0
    poll: float = 10.0


@dataclass(frozen=True)
class SmppOptions:
    """An account with a provider.

    Attributes:
        host: the message centre, at `port`; `tls` is the context where the connection is sealed.
        system_id: who we are there, with `password` and `system_type`.
        sender: who messages are from.
        window: how many requests may wait for their answers at once.
        long: how a text of several parts travels.
        rate: how many texts a second the provider takes.
        validity: for how many hours the message centre tries; None: as long as it likes.
        timings: how long we wait for what.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    system_id: str
    password: str = field(repr=False)
    system_type: str
    sender: Sender
    window: int = 10
    rate: int = 30
    long: Long = "udh8"
    validity: int | None = None
    timings: Timings = field(default_factory=Timings)

    @classmethod
    def of(cls, url: str, password: str, sender: str) -> "SmppOptions":
        """Return what an address, a password and a sender's name mean; ValueError says what is wrong."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("DOCWATCH_SMPP_URL is no address like smpp://system_id@host:2775") from None
        if parts.scheme not in ("smpp", "smpps") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("DOCWATCH_SMPP_URL is no address like smpp://system_id@host:2775")
        if parts.password is not None:
            raise ValueError("DOCWATCH_SMPP_URL holds a password: it belongs into DOCWATCH_SMPP_PASSWORD")
        system_id = unquote(parts.username or "")
        if _VISIBLE.fullmatch(system_id) is None:
            raise ValueError("DOCWATCH_SMPP_URL names no system_id: smpp://system_id@host:2775")
        if _VISIBLE.fullmatch(password) is None:
            raise ValueError("DOCWATCH_SMPP_PASSWORD is not 1 to 64 visible characters of ASCII")
        given = _settings(parts.query)
        tls = parts.scheme == "smpps"
        ca = given.pop("ca", None)
        if ca is not None and not tls:
            raise ValueError("DOCWATCH_SMPP_URL: ca= is for smpps://")
        return cls(
            host=parts.hostname,
            port=port or (TLS_PORT if tls else PORT),
            tls=_context(ca) if tls else None,
            system_id=system_id,
            password=password,
            system_type=given.pop("system_type", ""),
            sender=sender_of(sender),
            **given,
        )


def sender_of(name: str) -> Sender:
    """Return a sender with its type: a name, a number with its country, or a short one of the network.

    ValueError for what is none.
    """
    if _NAME.fullmatch(name) is not None:
        return Sender(_ALPHANUMERIC, 0, name)
    if _DIGITS.fullmatch(name) is None:
        raise ValueError(
            f"{name!r} is no sender: a name of at most 11 letters and digits, or a number; "
            "the catalogue's agency gives it, or DOCWATCH_SMS_SENDER"
        )
    if not name.startswith("+") and len(name) <= _LONGEST_SHORT_CODE:
        return Sender(_NETWORK, 0, name)
    return Sender(_INTERNATIONAL, _E164, name.removeprefix("+"))


def _settings(query: str) -> dict:  # type: ignore[type-arg] # each is checked by its reader
    given: dict[str, object] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        reader = _READERS.get(name)
        if reader is None:
            raise ValueError(f"DOCWATCH_SMPP_URL: {name!r} is none of {', '.join(_READERS)}")
        if name in given:
            raise ValueError(f"DOCWATCH_SMPP_URL: {name}= stands there twice")
        given[name] = reader(value)
    return given


def _number(name: str, most: int, value: str) -> int:
    if re.fullmatch(r"[0-9]{1,6}", value) is None or not 1 <= int(value) <= most:
        raise ValueError(f"DOCWATCH_SMPP_URL: {name}= is a number from 1 to {most}")
    return int(value)


def _long(value: str) -> str:
    if value not in get_args(Long):
        raise ValueError(f"DOCWATCH_SMPP_URL: long= is one of {', '.join(get_args(Long))}")
    return value


def _system_type(value: str) -> str:
    if _WORD.fullmatch(value) is None:
        raise ValueError("DOCWATCH_SMPP_URL: system_type= is at most 12 visible characters of ASCII")
    return value


_READERS: Mapping[str, Callable[[str], object]] = {
    "window": partial(_number, "window", _MOST_WINDOW),
    "rate": partial(_number, "rate", _MOST_RATE),
    "validity": partial(_number, "validity", _MOST_VALIDITY),
    "long": _long,
    "system_type": _system_type,
    "ca": str,
}


def _context(ca: str | None) -> ssl.SSLContext:
    if ca is not None and not Path(ca).is_file():
        raise ValueError(f"DOCWATCH_SMPP_URL: ca={ca} is no file")
    try:
        return ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        raise ValueError(f"DOCWATCH_SMPP_URL: ca={ca} holds no certificates") from None
