"""Viber's door to us: an address that only the two of us know, and a signature over every body."""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runtime.clock import Clock, SystemClock
from runtime.crypto import keyed_hash
from services.notifier.channels.redaction import Redaction
from services.notifier.channels.viber.messages import name_of, welcome
from services.notifier.channels.viber.taps import Taps
from services.notifier.channels.viber.updates import Posts
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message

SIGNATURE_HEADER = "x-viber-content-signature"
LONGEST_BODY = 256 * 1024
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ViberPosts:
    """Where Viber posts to: `url` in full and its path. `sender` is who writes the welcome."""

    url: str = field(repr=False)
    path: str = field(repr=False)
    token: str = field(repr=False)
    sender: str
    clock: Clock = field(default_factory=SystemClock, repr=False)
    longest: int = LONGEST_BODY

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a signature came along at all."""
        return _SIGNATURE.fullmatch(headers.get(SIGNATURE_HEADER, "")) is not None

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether the signature is Viber's over this body."""
        ours = hmac.digest(self.token.encode(), body, "sha256").hex()
        return hmac.compare_digest(ours.encode(), headers.get(SIGNATURE_HEADER, "").encode())

    def read(self, body: bytes) -> Sequence[Incoming]:
        """Return what was posted; nothing for what is only to be confirmed.

        Raises ValueError for what is no post of Viber's.
        """
        return Posts(Taps.of(self.token), Redaction(self.token)).read(body, self.clock.now())

    def answer(self, address: str, shown: Sequence[Message]) -> tuple[str, bytes]:
        """Return what confirms a post, and to somebody who opened the conversation shows the welcome."""
        body = welcome(shown, self.sender, address, Taps.of(self.token))
        return ("application/json", body) if body else ("text/plain", b"ok\n")


def posts_of(base: str, token: str, agency: str, clock: Clock | None = None) -> ViberPosts:
    """Return the door below a base URL; the path follows from the token, which nobody can guess.

    `agency` is whose name the welcome bears.
    """
    path = f"/viber/{keyed_hash(token.encode(), 'webhook', 'path').hex()}"
    return ViberPosts(base.rstrip("/") + path, path, token, name_of(agency), clock or SystemClock())
