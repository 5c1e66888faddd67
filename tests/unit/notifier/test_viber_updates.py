"""Viber's posts as what a citizen did, odd ones included."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.redaction import Redaction
from services.notifier.channels.viber.taps import Taps
from services.notifier.channels.viber.updates import EVENTS, LONGEST_TEXT, Posts
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

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENT = datetime(2026, 3, 1, 11, 0, 0, 250_000, tzinfo=UTC)
STAMP = int(SENT.timestamp() * 1000)
TOKEN = 5741311803571721087
ADDRESS = "01234567890A="
USER = {"id": ADDRESS, "name": "Olena", "country": "UA", "language": "uk", "api_version": 10}
TAPS = Taps.of("token")
POSTS = Posts(TAPS, Redaction("token"))
PICTURE = "https://media.example/a.jpg?Expires=1&Signature=x~y"


def read(post: object) -> tuple[Incoming, ...]:
    return tuple(POSTS.read(orjson.dumps(post), RECEIVED))


def event(name: str, **content: object) -> Mapping[str, Any]:
    return {"event": name, "timestamp": STAMP, "message_token": TOKEN, **content}


def message(**content: object) -> Mapping[str, Any]:
    return event("message", sender=USER, message=content, chat_hostname="SN-1_", silent=False)


@pytest.mark.parametrize(
    ("post", "language", "body"),
    [
        (message(type="text", text="hello\nthere"), "uk", Said("hello\nthere")),
        (message(type="text", text=TAPS.marked(ADDRESS, "y:abc:uk")), "uk", Tapped("y:abc:uk", None, "")),
        (message(type="text", text="dw:f:AAAAAAAAAAAA"), "uk", Said("dw:f:AAAAAAAAAAAA")),
        (message(type="text", text=TAPS.marked("another=", "f")), "uk", Said(TAPS.marked("another=", "f"))),
        (message(type="text", text="https://x.example/r/abc"), "uk", Said("https://x.example/r/abc")),
        (message(type="picture", media=PICTURE, text=""), "uk", Photo(PICTURE)),
        (message(type="file", media=PICTURE, file_name="Scan.PNG"), "uk", Photo(PICTURE)),
        (message(type="file", media=PICTURE, file_name="scan.exe"), "uk", Document(PICTURE)),
        (message(type="contact", contact={"phone_number": "1"}), "uk", Unsupported("contact")),
        (message(type="location"), "uk", Unsupported("location")),
        (message(type="sticker", sticker_id=1), "uk", Unsupported("sticker")),
        (message(type="video", media=PICTURE), "uk", Unsupported("video")),
        (message(type="hologram"), "uk", Unsupported("message")),
        (message(type="text"), "uk", Unsupported("message")),
        (event("subscribed", user=USER), "uk", Unblocked()),
        (event("unsubscribed", user_id=ADDRESS), None, Blocked()),
        (event("delivered", user_id=ADDRESS), None, DeliveryReceipt(str(TOKEN), "delivered")),
        (event("seen", user_id=ADDRESS), None, DeliveryReceipt(str(TOKEN), "seen")),
        (
            event("failed", user_id=ADDRESS, desc="failure for 01234567890A= 'text'"),
            None,
            DeliveryReceipt(str(TOKEN), "failed", "failure for <...> <quoted>"),
        ),
        (event("failed", user_id=ADDRESS), None, DeliveryReceipt(str(TOKEN), "failed")),
    ],
)
def test_what_is_posted(post: Mapping[str, Any], language: str | None, body: Body) -> None:
    """What somebody did keeps who it was, their language and when it was."""
    identity = f"{TOKEN}:{post['event']}:{ADDRESS}"

    assert (Incoming(identity, ADDRESS, private=True, language=language, at=SENT, body=body),) == read(post)


@pytest.mark.parametrize(
    ("content", "payload", "inline"),
    [
        ({"type": "open", "context": "abc_-1", "subscribed": False}, "abc_-1", True),
        ({"type": "open", "context": "abc_-1", "subscribed": True}, "abc_-1", False),
        ({"type": "open"}, None, True),
        ({"context": ""}, None, True),
        ({"context": 7, "subscribed": "true"}, None, True),
        ({"context": "x" * 5000, "subscribed": False}, "x" * 256, True),
    ],
)
def test_an_opened_conversation(content: Mapping[str, object], payload: str | None, *, inline: bool) -> None:
    """Whoever opens the conversation brings the link's payload, and is written to only if subscribed."""
    (incoming,) = read(event("conversation_started", user=USER, **content))

    assert (Started(payload), inline) == (incoming.body, incoming.inline)


@pytest.mark.parametrize("post", [event("webhook"), {"event": "webhook"}, event("client_status"), event("")])
def test_what_is_only_to_be_confirmed(post: object) -> None:
    """A test of the door, and whatever Viber tells some day, is nothing that a citizen did."""
    assert () == read(post)


