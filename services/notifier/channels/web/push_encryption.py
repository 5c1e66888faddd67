"""Encryption for one browser (RFC 8291), as a single record of `aes128gcm` (RFC 8188)."""

import secrets
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.notifier.domain.addresses.pushes import LONGEST_PLAIN, PushSubscription

RECORD_SIZE = 4096
_CURVE = ec.SECP256R1()
_SALT = 16
_END = b"\x02"
"""What ends the last record; padding may follow it."""

new_key = partial(ec.generate_private_key, _CURVE)
"""Makes a key for one message."""


def encrypted(
    plain: bytes,
    subscription: PushSubscription,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return the body that only this browser can read.

    Args:
        plain: at most `LONGEST_PLAIN` bytes.
        subscription: whose keys to encrypt for.
        key: the key of this message alone; a new one by default, as the salt.
        salt: 16 random bytes.

    Raises:
        ValueError: it is too long, or the browser's key is no point of the curve.
    """
    if len(plain) > LONGEST_PLAIN:
        raise ValueError(f"a push has at most {LONGEST_PLAIN} bytes")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, subscription.p256dh)
    ours, salt = key or new_key(), salt or secrets.token_bytes(_SALT)
    sender = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = ours.exchange(ec.ECDH(), theirs)
    about = b"WebPush: info\x00" + subscription.p256dh + sender
    secret = _derived(shared, subscription.auth, about, 32)
    cipher = AESGCM(_derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16))
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    record = cipher.encrypt(nonce, plain + _END, None)
    return salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(sender)]) + sender + record


def _derived(secret: bytes, salt: bytes, about: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, about).derive(secret)
