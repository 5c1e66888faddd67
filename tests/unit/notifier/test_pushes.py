"""What a browser says of its subscription, and what is pushed to it."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.push.reading import BrowserKeys
from services.notifier.domain.addresses.pushes import (
    LONGEST_PLAIN,
    LONGEST_SUBSCRIPTION,
    Gone,
    Later,
    PushMessage,
    PushResult,
    PushSubscription,
    Refused,
    Taken,
    read_subscription,
    sealing_context,
    tag_of,
    unpacked,
)

KEYS = BrowserKeys.new()
ENDPOINT = "https://fcm.googleapis.com/fcm/send/dQw4:APA91-x_y?token=BQY%2bz%2f"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=()), max_size=6000)


def told(endpoint: object = ENDPOINT, **keys: object) -> bytes:
    """What a browser posts."""
    return json.dumps(
        {"endpoint": endpoint, "expirationTime": None, "keys": {**KEYS.json(), **keys}}
    ).encode()


def message(
    title: str = "t", body: str = "b", *, urgent: bool = False, until: datetime | None = None
) -> PushMessage:
    """A message."""
    return PushMessage(title, body, tag_of("thread"), "./", "uk", urgent, until)


@pytest.mark.parametrize(
    "endpoint",
    [
        ENDPOINT,
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABlkJx-9",
        "https://db5p.notify.windows.com/w/?token=BQYAAAD%2bmU%2f",
        "https://web.push.apple.com:443/QGuQyavXutnMH0pQ",
    ],
)
def test_the_endpoints_of_browsers_are_taken_as_they_are(endpoint: str) -> None:
    """Addresses as push services make them are kept to the letter, and so are the keys."""
    found = read_subscription(told(endpoint), loopback=False)

    assert PushSubscription(endpoint, KEYS.public, KEYS.auth) == found
    assert found == unpacked(found.packed())


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.net/x",
        "https://push.example.net:8443/x",
        "https://user@push.example.net/x",
        "https://:secret@push.example.net/x",
        "https://push.example.net/x#y",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://[::1]/x",
        "https://[::ffff:169.254.169.254]/x",
        "https://localhost/x",
        "https://push.example.net\\@127.0.0.1/x",
        "https://пуш.example/x",
        "https://push.example.net/a b",
        "https://push.example.net/\r\nHost: inside",
        "https:///x",
        "https://",
        "//push.example.net/x",
        "file:///etc/passwd",
        "gopher://push.example.net/x",
        "javascript:alert(1)",
        "https://push.example.net:99999/x",
        "https://" + "a" * 64 + ".example/x",
        "https://push.example.net/" + "x" * 2048,
        "http://127.0.0.1:8090/push/x",
        "",
        None,
        7,
        ["https://push.example.net/x"],
    ],
)
def test_no_other_address_is_taken(endpoint: object) -> None:
    """What is not https on port 443 of a host with a name is refused, without being shown."""
    with pytest.raises(ValueError, match="endpoint: ") as raised:
        read_subscription(told(endpoint), loopback=False)

    assert "example" not in str(raised.value)


@pytest.mark.parametrize(
    ("endpoint", "taken"),
    [
        ("http://127.0.0.1:8090/push/x", True),
        ("http://127.0.0.2:8090/push/x", False),
        ("http://localhost:8090/push/x", False),
        ("http://169.254.169.254/latest", False),
        ("http://10.0.0.1/x", False),
        ("http://push.example.net/x", False),
    ],
)
def test_the_sandbox_has_its_push_service_on_this_machine_only(endpoint: str, taken: bool) -> None:  # noqa: FBT001 - a column
    """With a push service on this machine its address is taken, and no other that is not public."""
    if taken:
        assert endpoint == read_subscription(told(endpoint), loopback=True).endpoint
    else:
        with pytest.raises(ValueError, match="endpoint: "):
            read_subscription(told(endpoint), loopback=True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (told(auth="AAAA"), "auth: 16 bytes"),
        (told(auth="!"), "auth: base64url"),
        (told(auth=None), "auth: base64url"),
        (told(p256dh=KEYS.json()["auth"]), "p256dh: 65 bytes"),
        (told(p256dh="A"), "p256dh: "),
        (b"[]", "an object"),
        (b"{}", "an object"),
        (b'{"endpoint": "x", "keys": 1}', "an object"),
        (b"", "."),
        (b"nonsense", "."),
        (b"[" * 4000, "."),
        (told(padding="x" * LONGEST_SUBSCRIPTION), "at most"),
    ],
)
def test_what_is_no_subscription_says_why(body: bytes, why: str) -> None:
    """What is none is a ValueError, whatever it is."""
    with pytest.raises(ValueError, match=why):
        read_subscription(body, loopback=False)


def test_padding_and_further_fields_do_not_matter() -> None:
    """Some browsers write base64url with its padding."""
    auth = base64.urlsafe_b64encode(KEYS.auth).decode()

    assert KEYS.auth == read_subscription(told(auth=auth, more=[1]), loopback=False).auth


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_are_a_subscription_or_a_value_error(body: bytes) -> None:
    """Nothing that is posted ends in another error."""
    with pytest.raises(ValueError, match=r"."):
        read_subscription(body, loopback=True)


@given(texts, texts)
def test_a_payload_fits_and_is_read(title: str, body: str) -> None:
    """Any texts fit, the title whole; a body that had to be cut says so; the length tells little."""
    pushed = message(title[:300], body)

    payload = pushed.payload()
    read = json.loads(payload)

    assert len(payload) <= LONGEST_PLAIN
    assert len(payload) % 512 == 0 or len(payload) == LONGEST_PLAIN
    assert title[:300].encode("utf-8", "replace").decode() == read["title"]
    whole = body.encode("utf-8", "replace").decode()
    assert whole == read["body"] or whole.startswith(read["body"].removesuffix("…").rstrip())


def test_stages_have_one_length() -> None:
    """Who sees only how long a message is cannot tell one stage from another."""
    bodies = ["Being made", "Ready: come to the office at Velyka Vasylkivska 100, mornings", ""]

    assert 1 == len({len(message("Passport", body).payload()) for body in bodies})


def test_a_title_without_end_is_an_error() -> None:
    """What leaves no room for anything is refused."""
    with pytest.raises(ValueError, match="too long"):
        message("t" * 5000).payload()


@given(st.text(min_size=0, max_size=100))
def test_a_tag_is_what_push_services_take(thread: str) -> None:
    """Whatever names the thread, its tag is a topic of the standard and tells nothing of it."""
    tag = tag_of(thread)

    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", tag)
    assert len(thread) < 4 or thread not in tag


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        (None, 28 * 86400),
        (NOW + timedelta(hours=1), 3600),
        (NOW + timedelta(days=90), 28 * 86400),
        (NOW - timedelta(seconds=1), 0),
    ],
)
def test_it_is_kept_as_long_as_it_is_worth(until: datetime | None, seconds: int) -> None:
    """A push service keeps a message for the delivery's life, and for 28 days at most."""
    assert seconds == message(until=until).seconds_left(NOW)


