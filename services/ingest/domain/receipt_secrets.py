"""A receipt's secrets: derived, so that the same receipt can be printed again and none is ever stored."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hmac import digest

from contracts import typed_code
from runtime.crypto import derive

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a receipt shows: the deep link's token (22 characters) and the typed code (13 characters)."""

    token: str
    code: str


def secrets_of(receipt_key: bytes, salt: bytes, generation: int) -> Secrets:
    """Return the secrets of one generation of a receipt; a new generation has others."""
    seed = salt + generation.to_bytes(4, "big")
    token = digest(derive(receipt_key, "token"), seed, "sha256")[:16]
    code = digest(derive(receipt_key, "code"), seed, "sha256")
    return Secrets(urlsafe_b64encode(token).rstrip(b"=").decode(), typed_code.encode(code))
