"""The door for mail that comes back: whoever takes it in (`docwatch bounce`) posts it here, with a secret."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runtime.clock import Clock
from services.notifier.channels.email.dsn import LONGEST, bounce_of
from services.notifier.channels.email.incoming import identity_of, incoming_of
from services.notifier.channels.email.marks import Marks
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message

PATH = "/email/bounces"


@dataclass(frozen=True)
class BouncePosts:
    """Where mail that comes back is posted, whole or its first 128 KiB."""

    url: str
    secret: str = field(repr=False)
    marks: Marks = field(repr=False)
    clock: Clock = field(repr=False)
    path: str = PATH
    longest: int = LONGEST

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Tell whether the secret came along."""
        given = headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self.secret}".encode())

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:  # noqa: ARG002 - part of the protocol
        """Return True: the secret says whose post it is, and each letter's mark what it may be about."""
        return True

    def read(self, body: bytes) -> Sequence[Incoming]:
        """Return the letter of ours that did not arrive; nothing for any other mail."""
        bounce = bounce_of(body, self.marks)
        if bounce is None:
            return ()
        reference = self.marks.message_id(bounce.key)
        return (incoming_of(bounce, reference, identity_of(body), self.clock.now()),)

    def answer(self, address: str, shown: Sequence[Message]) -> tuple[str, bytes]:  # noqa: ARG002 - the same
        """Return the confirmation; nobody is shown anything by it."""
        return "text/plain", b"ok\n"
