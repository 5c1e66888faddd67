"""Telegram's door to us: an address that only the two of us know, and a secret that it sends along."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from runtime.crypto import keyed_hash
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
LONGEST_BODY = 1024 * 1024

Read = Callable[[Mapping[str, object]], Incoming]
"""Reads one update as it was posted; raises KeyError or ValueError for what is none."""


@dataclass(frozen=True)
class TelegramPosts:
    """Where Telegram posts to: `url` in full, its path, and the secret that it sends along."""

    url: str = field(repr=False)
    path: str = field(repr=False)
    secret: str = field(repr=False)
    parse: Read = field(repr=False)
    longest: int = LONGEST_BODY

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Tell whether Telegram's secret came along."""
        return hmac.compare_digest(headers.get(SECRET_HEADER, "").encode(), self.secret.encode())

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:  # noqa: ARG002 - part of the protocol
        """Telegram signs nothing: the secret stands for it."""
        return True

    def read(self, body: bytes) -> Sequence[Incoming]:
        """Return the one update that a body is; raise ValueError for what is none."""
        parsed = orjson.loads(body)
        if not isinstance(parsed, dict):
            raise ValueError("not an object")  # noqa: TRY004 - the sender's fault, not the caller's
        try:
            return (self.parse(parsed),)
        except (KeyError, RecursionError):
            raise ValueError("no update") from None

    def answer(self, address: str, shown: Sequence[Message]) -> tuple[str, bytes]:  # noqa: ARG002 - part of the protocol
        """Return what confirms an update; Telegram shows nothing of it."""
        return "text/plain", b"ok\n"


def posts_of(base: str, token: str, secret: str | None, parse: Read) -> TelegramPosts:
    """Return the door below a base URL; path and secret follow from the token, which nobody can guess."""
    path = f"/telegram/{keyed_hash(token.encode(), 'webhook', 'path').hex()}"
    chosen = secret or keyed_hash(token.encode(), "webhook", "secret").hex()
    return TelegramPosts(base.rstrip("/") + path, path, chosen, parse)
