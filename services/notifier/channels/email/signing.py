"""Signs letters with the key of their domain (DKIM, RFC 6376 and 8463), by which others know them.

Head and body are signed in their relaxed forms. What people see of the head is also signed as being there no
second time, so that nobody can add a field that is shown in its place.
"""

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "content-language",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)
_ONCE = ("from", "to", "subject", "date")
_LEAST_BITS = 2048
_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9-]{1,63}){0,3}")
_BLANKS = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")


@dataclass(frozen=True)
class Signer:
    """Signs for one domain; `selector` is the name under which its public key stands in the DNS."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def signed(self, letter: bytes) -> bytes:
        """Return a letter with its signature before it; its lines end with CR LF."""
        head, _, body = letter.partition(b"\r\n\r\n")
        fields = _fields(head)
        names = [name for name in _SIGNED if name in fields]
        digest = b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
        kind = "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"
        opening = (
            f"v=1; a={kind}-sha256; c=relaxed/relaxed; d={self.domain}; s={self.selector};\r\n"
            f" h={':'.join((*names, *_ONCE))};\r\n bh={digest};\r\n b="
        )
        lines = [relaxed_field(name.encode(), fields[name]) for name in names]
        lines.append(relaxed_field(b"dkim-signature", opening.encode()))
        signature = b64encode(self._sign(b"\r\n".join(lines))).decode()
        folded = "\r\n ".join(signature[place : place + 70] for place in range(0, len(signature), 70))
        return f"DKIM-Signature: {opening}{folded}\r\n".encode() + letter

    def _sign(self, text: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(text, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(text).digest())


def signer_of(pem: str, domain: str, selector: str) -> Signer:
    """Return what signs with a key in PEM; ValueError, which shows nothing of it, for what is no such key."""
    if _SELECTOR.fullmatch(selector) is None:
        raise ValueError("the selector is a name of letters, digits and -")
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the key is not a private key in PEM without a password") from None
    if isinstance(key, RSAPrivateKey) and key.key_size < _LEAST_BITS:
        raise ValueError(f"a key of RSA needs at least {_LEAST_BITS} bits")
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("the key is neither of RSA nor of Ed25519")  # noqa: TRY004 - the file is wrong, not the call
    return Signer(domain, selector, key)


def relaxed_body(body: bytes) -> bytes:
    """Return a body as it is signed: runs of blanks as one, none ending a line, no empty last lines."""
    lines = [_BLANKS.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def relaxed_field(name: bytes, value: bytes) -> bytes:
    """Return a field of the head as it is signed."""
    return name.lower().strip() + b":" + _BLANKS.sub(b" ", _FOLD.sub(b"", value)).strip(b" ")


def _fields(head: bytes) -> dict[str, bytes]:
    found = {}
    for line in re.split(rb"\r\n(?![ \t])", head):
        name, _, value = line.partition(b":")
        found[name.decode().lower()] = value
    return found