@pytest.mark.parametrize("text", ["https://map.example/?a=1", "viber://pa?chatURI=a&context=b"])
def test_a_tapped_link_says_nothing(text: str) -> None:
    """A button that opens an address is told like a message that nobody sees: nobody wrote it."""
    assert () == read({**message(type="text", text=text), "silent": True})


def test_the_same_message_is_delivered_and_seen() -> None:
    """Each event of a message, and of each person's, has an identity; those of two phones are the same."""
    posts = [
        event("delivered", user_id=ADDRESS),
        event("seen", user_id=ADDRESS),
        event("delivered", user_id="B="),
        {**event("delivered", user_id=ADDRESS), "timestamp": STAMP + 5},
    ]

    assert 3 == len({read(post)[0].update for post in posts})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b'{"event":7}',
        b'{"event":"message"}',
        b'{"event":"message","message_token":"7"}',
        b'{"event":"message","message_token":true}',
        b'{"event":"message","message_token":7.0}',
        b'{"event":"message","message_token":5.741311803571721e18}',
        b'{"event":"message","message_token":9223372036854775808}',
        b'{"event":"message","message_token":-9223372036854775809}',
        b'{"event":"message","message_token":1e400}',
        b'{"event":"delivered","message_token":7',
        b'{"event":"message","message_token":7,"x":"\\ud800"}',
    ],
)
def test_what_is_no_post_of_vibers(body: bytes) -> None:
    """Without an event and its token of 64 bits it is refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - any of its kinds
        POSTS.read(body, RECEIVED)


@pytest.mark.parametrize(
    "post",
    [
        event("message"),
        event("message", sender=USER),
        event("message", sender=[], message={"type": "text", "text": "x"}),
        event("message", sender={"id": "x" * 129}, message={"type": "text", "text": "x"}),
        event("message", sender={"id": "a\nb"}, message={"type": "text", "text": "x"}),
        event("message", sender={"id": 7}, message={"type": "text", "text": "x"}),
        event("delivered"),
        event("delivered", user_id=None),
        message(type="picture"),
        message(type="picture", media="file:///etc/passwd"),
        message(type="picture", media="https://x.example/" + "a" * 2048),
        message(type="picture", media="https://x.example/a b"),
        message(type="picture", media=["https://x.example/a"]),
    ],
)
def test_what_cannot_be_read_is_passed_over(post: object) -> None:
    """A post that cannot be read is still one, so that Viber does not repeat it; nobody is answered."""
    (incoming,) = read(post)

    assert (Unsupported("unreadable"), "", False) == (incoming.body, incoming.address, incoming.private)


@pytest.mark.parametrize("stamp", [None, "x", True, -1, 0, 2**63, -(2**63), 1.5, STAMP + 90_000_000])
def test_an_impossible_time_is_that_of_arrival(stamp: object) -> None:
    """What Viber cannot mean as a time is taken for the time at which it came."""
    (incoming,) = read({**event("subscribed", user=USER), "timestamp": stamp})

    assert RECEIVED == incoming.at


@pytest.mark.parametrize("language", [None, 7, "", "x" * 300, "uk; DROP", ["uk"]])
def test_a_language_that_is_none(language: object) -> None:
    """What is no tag of a language is left out."""
    (incoming,) = read(event("subscribed", user={**USER, "language": language}))

    assert incoming.language is None


def test_a_long_text_is_cut() -> None:
    """A text is as long as Viber lets people write, however long it comes."""
    (incoming,) = read(message(type="text", text="я" * 20_000))

    assert Said("я" * LONGEST_TEXT) == incoming.body


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=20)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {
        "event": st.sampled_from([*EVENTS, "message", "webhook"]),
        "message_token": st.integers(-(2**63), 2**63 - 1),
    },
    optional={
        "timestamp": JSON,
        "user": JSON | st.fixed_dictionaries({"id": st.just(ADDRESS) | JSON, "language": JSON}),
        "sender": JSON | st.fixed_dictionaries({"id": st.just(ADDRESS) | JSON, "language": JSON}),
        "user_id": st.just(ADDRESS) | JSON,
        "message": JSON
        | st.fixed_dictionaries({"type": st.sampled_from(["text", "picture", "file"]) | JSON, "text": JSON})
        | st.fixed_dictionaries({"type": st.just("picture"), "media": JSON}),
        "context": JSON,
        "subscribed": JSON,
        "desc": JSON,
        "silent": JSON,
    },
)


@given(FIELDS)
def test_whatever_is_posted_is_read(post: dict[str, Any]) -> None:
    """A post with an event and a token is never an error, and what comes of it is bounded and has a time."""
    incoming = read(post)

    assert len(incoming) <= 1
    for one in incoming:
        assert len(one.update) < 200
        assert len(one.address) <= 128
        assert one.at <= RECEIVED + timedelta(days=1)
        assert one.language is None or len(one.language) < 50


@given(st.binary(max_size=200))
def test_whatever_comes_is_refused_or_read(body: bytes) -> None:
    """Any bytes are an update, nothing, or a ValueError."""
    try:
        incoming = POSTS.read(body, RECEIVED)
    except ValueError:
        return
    assert len(incoming) <= 1
