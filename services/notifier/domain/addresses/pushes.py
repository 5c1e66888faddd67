"""Web Push as plain values: a browser's subscription, what is pushed to it, and what came of it everywhere.

A subscription comes from a browser and names the address to post to, so all of it is hostile until it is read
here.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from yarl import URL

LONGEST_SUBSCRIPTION = 4096
"""Bytes of what a browser says of its subscription."""
LONGEST_PLAIN = 3993
"""Bytes that can be encrypted into the 4096 that every push service takes."""
LONGEST_LIFE = timedelta(days=28)
"""No push service keeps a message for longer."""
GIVEN_UP_AFTER = timedelta(days=14)
"""A device that took nothing for so long is forgotten at the next failure."""
WAITED_FOR = timedelta(hours=1)
"""A device that took nothing for so long does not keep a message from counting as sent."""
LOOKUP = "push"
"""The first part of a look-up value."""
LOOPBACK = "127.0.0.1"
_LONGEST_ENDPOINT = 2048
_BLOCK = 512
_HTTPS_PORT = 443
_POINT, _AUTH = 65, 16
_TEXT = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}", re.IGNORECASE)
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_CUT = "…"


@dataclass(frozen=True)
class PushSubscription:
    """Where one browser of a person takes pushes, and under which keys; none of it is for logs.

    `p256dh` is its public key, an uncompressed point of P-256, `auth` a secret of 16 bytes.
    """

    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    @property
    def origin(self) -> str:
        """Return the push service, as a claim of VAPID names it: its origin."""
        return str(place_of(self.endpoint).origin())

    def packed(self) -> bytes:
        """Return it as bytes to be sealed; `unpacked` reads them."""
        return orjson.dumps(
            {
                "endpoint": self.endpoint,
                "keys": {"p256dh": written(self.p256dh), "auth": written(self.auth)},
            }
        )


def read_subscription(body: bytes, *, loopback: bool) -> PushSubscription:
    """Return the subscription that a browser's `PushSubscription.toJSON()` describes.

    Args:
        body: JSON; other fields in it are passed over.
        loopback: whether a push service may also be on this machine, by plain HTTP.

    Raises:
        ValueError: it is no such thing, or its endpoint is no address to post to; the message holds no part
            of it.
    """
    if len(body) > LONGEST_SUBSCRIPTION:
        raise ValueError(f"a subscription has at most {LONGEST_SUBSCRIPTION} bytes")
    given = orjson.loads(body)
    keys = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(keys, dict):
        raise ValueError("a subscription is an object with endpoint and keys")  # noqa: TRY004 - the sender's fault
    return PushSubscription(
        _endpoint(given.get("endpoint"), loopback=loopback),
        _key("p256dh", keys.get("p256dh"), _POINT),
        _key("auth", keys.get("auth"), _AUTH),
    )


def unpacked(plain: bytes) -> PushSubscription:
    """Return what was packed."""
    given = orjson.loads(plain)
    keys = given["keys"]
    return PushSubscription(
        given["endpoint"], _key("p256dh", keys["p256dh"], _POINT), _key("auth", keys["auth"], _AUTH)
    )


def sealing_context(device: UUID) -> bytes:
    """Return the context under which a device's subscription is sealed."""
    return b"push_subscription.box" + device.bytes


def _endpoint(url: object, *, loopback: bool) -> str:
    if not isinstance(url, str) or len(url) > _LONGEST_ENDPOINT or _VISIBLE.fullmatch(url) is None:
        raise ValueError(f"endpoint: at most {_LONGEST_ENDPOINT} visible characters of ASCII")
    try:
        place = place_of(url)
        host, port = place.raw_host or "", place.port
    except ValueError:
        raise ValueError("endpoint: not a URL") from None
    if place.raw_user is not None or place.raw_password is not None or place.raw_fragment:
        raise ValueError("endpoint: a URL without a user and a fragment")
    if loopback and place.scheme == "http" and host == LOOPBACK:
        return url
    if place.scheme != "https" or port != _HTTPS_PORT or _HOST.fullmatch(host) is None:
        raise ValueError("endpoint: https, a name and no number, port 443")
    return url


def place_of(endpoint: str) -> URL:
    """Return where to post to, exactly as the push service wrote it; ValueError for what is no URL."""
    return URL(endpoint, encoded=True)


