"""What a browser does with a push: the keys of its subscription, and RFC 8291 read from the other end.

Nothing here is shared with what encrypts, and keys are derived by plain HMAC: one mistake is not made twice.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_SALT, _SIZE, _TAG = 16, 4, 16
_HEAD = _SALT + _SIZE + 1
_LAST_RECORD = 2


class UnreadableError(ValueError):
    """A browser cannot decrypt what came, and would throw it away."""


@dataclass(frozen=True)
class BrowserKeys:
    """The private half of a subscription."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    auth: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "BrowserKeys":
        """Return keys as a browser makes them for each subscription."""
        return cls(ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16))

    @property
    def public(self) -> bytes:
        """Return the public key, an uncompressed point."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def json(self) -> dict[str, str]:
        """Return what the browser tells a page of them."""
        return {"p256dh": written(self.public), "auth": written(self.auth)}

    def read(self, body: bytes) -> bytes:
        """Return what a body in `aes128gcm` says; raise UnreadableError."""
        if len(body) < _HEAD:
            raise UnreadableError("shorter than a header")
        salt, size, length = body[:_SALT], int.from_bytes(body[_SALT : _SALT + _SIZE], "big"), body[_HEAD - 1]
        sender, records = body[_HEAD : _HEAD + length], body[_HEAD + length :]
        if size <= _TAG + 1 or len(records) > size:
            raise UnreadableError("a push is a single record")
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        except ValueError:
            raise UnreadableError("the key id is no public key") from None
        shared = self.private.exchange(ec.ECDH(), point)
        material = _expanded(_keyed(self.auth, shared), b"WebPush: info\x00" + self.public + sender, 32)
        secret = _keyed(salt, material)
        key = _expanded(secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _expanded(secret, b"Content-Encoding: nonce\x00", 12)
        try:
            padded = AESGCM(key).decrypt(nonce, records, None).rstrip(b"\x00")
        except InvalidTag:
            raise UnreadableError("it is not for these keys, or was changed") from None
        if not padded or padded[-1] != _LAST_RECORD:
            raise UnreadableError("the padding does not end")
        return padded[:-1]


def written(value: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """Return what base64url without padding says; ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _keyed(key: bytes, value: bytes) -> bytes:
    return hmac.digest(key, value, "sha256")


def _expanded(secret: bytes, info: bytes, length: int) -> bytes:
    """Return the first block of HKDF-Expand: nobody here needs more than its 32 bytes."""
    return _keyed(secret, info + b"\x01")[:length]
