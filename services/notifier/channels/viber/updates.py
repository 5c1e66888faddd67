"""Viber's posts as what a citizen did: every post becomes at most one `Incoming`.

A post that cannot be read must not be repeated for an hour, so it becomes something unsupported. What people
make as long or as large as they like is cut or refused here: nothing behind needs to be afraid of it.
Everything is read exactly: numbers of 64 bits stay whole.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import orjson

from services.notifier.channels.redaction import Redaction
from services.notifier.channels.viber.statuses import reference_of, words_of
from services.notifier.channels.viber.taps import Taps
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Document,
    Incoming,
    Photo,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)

RECEIPTS = ("delivered", "seen", "failed")
EVENTS = (*RECEIPTS, "subscribed", "unsubscribed", "conversation_started")
"""What Viber is asked to post, beside messages, which it always does."""
LONGEST_TEXT = 7000
_LONGEST_PAYLOAD = 256
_LONGEST_URL = 2048
_ADDRESS = re.compile(r"[A-Za-z0-9+/=_.-]{1,128}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[_-][A-Za-z0-9]{1,8}){0,4}")
_MOST_BYTES = 2**63
_LINK = re.compile(r"(?:https?|viber)://\S+")
_MEDIA = re.compile(r"https?://[\x21-\x7e]+")
_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
_KINDS = frozenset({"video", "sticker", "contact", "location", "url"})
_FIRST_DAY = datetime(2016, 11, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)

Fields = Mapping[str, object]


class Posts:
    """Reads the posts of one account."""

    def __init__(self, taps: Taps, redacted: Redaction) -> None:
        self._taps = taps
        self._redacted = redacted

    def read(self, body: bytes, received: datetime) -> Sequence[Incoming]:
        """Return what a body says; nothing for what is only to be confirmed.

        `received` stands where the post has no usable date. Raises ValueError for what is no post of Viber's.
        """
        post = orjson.loads(body)
        event = post.get("event") if isinstance(post, dict) else None
        if not isinstance(event, str):
            raise ValueError("not an event")  # noqa: TRY004 - the sender's fault, not the caller's
        if event != "message" and event not in EVENTS:
            return ()
        token = reference_of(post.get("message_token"))
        if token is None:
            raise ValueError("an event without its token")
        try:
            incoming = self._read(event, token, post, received)
        except (LookupError, TypeError, ValueError):
            nothing = Unsupported("unreadable")
            incoming = Incoming(
                f"{token}:{event}", "", private=False, language=None, at=received, body=nothing
            )
        return () if incoming is None else (incoming,)

    def _read(self, event: str, token: str, post: Fields, received: datetime) -> Incoming | None:
        person = _object(post.get({"message": "sender"}.get(event, "user")))
        address = _address(person.get("id") if "id" in person else post["user_id"])
        body = self._body(event, token, address, post)
        if body is None:
            return None
        language = person.get("language")
        known = isinstance(language, str) and _LANGUAGE.fullmatch(language) is not None
        return Incoming(
            f"{token}:{event}:{address}",
            address,
            private=True,
            language=str(language) if known else None,
            at=_when(post.get("timestamp"), received),
            body=body,
            # Somebody who is subscribed can be written to, as ever.
            inline=event == "conversation_started" and post.get("subscribed") is not True,
        )

    def _body(self, event: str, token: str, address: str, post: Fields) -> Body | None:
        match event:
            case "message":
                return self._message(address, _object(post["message"]), silent=post.get("silent") is True)
            case "conversation_started":
                return Started(_payload(post.get("context")))
            case "subscribed":
                return Unblocked()
            case "unsubscribed":
                return Blocked()
            case "delivered" | "seen":
                return DeliveryReceipt(token, event)
            case _:
                said = post.get("desc")
                return DeliveryReceipt(
                    token, "failed", words_of(said, self._redacted) if isinstance(said, str) else None
                )

    def _message(self, address: str, message: Fields, *, silent: bool) -> Body | None:
        kind, text = message.get("type"), message.get("text")
        if kind == "text" and isinstance(text, str):
            if (data := self._taps.data(address, text)) is not None:
                return Tapped(data, None, "")
            # A tapped link opens by itself, and is told besides: nobody wrote it.
            return None if silent and _LINK.fullmatch(text) else Said(text[:LONGEST_TEXT])
        if kind in ("picture", "file"):
            picture = kind == "picture" or _is_picture(message.get("file_name"))
            caption = text[:LONGEST_TEXT] if isinstance(text, str) else ""
            sent = Photo if picture else Document
            return sent(_media(message["media"]), _bytes(message.get("size")), caption)
        return Unsupported(str(kind) if kind in _KINDS else "message")


def _object(value: object) -> Fields:
    return value if isinstance(value, dict) else {}


def _address(value: object) -> str:
    """Return who it was; ValueError for what Viber never calls anybody."""
    if not isinstance(value, str) or _ADDRESS.fullmatch(value) is None:
        raise ValueError("not a person of Viber's")
    return value


def _payload(context: object) -> str | None:
    return context.strip()[:_LONGEST_PAYLOAD] or None if isinstance(context, str) else None


def _media(url: object) -> str:
    """Return where a picture is; ValueError for what is no such place."""
    if not isinstance(url, str) or len(url) > _LONGEST_URL or _MEDIA.fullmatch(url) is None:
        raise ValueError("not a place of a picture")
    return url


def _bytes(size: object) -> int | None:
    return size if type(size) is int and 0 <= size < _MOST_BYTES else None


def _is_picture(name: object) -> bool:
    return isinstance(name, str) and name.lower().endswith(_PICTURES)


def _when(milliseconds: object, received: datetime) -> datetime:
    """Return when something was done; when it came, where Viber cannot mean what it says."""
    if type(milliseconds) is not int:
        return received
    dated = _FIRST_DAY + timedelta(milliseconds=max(0, min(milliseconds - _FIRST_MILLISECOND, _CENTURY)))
    return dated if _FIRST_DAY < dated <= received + _AHEAD else received


_FIRST_MILLISECOND = int(_FIRST_DAY.timestamp() * 1000)
_CENTURY = 100 * 365 * 24 * 3600 * 1000
