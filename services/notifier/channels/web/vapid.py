"""Who we are to push services (RFC 8292): a key of ours, and a token signed by it for each of them."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02  # type: ignore[import-untyped]  # it has no types

from services.notifier.domain.addresses.pushes import written

TOKEN_LIFE = timedelta(hours=12)
"""A day is the most that push services take."""
_MADE_ANEW = timedelta(hours=1)
_MOST_SERVICES = 1000


@dataclass(frozen=True)
class _Token:
    authorization: str
    made_at: datetime


class Vapid:
    """Signs by one key; `contact` is where a push service finds whom to ask, our outer address."""

    def __init__(self, key: str, contact: str) -> None:
        """Take the key as the settings have it, which is 32 bytes in base64url."""
        self._signer = Vapid02.from_raw(key.encode())
        # Its own check of a contact knows neither ports nor paths.
        self._signer.conf = {"no-strict": True}
        self._contact = contact
        self._tokens: OrderedDict[str, _Token] = OrderedDict()
        point = self._signer.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = written(point)
        """In base64url: what browsers subscribe for."""

    def authorization(self, origin: str, now: datetime) -> str:
        """Return the `Authorization` for a push service; one serves for an hour, for signing takes time."""
        token = self._tokens.get(origin)
        if token is None or not now - _MADE_ANEW < token.made_at <= now:
            expires = int((now + TOKEN_LIFE).timestamp())
            signed = self._signer.sign({"aud": origin, "exp": expires, "sub": self._contact})
            token = _Token(signed["Authorization"], now)
            self._tokens[origin] = token
            if len(self._tokens) > _MOST_SERVICES:
                self._tokens.popitem(last=False)
        return token.authorization
