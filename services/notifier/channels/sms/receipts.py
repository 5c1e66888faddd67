"""Delivery receipts in all their spellings: the text of SMPP's, its states by number, words of JSON gateways.

What says neither that a message arrived nor that it never will (accepted, en route, unknown) is nothing.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from services.notifier.domain.incoming import DeliveryReceipt

Fate = Literal["delivered", "failed"]
Base = Literal["text", "hex", "decimal"]
"""How a provider writes the ids of messages in one place; in another it may write them otherwise."""


def _spellings(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DELIVERED = _spellings(
    "delivrd delivered deliverd deliveredtohandset deliveredtoterminal deliveredtorecipient "
    "deliverysuccess deliverysuccessful successfullydelivered read seen opened"
)
_FAILED = _spellings(
    "undeliv undeliverd undelivered undeliverable undeliverableexpired undeliverablerejectedoperator "
    "undeliverablenotdelivered notdelivered notdeliverd nondelivered nondeliverable deliveryfailed "
    "deliveryfailure deliveryimpossible permanentlyfailed failed fail failure error expired expird "
    "validityexpired deleted rejectd rejected rejct rejectednetwork rejectedoperator blocked spam skipped "
    "canceled cancelled aborted unknownsubscriber invalidnumber invaliddestination"
)
_STATES: Mapping[int, Fate] = MappingProxyType(
    {2: "delivered", 3: "failed", 4: "failed", 5: "failed", 8: "failed", 9: "failed"}
)
_LONGEST, _LONGEST_ID = 1000, 128
_TEXT = re.compile(r"(?<![a-z])text:", re.IGNORECASE)
_FIELD = re.compile(r"(?<![a-z])(id|stat|err)\s*:\s*(\S{1,128})", re.IGNORECASE)
_NOISE = re.compile(r"[\W_]+")
_DIGITS: Mapping[Base, re.Pattern[str]] = MappingProxyType(
    {"hex": re.compile(r"(?:0x)?[0-9a-f]{1,64}", re.IGNORECASE), "decimal": re.compile(r"[0-9]{1,80}")}
)
_NUMBERS: Mapping[Base, int] = MappingProxyType({"hex": 16, "decimal": 10})


@dataclass(frozen=True)
class SaidReceipt:
    """What the text of an SMPP receipt says: the message's id, its state in words, the network's error."""

    id: str
    status: str
    error: str | None = None


def fate_of(
    status: str, delivered: Collection[str] = frozenset(), failed: Collection[str] = frozenset()
) -> Fate | None:
    """Return what a status in words means; `delivered` and `failed` are further ones of a provider's own."""
    if status in delivered:
        return "delivered"
    if status in failed:
        return "failed"
    plain = _NOISE.sub("", status[:_LONGEST_ID]).casefold()
    if plain in _DELIVERED:
        return "delivered"
    return "failed" if plain in _FAILED else None


def fate_of_state(state: int) -> Fate | None:
    """Return what a message's state means, as SMPP numbers them."""
    return _STATES.get(state)


def read_receipt(text: str) -> SaidReceipt | None:
    """Return what the text of an SMPP receipt says; None for any other text.

    Its fields may stand in any order; what comes after `text:` is the message's own and is not looked at.
    """
    head = _TEXT.split(text[:_LONGEST], maxsplit=1)[0]
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(head):
        found.setdefault(name.lower(), value)
    if "id" not in found or "stat" not in found:
        return None
    return SaidReceipt(found["id"], found["stat"], found.get("err"))


def reference_of(identity: str, base: Base = "text") -> str | None:
    """Return one spelling for an id, however it is written; None for what is no id.

    A number in `hex` and the same in `decimal` become one; a `text` stays as it is.
    """
    identity = identity.strip()
    if base == "text":
        return identity if 0 < len(identity) <= _LONGEST_ID else None
    if _DIGITS[base].fullmatch(identity) is None:
        return None
    return str(int(identity, _NUMBERS[base]))


def receipt_of(reference: str, fate: Fate, error: str | None = None) -> DeliveryReceipt:
    """Return what a receipt tells of a message; `error` is the provider's own, for operators."""
    reason = error if fate == "failed" and error else None
    return DeliveryReceipt(reference, fate, None if reason is None else reason[:_LONGEST_ID])
