"""What Telegram's refusals and the network's failures mean to us: each becomes one result.

Exception tree (beside python-telegram-bot's own): FloodError, NotSentError and UnreadableError, all raised by
our transport and all NetworkErrors. python-telegram-bot's BadRequest and TimedOut are NetworkErrors too and
both 401 and 404 are InvalidToken, so the order below matters. An answer that is not the Bot API's JSON comes
from something in between and tells nothing: unknown.
"""

from typing import Literal

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, TelegramError

from services.notifier.channels.redaction import Redaction
from services.notifier.domain.results import (
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

_TOO_LARGE = "request entity too large"
_UNREACHABLE: tuple[
    tuple[str, Literal["blocked", "deactivated", "not_found", "never_started", "no_member"]], ...
] = (
    ("bot was blocked by the user", "blocked"),
    ("user_is_blocked", "blocked"),
    # Somebody who takes messages from nobody but contacts, or for money.
    ("privacy_premium_required", "blocked"),
    ("user_privacy_restricted", "blocked"),
    ("allow_payment_required", "blocked"),
    ("user is deactivated", "deactivated"),
    ("user is deleted", "deactivated"),
    ("input_user_deactivated", "deactivated"),
    ("bot can't initiate conversation", "never_started"),
    ("bot was kicked from", "no_member"),
    ("bot is not a member of", "no_member"),
    ("the group chat was deleted", "no_member"),
    ("group is deactivated", "no_member"),
    ("group chat was upgraded", "no_member"),
    ("have no rights to send", "no_member"),
    ("not enough rights to send", "no_member"),
    ("administrator rights in the channel", "no_member"),
    ("chat_write_forbidden", "no_member"),
    ("chat_forbidden", "no_member"),
    ("chat_restricted", "no_member"),
    ("chat_admin_required", "no_member"),
    ("chat_send_plain_forbidden", "no_member"),
    ("chat_send_docs_forbidden", "no_member"),
    ("chat_guest_send_forbidden", "no_member"),
    ("channel_private", "no_member"),
    ("channel_public_group_na", "no_member"),
    ("user_banned_in_channel", "no_member"),
    # The server knows no chat by this address, or knows that it never wrote to us.
    ("chat not found", "not_found"),
    ("user not found", "not_found"),
    ("peer_id_invalid", "not_found"),
    ("peer_id_not_supported", "not_found"),
    ("chat_id_invalid", "not_found"),
    ("user_id_invalid", "not_found"),
    ("channel_invalid", "not_found"),
    ("chat_type_invalid", "not_found"),
    ("no write access to the chat", "not_found"),
    ("no access to the chat", "not_found"),
    ("can't send messages to bots", "not_found"),
    ("user_is_bot", "not_found"),
)
_PERMANENT: tuple[tuple[str, Literal["too_long", "empty", "unparseable"]], ...] = (
    ("can't parse entities", "unparseable"),
    ("entity_bounds_invalid", "unparseable"),
    ("entities_too_long", "unparseable"),
    ("entity_mention_user_invalid", "unparseable"),
    (_TOO_LARGE, "too_long"),
    ("message is too long", "too_long"),
    ("message_too_long", "too_long"),
    ("text is too long", "too_long"),
    ("caption is too long", "too_long"),
    ("media_caption_too_long", "too_long"),
    ("message text is empty", "empty"),
    ("text must be non-empty", "empty"),
    ("message must be non-empty", "empty"),
    ("message_empty", "empty"),
)
_UNTOLD = frozenset(
    {
        "timeout",
        "request aborted",
        "random_id_duplicate",
        "rpc_call_fail",
        "rpc_send_fail",
        "rpc_mcget_fail",
        "msg_wait_failed",
        "msg_wait_timeout",
        "worker_busy_too_long_retry",
    }
)
"""Faults of the server that it passes on as refusals of the request; each is all that is said."""
_LOGGED_OUT = "logged out"
_NOT_MODIFIED = "message is not modified"
_CANNOT_EDIT = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message_edit_time_expired",
    "message_author_required",
    "no text in the message to edit",
)


class FloodError(NetworkError):
    """Telegram asks to wait; nothing was sent."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"429: wait {seconds:g} s")
        self.seconds = seconds


class NotSentError(NetworkError):
    """No connection was made, so nothing was sent."""


class UnreadableError(NetworkError):
    """The answer is not the Bot API's JSON."""


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
        case _ if isinstance(error, Forbidden | BadRequest) or _TOO_LARGE in error.message.lower():
            return _refused(error.message.lower(), detail, replaces)
        case _:
            # Read time-outs, resets, 5xx and whatever else python-telegram-bot may raise.
            return Unknown(detail)


def _refused(said: str, detail: str, replaces: str | None) -> Result:
    whole = said.removeprefix("bad request: ").removeprefix("forbidden: ").strip()
    if replaces is not None and _NOT_MODIFIED in said:
        return Accepted(replaces)
    if whole == _LOGGED_OUT:
        return AccountDown(detail)
    if whole in _UNTOLD:
        return Unknown(detail)
    for words, unreachable in _UNREACHABLE:
        if words in said:
            return Unreachable(unreachable)
    for words, reason in _PERMANENT:
        if words in said:
            return Permanent(reason, detail)
    return Permanent("rejected", detail)
