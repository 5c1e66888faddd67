"""TLS to NATS: an address `tls://` is spoken with in TLS from the first byte, any other in plain text.

Whoever waits for the server's greeting in plain text can be told by anybody on the way that there is no TLS,
and then hands over its password readably.
"""

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from runtime.errors import SettingsError
from runtime.messaging.jetstream import addresses


class TlsOptions(TypedDict, total=False):
    """What `nats.connect` must be told; nothing for plain text."""

    tls: ssl.SSLContext
    tls_handshake_first: bool


def tls_context(url: str, ca: Path | None) -> ssl.SSLContext | None:
    """Return what proves that a server is the one it should be; None where the addresses are not `tls://`.

    Args:
        url: the server, or several of a cluster with commas between, all of one kind.
        ca: PEM certificates of who may vouch for the server; None leaves it to the system's.

    Raises SettingsError where the addresses differ, a CA is given for nothing, or it cannot be read.
    """
    secure = _secure(addresses(url))
    if not secure:
        if ca is not None:
            raise SettingsError("DOCWATCH_NATS_CA is given, but DOCWATCH_NATS_URL does not begin with tls://")
        return None
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise SettingsError(f"DOCWATCH_NATS_CA: {ca} cannot be used: {error}") from None


def tls_options(url: str, ca: Path | None) -> TlsOptions:
    """Return the same for `nats.connect`; raises SettingsError as `tls_context` does."""
    context = tls_context(url, ca)
    return {} if context is None else {"tls": context, "tls_handshake_first": True}


def _secure(servers: Sequence[str]) -> bool:
    kinds = {urlsplit(server).scheme == "tls" for server in servers}
    if len(kinds) > 1:
        raise SettingsError("DOCWATCH_NATS_URL: either all servers are tls:// or none is")
    return kinds == {True}
