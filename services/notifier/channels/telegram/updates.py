"""Telegram's updates as what a citizen did: every update becomes exactly one `Incoming`.

An update that cannot be read must not stop those behind it, so it becomes something unsupported. What people
make as long or as large as they like is cut or refused here: nothing behind needs to be afraid of it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from telegram import Bot, CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User
from telegram import Document as File
from telegram.error import TelegramError
from telegram.helpers import effective_message_type

from services.notifier.domain.incoming import (
    Blocked,
    Body,
    Document,
    Incoming,
    Photo,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
_START = "/start"
_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
_PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp")
MOST_UPDATE = 2**63 - 2
"""The largest number of an update: the database and the next offset have no room for more."""
_LONGEST_TEXT = 4096
_LONGEST_DATA = 256
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,512}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[_-][A-Za-z0-9]{1,8}){0,4}")
_FIRST_DAY = datetime(2013, 8, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_UNUSED = frozenset(
    {
        "caption_entities",
        "entities",
        "external_reply",
        "forward_origin",
        "link_preview_options",
        "quote",
        "reply_markup",
        "reply_to_message",
        "via_bot",
    }
)
"""Parts of a message that nobody here looks at, some as large as the message again."""
_DEPTH = 1
"""A message is the update's own or that of a tapped button."""
# python-telegram-bot leaves missing parts None and trusts the types of the others.
_UNREADABLE = (TelegramError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)


def incoming_of(raw: Mapping[str, object], bot: Bot, received: datetime) -> Incoming:
    """Return what one update of `getUpdates` says; `received` stands where the update has no usable date.

    Raises KeyError or ValueError for an object without an `update_id`, which is no update at all.
    """
    number = int(str(raw["update_id"]))
    if not 0 <= number <= MOST_UPDATE:
        raise ValueError("the number of an update is out of range")
    try:
        return _read(
            number, Update.de_json({name: _used(part, _DEPTH) for name, part in raw.items()}, bot), received
        )
    except _UNREADABLE:
        return _nothing(number, received, "unreadable")


def _used(part: object, depth: int) -> object:
    if not isinstance(part, dict):
        return part
    kept = {name: value for name, value in part.items() if name not in _UNUSED}
    return {name: _used(value, depth - 1) for name, value in kept.items()} if depth else kept


def _read(number: int, update: Update, received: datetime) -> Incoming:
    if update.message is not None:
        return _message(number, update.message, received)
    if update.edited_message is not None:
        return _edited(number, update.edited_message, received)
    if update.callback_query is not None:
        return _tap(number, update.callback_query, received)
    if update.my_chat_member is not None:
        return _membership(number, update.my_chat_member, received)
    return _nothing(number, received, "update")


def _nothing(number: int, received: datetime, what: str) -> Incoming:
    return Incoming(str(number), "", private=False, language=None, at=received, body=Unsupported(what))


def _incoming(number: int, chat: Chat, user: User | None, at: datetime, body: Body) -> Incoming:
    code = None if user is None else user.language_code
    language = code if code is not None and _LANGUAGE.fullmatch(code) else None
    address, private = _number(chat.id), chat.type == Chat.PRIVATE
    return Incoming(str(number), address, private=private, language=language, at=at, body=body)


def _number(value: object) -> str:
    """Return a number of the messenger's as a text; ValueError for one that it never gave."""
    number = int(str(value))
    if abs(number) > MOST_UPDATE:
        raise ValueError("a number out of range")
    return str(number)


def _when(dated: datetime, received: datetime) -> datetime:
    """Return when something was done; when it came, where the messenger cannot mean what it says."""
    return dated if _FIRST_DAY <= dated <= received + _AHEAD else received


def _message(number: int, message: Message, received: datetime) -> Incoming:
    at = _when(message.date, received)
    return _incoming(number, message.chat, message.from_user, at, _said(message))


def _edited(number: int, message: Message, received: datetime) -> Incoming:
    at = _when(message.edit_date or message.date, received)
    return _incoming(number, message.chat, message.from_user, at, Unsupported("edited_message"))


def _said(message: Message) -> Body:
    caption = (message.caption or "")[:_LONGEST_TEXT]
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Photo(_reference(largest.file_id), _size(largest.file_size), caption)
    kind = str(effective_message_type(message) or "message")
    if message.document is not None and (_is_picture(message.document) or kind == "document"):
        file = message.document
        sent = Photo if _is_picture(file) else Document
        return sent(_reference(file.file_id), _size(file.file_size), caption)
    if message.text is None:
        return Unsupported(kind)
    text = message.text[:_LONGEST_TEXT]
    command, _, payload = text.partition(" ")
    if command.partition("@")[0] == _START:
        return Started(payload.strip() or None)
    return Said(text)


def _reference(file: str) -> str:
    """Return what fetches a file; ValueError for what nothing is called by."""
    if _REFERENCE.fullmatch(file) is None:
        raise ValueError("not a file's name")
    return file


def _size(told: object) -> int | None:
    return told if type(told) is int and 0 <= told <= MOST_UPDATE else None


def _is_picture(file: File) -> bool:
    name, media_type = file.file_name or "", file.mime_type or ""
    return media_type in _PICTURE_TYPES or name.lower().endswith(_PICTURES)


def _tap(number: int, query: CallbackQuery, received: datetime) -> Incoming:
    if query.message is None or query.data is None:
        return _nothing(number, received, "callback_query")
    tapped = Tapped(query.data[:_LONGEST_DATA], _number(query.message.message_id), query.id[:_LONGEST_DATA])
    return _incoming(number, query.message.chat, query.from_user, received, tapped)


def _membership(number: int, change: ChatMemberUpdated, received: datetime) -> Incoming:
    gone = change.new_chat_member.status in {change.new_chat_member.BANNED, change.new_chat_member.LEFT}
    at = _when(change.date, received)
    return _incoming(number, change.chat, change.from_user, at, Blocked() if gone else Unblocked())