def test_what_one_must_act_on_is_urgent() -> None:
    """Only what its reader must act on wakes a phone that saves its battery."""
    assert ("high", "normal") == (message(urgent=True).urgency, message().urgency)


@pytest.mark.parametrize(
    ("outcomes", "taken", "again"),
    [
        ([], 0, None),
        ([Taken()], 1, None),
        ([Taken(), Later(5, "x")], 1, None),
        ([Later(9, "x"), Later(5, "x"), Gone()], 0, 5),
        ([Gone(), Refused("x")], 0, None),
    ],
)
def test_once_a_device_took_it_nobody_is_waited_for(
    outcomes: list[Any], taken: int, again: float | None
) -> None:
    """The same is pushed again only where no device took it and one may take it later."""
    result = PushResult(outcomes, outcomes)

    assert (taken, again) == (result.taken, result.again_in)


def test_nobody_is_waited_for_who_failed_for_long() -> None:
    """A device that takes nothing for long keeps no message waiting."""
    assert None is PushResult([Later(5, "x")], []).again_in


def test_nothing_of_a_subscription_is_shown() -> None:
    """Neither the address nor the keys stand in what a log would show of one."""
    assert "PushSubscription()" == repr(PushSubscription(ENDPOINT, KEYS.public, KEYS.auth))
    assert sealing_context(UUID(int=1)) != sealing_context(UUID(int=2))
