"""What a messenger says, made fit for logs: without the account's secret, addresses, or a message."""

import re
from dataclasses import dataclass
from urllib.parse import quote

_LONGEST_DETAIL = 200
# What a refusal quotes of a message, from the first mark to the last, for what is quoted may hold marks too
# and may be cut; and what may be an address.
_QUOTED = re.compile(
    r"""(?<!\w)(?:b?"(?:.*"|.*)|b?'.*'(?!\w)|`(?:.*`|.*)|“(?:.*”|.*)|«(?:.*»|.*))""", re.DOTALL
)
_ADDRESS = re.compile(r"-?\d{5,}|@\w+|\w+://\S+")
_FOREIGN = re.compile(r"[^\x20-\x7e]+")


@dataclass(frozen=True)
class Redaction:
    """Takes out of what a messenger says the bot's token, addresses, and whatever it quotes of a message."""

    token: str

    def __repr__(self) -> str:
        return "Redaction(...)"

    def __call__(self, text: str) -> str:
        """Return the words of the text, at most 200 characters of them; ours are of ASCII."""
        clean = text.replace(self.token, "<token>").replace(quote(self.token, safe=""), "<token>")
        for what, instead in ((_QUOTED, "<quoted>"), (_ADDRESS, "<address>"), (_FOREIGN, "?")):
            clean = what.sub(instead, clean)
        return clean[:_LONGEST_DETAIL]
