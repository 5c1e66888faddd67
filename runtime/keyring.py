"""Encryption with keys that can be replaced: AES-256-GCM, sealed by the current key, opened by any known one.

Each key also gives a look-up key, so that encrypted values can be found by equality without decrypting them.
Exception tree: KeyRingError, with DecryptionError below it.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.crypto import derive, keyed_hash

NONCE_BYTES = 12
MIN_KEY_BYTES = 32


class KeyRingError(Exception):
    """The keys are not given as `id:hex,id:hex` with at least 32 bytes each and every id once."""


class DecryptionError(KeyRingError):
    """The value was sealed under a key that is not in the ring, or it was tampered with."""


@dataclass(frozen=True)
class Sealed:
    """An encrypted value and the id of the key that opens it."""

    key_id: str
    box: bytes


@dataclass(frozen=True)
class _Key:
    cipher: AESGCM
    lookup: bytes


class KeyRing:
    """Keys by id, the first one current; `purpose` keeps different uses of the same keys apart."""

    def __init__(self, keys: Sequence[tuple[str, bytes]], purpose: str) -> None:
        self._keys = {
            key_id: _Key(AESGCM(derive(key, f"{purpose}/seal")), derive(key, f"{purpose}/lookup"))
            for key_id, key in keys
        }
        if not keys or len(self._keys) != len(keys):
            raise KeyRingError("a key ring needs at least one key, and every id once")
        self._current = keys[0][0]

    @property
    def current(self) -> str:
        """Return the id of the key that seals."""
        return self._current

    def knows(self, key_id: str) -> bool:
        """Tell whether a key is in the ring."""
        return key_id in self._keys

    def seal(self, plain: bytes, context: bytes) -> Sealed:
        """Encrypt under the current key; only the same context opens it again."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = nonce + self._keys[self._current].cipher.encrypt(nonce, plain, context)
        return Sealed(self._current, box)

    def open(self, sealed: Sealed, context: bytes) -> bytes:
        """Decrypt; raise DecryptionError for an unknown key, another context or a changed value."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise DecryptionError(f"key {sealed.key_id!r} is not in the ring")
        try:
            return key.cipher.decrypt(sealed.box[:NONCE_BYTES], sealed.box[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise DecryptionError(f"a value sealed under key {sealed.key_id!r} does not open") from None

    def lookups(self, *parts: str) -> list[bytes]:
        """Return the 32-byte look-up values under every key, that of the current key first."""
        return [keyed_hash(key.lookup, *parts) for key in self._keys.values()]

    def lookup(self, key_id: str, *parts: str) -> bytes:
        """Return the look-up value under one key."""
        return keyed_hash(self._keys[key_id].lookup, *parts)

    def pseudonym(self, purpose: str, *parts: str) -> str:
        """Return a name to give to others, 64 hexadecimal digits; its key is of this purpose alone.

        It changes with the current key, and tells nothing of the look-up values.
        """
        return keyed_hash(derive(self._keys[self._current].lookup, purpose), *parts).hex()

    def tags(self, purpose: str, *parts: str) -> list[bytes]:
        """Return 32 bytes under every key, that of the current key first, by which we know our own again."""
        return [keyed_hash(derive(key.lookup, purpose), *parts) for key in self._keys.values()]


def row_context(column: str, row: UUID) -> bytes:
    """Return the context of a value that opens in its own row only; `column` is `table.column`."""
    return column.encode() + row.bytes


def parse_keys(text: str) -> list[tuple[str, bytes]]:
    """Read `id:hex,id:hex`; raise KeyRingError without showing any key."""
    keys: list[tuple[str, bytes]] = []
    for number, part in enumerate(text.split(","), start=1):
        key_id, colon, digits = part.strip().partition(":")
        if not key_id or not colon:
            raise KeyRingError(f"key {number} is not written id:hex")
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            raise KeyRingError(f"key {key_id!r} is not hexadecimal") from None
        if len(key) < MIN_KEY_BYTES:
            raise KeyRingError(f"key {key_id!r} needs at least {MIN_KEY_BYTES} bytes")
        if any(hmac.compare_digest(key, other) or key_id == name for name, other in keys):
            raise KeyRingError(f"key {key_id!r} is given twice")
        keys.append((key_id, key))
    return keys
