"""Keyed hashes and derived keys."""

import hmac
from functools import lru_cache


def derive(key: bytes, purpose: str) -> bytes:
    """Return a 32-byte key for one purpose; keys of different purposes tell nothing about each other."""
    return hmac.digest(key, b"docwatch/derive/" + purpose.encode(), "sha256")


def keyed_hash(key: bytes, *parts: str) -> bytes:
    """Return the 32-byte HMAC-SHA256 over the parts, unambiguous about where each part ends.

    The first parts say what the last is, so of all but the last there are few.
    """
    mac = _begun(key, parts[:-1]).copy()
    for part in parts[-1:]:
        mac.update(_framed(part))
    return mac.digest()


@lru_cache(maxsize=64)
def _begun(key: bytes, parts: tuple[str, ...]) -> hmac.HMAC:
    """Return what has taken these in; OpenSSL takes longer for the key than for what is hashed."""
    return hmac.new(key, b"".join(map(_framed, parts)), "sha256")


def _framed(part: str) -> bytes:
    raw = part.encode()
    return len(raw).to_bytes(4, "big") + raw