def _key(name: str, value: object, length: int) -> bytes:
    if not isinstance(value, str) or _TEXT.fullmatch(value) is None:
        raise ValueError(f"{name}: base64url")
    try:
        key = base64.urlsafe_b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4))
    except ValueError:
        raise ValueError(f"{name}: base64url") from None
    if len(key) != length:
        raise ValueError(f"{name}: {length} bytes")
    return key


def written(key: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


@dataclass(frozen=True)
class PushMessage:
    """What a notification shows: others may read it over a shoulder, so its texts are what the person chose.

    Attributes:
        title: its first line.
        body: the rest.
        tag: 1 to 32 of `A-Z a-z 0-9 _ -`; a newer message takes the place of one with the same tag, at the
            push service and on the screen. See `tag_of`.
        url: what a tap opens, as seen from the page.
        language: its texts' language.
        urgent: there is something that its reader must do.
        until: from when on it is not worth showing; None: as long as push services keep messages.
    """

    title: str
    body: str
    tag: str
    url: str
    language: str
    urgent: bool = False
    until: datetime | None = None

    @property
    def urgency(self) -> str:
        """Return how urgent it is, in the words of RFC 8030: the rest may wait for a charger."""
        return "high" if self.urgent else "normal"

    def seconds_left(self, now: datetime) -> int:
        """Return how many seconds a push service is to keep it; 0: only for who is there now."""
        left = LONGEST_LIFE if self.until is None else min(self.until - now, LONGEST_LIFE)
        return max(0, int(left.total_seconds()))

    def payload(self) -> bytes:
        """Return what the service worker reads: JSON, its body cut where it must be.

        It is filled up to one of a few lengths, for encryption hides no length, and that would tell one stage
        from another. ValueError where the title, the tag and the URL leave no room.
        """
        body = self.body[:LONGEST_PLAIN]
        while len(found := self._json(body)) > LONGEST_PLAIN:
            if not body:
                raise ValueError("the title, the tag and the URL of a push are too long")
            body = _shorter(body)
        return found.ljust(min(-(-len(found) // _BLOCK) * _BLOCK, LONGEST_PLAIN))

    def _json(self, body: str) -> bytes:
        texts = {"title": self.title, "body": body, "tag": self.tag, "url": self.url, "lang": self.language}
        return orjson.dumps({name: _encodable(text) for name, text in texts.items()})


def _shorter(text: str) -> str:
    begun = text.removesuffix(_CUT)
    kept = begun[: len(begun) * 3 // 4].rstrip()
    return kept + _CUT if kept else ""


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def tag_of(thread: str) -> str:
    """Return the tag of all that is pushed about one thing; push services learn no id of ours by it."""
    return written(hashlib.sha256(b"docwatch/push/" + thread.encode()).digest()[:24])


@dataclass(frozen=True)
class Taken:
    """The push service took it."""


@dataclass(frozen=True)
class Gone:
    """There is no such subscription any more."""


@dataclass(frozen=True)
class Refused:
    """Not taken, and the same will not be taken later: its size, our key, or an address that is none."""

    detail: str


@dataclass(frozen=True)
class Later:
    """Not taken, or perhaps taken: push it again after so many seconds, for a copy takes its place."""

    seconds: float
    detail: str


Outcome = Taken | Gone | Refused | Later
"""What came of one push to one device."""


@dataclass(frozen=True)
class PushResult:
    """What came of one message at the devices of an address, none of which there may be.

    `waited_for` are the outcomes at those that did not fail for long already.
    """

    outcomes: Sequence[Outcome] = ()
    waited_for: Sequence[Outcome] = ()

    @property
    def taken(self) -> int:
        """Return at how many devices it arrived, as far as their push services tell."""
        return sum(isinstance(outcome, Taken) for outcome in self.outcomes)

    @property
    def again_in(self) -> float | None:
        """Return in how many seconds to push the same once more; None where there is no use in that.

        A device that took it already shows it once, for it has the same tag. Once one took it nobody else is
        waited for.
        """
        waits = [outcome.seconds for outcome in self.waited_for if isinstance(outcome, Later)]
        return None if self.taken else min(waits, default=None)
