"""What Telegram's refusals and the network's failures mean to us: each becomes one result.

Exception tree (beside python-telegram-bot's own): FloodError, NotSentError and UnreadableError, all raised by
our transport and all NetworkErrors. python-telegram-bot's BadRequest and TimedOut are NetworkErrors too and
both 401 and 404 are InvalidToken, so the order below matters. An answer that is not the Bot API's JSON comes
from something in between and tells nothing: unknown.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, TelegramError

from services.notifier.channels.base import (
    Accepted,
    AccountDown,
    Moved,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

_LONGEST_DETAIL = 200
_UNREACHABLE: tuple[
    tuple[str, Literal["blocked", "deactivated", "not_found", "never_started", "no_member"]], ...
] = (
    ("bot was blocked by the user", "blocked"),
    ("user is deactivated", "deactivated"),
    ("bot can't initiate conversation", "never_started"),
    ("bot was kicked from", "no_member"),
    ("bot is not a member of", "no_member"),
    ("chat not found", "not_found"),
)
_PERMANENT: tuple[tuple[str, Literal["too_long", "empty", "unparseable"]], ...] = (
    ("can't parse entities", "unparseable"),
    ("message is too long", "too_long"),
    ("message text is empty", "empty"),
    ("text must be non-empty", "empty"),
)
_NOT_MODIFIED = "message is not modified"
_CANNOT_EDIT = ("message to edit not found", "message can't be edited")


class FloodError(NetworkError):
    """Telegram asks to wait; nothing was sent."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"429: wait {seconds:g} s")
        self.seconds = seconds


class NotSentError(NetworkError):
    """No connection was made, so nothing was sent."""


class UnreadableError(NetworkError):
    """The answer is not the Bot API's JSON."""


@dataclass(frozen=True)
class Redaction:
    """Takes the bot's token out of texts that may hold it."""

    token: str

    def __repr__(self) -> str:
        return "Redaction(...)"

    def __call__(self, text: str) -> str:
        """Return the text, at most 200 characters of it, without the token."""
        clean = text.replace(self.token, "<token>").replace(quote(self.token, safe=""), "<token>")
        return clean[:_LONGEST_DETAIL]


def cannot_edit(error: TelegramError) -> bool:
    """Tell whether an edit failed only because there is no such message to edit any more."""
    return isinstance(error, BadRequest) and any(found in error.message.lower() for found in _CANNOT_EDIT)


def result_of(error: TelegramError, redacted: Redaction, replaces: str | None = None) -> Result:
    """Return what an error of one call means; `replaces` is the message that the call was to edit."""
    detail = redacted(f"{type(error).__name__}: {error.message}")
    match error:
        case FloodError():
            return Throttled(error.seconds, "chat")
        case NotSentError():
            return NotSent(detail)
        case ChatMigrated():
            return Moved(str(error.new_chat_id))
        case InvalidToken():
            return AccountDown(detail)
        case Forbidden() | BadRequest():
            return _refused(error.message.lower(), detail, replaces)
        case _:
            # Read time-outs, resets, 5xx and whatever else python-telegram-bot may raise.
            return Unknown(detail)


def _refused(said: str, detail: str, replaces: str | None) -> Result:
    if replaces is not None and _NOT_MODIFIED in said:
        return Accepted(replaces)
    for words, unreachable in _UNREACHABLE:
        if words in said:
            return Unreachable(unreachable)
    for words, reason in _PERMANENT:
        if words in said:
            return Permanent(reason, detail)
    return Permanent("rejected", detail)
