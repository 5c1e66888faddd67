"""Keyed hashes and derived keys."""

import hmac
from functools import lru_cache


def derive(key: bytes, purpose: str) -> bytes:
    """Return a 32-byte key for one purpose; keys of different purposes tell nothing about each other."""
    return hmac.digest(key, b"docwatch/derive/" + purpose.encode(), "sha256")


def keyed_hash(key: bytes, *parts: str) -> bytes:
    """Return the 32-byte HMAC-SHA256 over the parts, unambiguous about where each part ends."""
    raw = [part.encode() for part in parts]
    mac = _begun(key).copy()
    mac.update(b"".join([len(one).to_bytes(4, "big") + one for one in raw]))
    return mac.digest()


@lru_cache(maxsize=16)
def _begun(key: bytes) -> hmac.HMAC:
    """Return what has taken the key in; OpenSSL takes longer for that than for what is hashed."""
    return hmac.new(key, digestmod="sha256")
