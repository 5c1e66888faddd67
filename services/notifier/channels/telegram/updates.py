"""Telegram's updates as what a citizen did: every update becomes exactly one `Incoming`.

An update that cannot be read must not stop those behind it, so it becomes something unsupported.
"""

from collections.abc import Mapping
from datetime import datetime

from telegram import Bot, CallbackQuery, Chat, ChatMemberUpdated, Document, Message, Update, User
from telegram.error import TelegramError
from telegram.helpers import effective_message_type

from services.notifier.channels.base import (
    Blocked,
    Body,
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
# python-telegram-bot leaves missing parts None and trusts the types of the others.
_UNREADABLE = (TelegramError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)


def incoming_of(raw: Mapping[str, object], bot: Bot, received: datetime) -> Incoming:
    """Return what one update of `getUpdates` says; `received` stands where the update has no date.

    Raises KeyError for an object without an `update_id`, which is no update at all.
    """
    number = int(str(raw["update_id"]))
    try:
        return _read(number, Update.de_json(dict(raw), bot), received)
    except _UNREADABLE:
        return _nothing(number, received, "unreadable")


def _read(number: int, update: Update, received: datetime) -> Incoming:
    if update.message is not None:
        return _message(number, update.message)
    if update.edited_message is not None:
        return _edited(number, update.edited_message)
    if update.callback_query is not None:
        return _tap(number, update.callback_query, received)
    if update.my_chat_member is not None:
        return _membership(number, update.my_chat_member)
    return _nothing(number, received, "update")


def _nothing(number: int, received: datetime, what: str) -> Incoming:
    return Incoming(number, "", private=False, language=None, at=received, body=Unsupported(what))


def _incoming(number: int, chat: Chat, user: User | None, at: datetime, body: Body) -> Incoming:
    if not isinstance(at, datetime):
        raise TypeError("an update without its date")
    language = None if user is None else user.language_code
    address, private = str(int(chat.id)), chat.type == Chat.PRIVATE
    return Incoming(number, address, private=private, language=language, at=at, body=body)


def _message(number: int, message: Message) -> Incoming:
    return _incoming(number, message.chat, message.from_user, message.date, _said(message))


def _edited(number: int, message: Message) -> Incoming:
    at = message.edit_date or message.date
    return _incoming(number, message.chat, message.from_user, at, Unsupported("edited_message"))


def _said(message: Message) -> Body:
    if message.photo:
        return Photo(max(message.photo, key=lambda size: size.width * size.height).file_id)
    if message.document is not None and _is_picture(message.document):
        return Photo(message.document.file_id)
    if message.text is None:
        return Unsupported(str(effective_message_type(message) or "message"))
    command, _, payload = message.text.partition(" ")
    if command.partition("@")[0] == _START:
        return Started(payload.strip() or None)
    return Said(message.text)


def _is_picture(file: Document) -> bool:
    name, media_type = file.file_name or "", file.mime_type or ""
    return media_type.startswith("image/") or name.lower().endswith(_PICTURES)


def _tap(number: int, query: CallbackQuery, received: datetime) -> Incoming:
    if query.message is None or query.data is None:
        return _nothing(number, received, "callback_query")
    tapped = Tapped(query.data, str(query.message.message_id), query.id)
    return _incoming(number, query.message.chat, query.from_user, received, tapped)


def _membership(number: int, change: ChatMemberUpdated) -> Incoming:
    gone = change.new_chat_member.status in {change.new_chat_member.BANNED, change.new_chat_member.LEFT}
    return _incoming(number, change.chat, change.from_user, change.date, Blocked() if gone else Unblocked())
