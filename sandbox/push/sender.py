"""Who sends: the signature by which a server names itself to a push service (RFC 8292)."""

import re

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sandbox.push.reading import bytes_of

_FORM = re.compile(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)", re.ASCII | re.IGNORECASE)
_LONGEST_LIFE = 24 * 3600
_HALF = 32


class NoSenderError(ValueError):
    """An `Authorization` that proves nothing; the message says why."""


def sender_of(authorization: str, audience: str, now: float) -> bytes:
    """Return the public key of who signed; raise NoSenderError.

    Args:
        authorization: the field's value.
        audience: our own origin, for which it must be.
        now: seconds since 1970.
    """
    found = _FORM.fullmatch(authorization)
    if found is None:
        raise NoSenderError("not the scheme vapid with t and k")
    head, claims, signature, key = found.groups()
    try:
        public, signed = bytes_of(key), bytes_of(signature)
        header, said = orjson.loads(bytes_of(head)), orjson.loads(bytes_of(claims))
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError:
        raise NoSenderError("neither a token nor a key") from None
    if header.get("alg") != "ES256" or len(signed) != 2 * _HALF:
        raise NoSenderError("not signed by ES256")
    try:
        numbers = (int.from_bytes(signed[:_HALF], "big"), int.from_bytes(signed[_HALF:], "big"))
        point.verify(encode_dss_signature(*numbers), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise NoSenderError("the signature is not by this key") from None
    if said.get("aud") != audience:
        raise NoSenderError("aud is another push service")
    expires = said.get("exp")
    if not isinstance(expires, int) or not now < expires <= now + _LONGEST_LIFE:
        raise NoSenderError("exp is past, or more than a day ahead")
    if not str(said.get("sub", "")).startswith(("mailto:", "https:", "http://127.0.0.1")):
        raise NoSenderError("sub names nobody who can be asked")
    return public
