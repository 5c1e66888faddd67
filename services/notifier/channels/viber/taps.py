"""What buttons carry on Viber: a tapped one comes back as a text, and anybody can type or be sent a text.

So what comes back bears a mark that only we can make, and that fits one person alone: nobody can be talked
into sending something that counts as a tap. The mark follows from the account's token, so that buttons work
for as long as the token does.
"""

import base64
import hmac
import re
from dataclasses import dataclass, field

from runtime.crypto import keyed_hash

_MARKED = re.compile(r"dw:(\S{1,64}):([A-Za-z0-9_-]{12})")
_MARK_BYTES = 9


@dataclass(frozen=True)
class Taps:
    """Marks what buttons carry, and knows it again."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, token: str) -> "Taps":
        """Return the marks of an account."""
        return cls(keyed_hash(token.encode(), "viber", "taps"))

    def marked(self, address: str, data: str) -> str:
        """Return what a button of somebody's carries: at most 80 characters for data of 64."""
        return f"dw:{data}:{self._mark(address, data)}"

    def data(self, address: str, text: str) -> str | None:
        """Return the data of a button that somebody tapped; None for a text that they wrote."""
        found = _MARKED.fullmatch(text)
        if found is None or not hmac.compare_digest(self._mark(address, found[1]), found[2]):
            return None
        return found[1]

    def _mark(self, address: str, data: str) -> str:
        # No address holds a control character, so it is plain where it ends.
        mark = keyed_hash(self.key, "mark", f"{address}\x1f{data}")[:_MARK_BYTES]
        return base64.urlsafe_b64encode(mark).decode()
