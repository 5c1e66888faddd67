"""What a server's answers mean to us: by the command that it answered, its code and its enhanced status code.

Whatever is refused before the end of the letter was surely not sent; the answer to its end alone says whether
it was. What is said of the account is told from what is said of an address by the command and the enhanced
code, and where there is none by the words that servers use for it.
"""

import re
from typing import Literal

from services.notifier.channels.email.dsn import gone_of
from services.notifier.domain.results import (
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

Command = Literal["connect", "login", "mail", "rcpt", "data", "end"]
"""What was answered: `data` is the word before the letter, `end` the letter itself."""

LATER_SECONDS = 300.0
"""An address's wait: servers that greylist take a letter after some minutes."""
FULL_SECONDS = 1800.0
"""The same where the mailbox is full."""
ACCOUNT_SECONDS = 60.0
"""The account's wait where the server has no room or no time for it."""
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_BUSY = frozenset({421, 451, 452})
_FULL = "4.2.2"
_NO_LOGIN = frozenset({530, 534, 535, 538})
_OUR_FAULT = frozenset({"5.1.7", "5.1.8", "5.7.0", "5.7.8", "5.7.9", "5.7.11", "5.7.14"})
_TOO_LARGE = 552
_RELAY = re.compile(r"\brelay|authenti", re.IGNORECASE)
_NO_SUCH = frozenset({550, 551, 553})
_KEPT = re.compile(r"[^\x20-\x7e]+|\S*@\S*|<[^>]*>|\S*\d{5,}\S*|\S+://\S+|\S{30,}|\"[^\"]*\"|'[^']*'")
_MOST_SAID, _LONGEST_DETAIL = 1000, 160


def result_of(command: Command, code: int, said: str) -> Result:
    """Return what an answer that is no consent means."""
    detail = detail_of(command, code, said)
    if not 400 <= code <= 599:  # noqa: PLR2004 - the codes of refusals
        return Unknown(detail) if command == "end" else NotSent(detail)
    enhanced = found[1] if (found := _ENHANCED.search(said[:_MOST_SAID])) else ""
    if code < 500:  # noqa: PLR2004 - the codes of what passes
        return _later(command, code, enhanced, detail)
    return _refused(command, code, enhanced, said[:_MOST_SAID], detail)


def _later(command: Command, code: int, enhanced: str, detail: str) -> Result:
    if command in {"connect", "login"} and code not in _BUSY:
        return NotSent(detail)
    if code == 421 or (command != "rcpt" and code in _BUSY):  # noqa: PLR2004 - the server is closing
        return Throttled(ACCOUNT_SECONDS, "account")
    return Throttled(FULL_SECONDS if enhanced == _FULL else LATER_SECONDS, "chat")


def _refused(command: Command, code: int, enhanced: str, said: str, detail: str) -> Result:
    if enhanced == "5.3.4" or (code == _TOO_LARGE and command != "rcpt"):
        return Permanent("too_long", detail)
    if command in {"connect", "login", "mail"} or code in _NO_LOGIN or enhanced in _OUR_FAULT:
        return AccountDown(detail)
    if command == "rcpt" and not gone_of(enhanced) and _RELAY.search(said):
        return AccountDown(detail)
    if gone := gone_of(enhanced):
        return Unreachable(gone)
    if command == "rcpt" and not enhanced and code in _NO_SUCH:
        return Unreachable("not_found")
    return Permanent("unparseable" if enhanced.startswith("5.6.") else "rejected", detail)


def detail_of(command: Command, code: int, said: str) -> str:
    """Return an answer for operators: its codes and its plain words, with nothing of a person or a letter."""
    words = _KEPT.sub("<...>", " ".join(said[:_MOST_SAID].split()))
    return f"{command}: {code} {words}"[:_LONGEST_DETAIL]
