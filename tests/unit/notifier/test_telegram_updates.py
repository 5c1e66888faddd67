"""Telegram's updates as what a citizen did, odd ones included."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot

from services.notifier.channels.telegram.transport import AiohttpRequest, Timeouts
from services.notifier.channels.telegram.updates import incoming_of
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    Incoming,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENT = datetime(2026, 3, 1, 11, tzinfo=UTC)
USER = {"id": 42, "is_bot": False, "first_name": "O", "language_code": "uk"}
CHAT = {"id": 42, "type": "private"}
GROUP = {"id": -5, "type": "group", "title": "Family"}
STICKER = {
    "file_id": "f",
    "file_unique_id": "u",
    "width": 1,
    "height": 1,
    "is_animated": False,
    "is_video": False,
    "type": "regular",
}


@pytest.fixture(scope="module")
def bot() -> Bot:
    """A bot that never calls anybody."""
    request = AiohttpRequest(Timeouts())
    return Bot("1:x", "http://localhost/bot", request=request, get_updates_request=request)


def message(**content: object) -> Mapping[str, object]:
    said = {"message_id": 7, "date": int(SENT.timestamp()), "chat": CHAT, "from": USER, **content}
    return {"update_id": 9, "message": said}


def member(status: str) -> Mapping[str, object]:
    other = {"user": {"id": 1, "is_bot": True, "first_name": "B"}, "status": status, "until_date": 0}
    was = {**other, "status": "member"}
    change = {
        "chat": CHAT,
        "from": USER,
        "date": int(SENT.timestamp()),
        "old_chat_member": was,
        "new_chat_member": other,
    }
    return {"update_id": 9, "my_chat_member": change}


def read(raw: Mapping[str, object], bot: Bot) -> Incoming:
    return incoming_of(raw, bot, RECEIVED)


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (message(text="/start"), Started(None)),
        (message(text="/start abc"), Started("abc")),
        (message(text="/start@docwatch_bot  abc "), Started("abc")),
        (message(text="/started"), Said("/started")),
        (message(text="hello\nthere"), Said("hello\nthere")),
        (message(sticker=STICKER), Unsupported("sticker")),
        (message(pinned_message=None), Unsupported("message")),
        (member("kicked"), Blocked()),
        (member("left"), Blocked()),
        (member("member"), Unblocked()),
    ],
)
def test_private_updates(bot: Bot, raw: Mapping[str, object], body: Body) -> None:
    """What is said or done in a private chat keeps its sender, language and date."""
    assert Incoming("9", "42", private=True, language="uk", at=SENT, body=body) == read(raw, bot)


def test_a_tap_is_dated_when_it_arrives(bot: Bot) -> None:
    """A tap has no date of its own and its message may be months old."""
    under = message(text="x")["message"]
    query = {"id": "q", "from": USER, "chat_instance": "c", "data": "st", "message": under}

    found = read({"update_id": 9, "callback_query": query}, bot)

    assert Incoming("9", "42", private=True, language="uk", at=RECEIVED, body=Tapped("st", "7", "q")) == found


def test_groups_are_marked(bot: Bot) -> None:
    """A message in a group is not private."""
    found = read(message(text="/start", chat=GROUP), bot)

    assert ("-5", False) == (found.address, found.private)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"message": {}},
        {"message": 5},
        {"message": "x"},
        {"poll": {}},
        {"callback_query": {"id": "q", "from": USER, "chat_instance": "c", "data": "st"}},
        {"my_chat_member": {"chat": CHAT}},
    ],
)
def test_unreadable_updates_are_passed_over(bot: Bot, content: Mapping[str, object]) -> None:
    """What cannot be read still counts as one update, so that those behind it are reached."""
    found = read({"update_id": 9, **content}, bot)

    assert ("9", False) == (found.update, found.private)
    assert isinstance(found.body, Unsupported)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from(["message", "callback_query", "my_chat_member", "edited_message", "inline_query"])


@given(number=st.integers(0, 2**40), content=st.dictionaries(FIELDS, JSON, max_size=2))
def test_no_update_breaks_the_reading(bot: Bot, number: int, content: dict[str, object]) -> None:
    """Every update becomes exactly one incoming with its own number."""
    assert str(number) == read({**content, "update_id": number}, bot).update
