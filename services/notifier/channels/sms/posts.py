"""The gateway's door to us: a path that only the two of us know, and where it can, a signature over bodies.

Behind it come delivery receipts and the texts that people send in; of those only a keyword does anything.
"""

import base64
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qsl
from uuid import UUID

import orjson

from runtime.clock import Clock
from services.notifier.channels.sms.description import (
    Description,
    DescriptionError,
    Receipts,
    Signature,
    Texts,
)
from services.notifier.channels.sms.keywords import wish_of
from services.notifier.channels.sms.numbers import written_number
from services.notifier.channels.sms.pointers import found_at, text_at
from services.notifier.channels.sms.receipts import fate_of, receipt_of, reference_of
from services.notifier.channels.sms.templates import revealed
from services.notifier.domain.incoming import Body, Incoming
from services.notifier.domain.messages import Message

LONGEST_BODY = 256 * 1024
MOST_ITEMS = 200
_MOST_FIELDS = 100
_SECRET = re.compile(r"[A-Za-z0-9_-]{22,128}")


@dataclass(frozen=True)
class GatewayPosts:
    """Where a gateway posts to: `url` in full and its path."""

    url: str = field(repr=False)
    path: str = field(repr=False)
    described: Description
    clock: Clock = field(repr=False)
    key: bytes | None = field(default=None, repr=False)
    longest: int = LONGEST_BODY

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a signature came along, where there must be one."""
        return self._signature is None or bool(headers.get(self._signature.header.lower()))

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether the signature is the gateway's over this body; true where it signs nothing."""
        wanted = self._signature
        if wanted is None or self.key is None:
            return True
        digest = hmac.digest(self.key, body, wanted.hash)
        ours = digest.hex() if wanted.encoding == "hex" else base64.b64encode(digest).decode()
        theirs = headers.get(wanted.header.lower(), "").removeprefix(wanted.prefix)
        theirs = theirs.lower() if wanted.encoding == "hex" else theirs
        return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "surrogateescape"))

    @property
    def _signature(self) -> Signature | None:
        return None if self.described.posts is None else self.described.posts.signature

    def read(self, body: bytes) -> Sequence[Incoming]:
        """Return the receipts and wishes that were posted; nothing for what is only to be confirmed.

        Raises ValueError for what is no post, or holds more items than any gateway puts into one.
        """
        posted = self._parsed(body)
        return tuple(self._read(posted, self.clock.now()))

    def answer(self, address: str, shown: Sequence[Message]) -> tuple[str, bytes]:  # noqa: ARG002 - shows nothing
        """Return what confirms a post."""
        return "text/plain", b"ok\n"

    def _parsed(self, body: bytes) -> object:
        if self.described.posts is not None and self.described.posts.format == "form":
            return dict(parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS))
        return orjson.loads(body)

    def _read(self, posted: object, now: datetime) -> Iterator[Incoming]:
        texts, receipts = self.described.texts, self.described.receipts
        if texts is not None:
            for item in _items(posted, texts.items):
                yield from _text(item, texts, now)
        if receipts is not None:
            for item in _items(posted, receipts.items):
                # What bears a text is one that somebody sent, whatever else it bears.
                if texts is None or text_at(item, texts.text) is None:
                    yield from _receipt(item, receipts, now)


def _items(posted: object, pointer: str) -> Sequence[object]:
    found = found_at(posted, pointer)
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST_ITEMS:
        raise ValueError("more in one post than any gateway sends")
    return items


def _receipt(item: object, places: Receipts, now: datetime) -> Iterator[Incoming]:
    identity, status = text_at(item, places.id), text_at(item, places.status)
    reference = None if identity is None else reference_of(identity, places.ids)
    address = written_number(text_at(item, places.number) or "")
    key = None if address is not None else _key(text_at(item, places.key))
    if reference is None or status is None or (address is None and key is None):
        return
    fate = fate_of(status, places.delivered, places.failed)
    if fate is not None:
        told = replace(receipt_of(reference, fate, text_at(item, places.error)), delivery=key)
        yield _incoming(f"receipt:{reference}:{fate}:{address or key}", address or "", told, now)


def _key(said: str | None) -> UUID | None:
    try:
        return None if said is None else UUID(said)
    except ValueError:
        return None


def _text(item: object, places: Texts, now: datetime) -> Iterator[Incoming]:
    said, address = text_at(item, places.text), written_number(text_at(item, places.number) or "")
    wish = None if said is None else wish_of(said)
    if wish is not None and address is not None:
        identity = text_at(item, places.id) or now.isoformat()
        yield _incoming(f"text:{identity}:{address}", address, wish, now)


def _incoming(update: str, address: str, body: Body, now: datetime) -> Incoming:
    return Incoming(update, address, private=True, language=None, at=now, body=body)


def posts_of(
    base: str, described: Description, secrets: Mapping[str, str], clock: Clock
) -> GatewayPosts | None:
    """Return the door below a base URL; None where the gateway posts nothing.

    Raises DescriptionError for a secret that could be guessed.
    """
    if described.posts is None:
        return None
    path = f"/sms/{check_secret(described, secrets)}"
    signature = described.posts.signature
    key = None if signature is None else revealed(signature.key, secrets).encode()
    return GatewayPosts(base.rstrip("/") + path, path, described, clock, key)


def check_secret(described: Description, secrets: Mapping[str, str]) -> str:
    """Return the secret of the door's path, empty where there is no door.

    Raises DescriptionError for one that could be guessed.
    """
    secret = "" if described.posts is None else revealed(described.posts.secret, secrets)
    if described.posts is not None and _SECRET.fullmatch(secret) is None:
        raise DescriptionError("posts.secret: must be 22 to 128 of A-Z a-z 0-9 _ -, made by chance")
    return secret
