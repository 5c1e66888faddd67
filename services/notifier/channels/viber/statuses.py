"""What Viber's answers mean to us: each status becomes one result.

A refusal comes with HTTP 200 and a status that is not 0. Whoever gets a status knows that Viber read the call
and did not send it, so after a status that is new to us it is tried again with growing waits, for as long as
the message is worth sending: where it stands for an account that does not work, the breaker opens by itself.
"""

import re
from collections.abc import Mapping
from typing import Literal

from services.notifier.channels.redaction import Redaction
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

NUMBERS = range(-(2**63), 2**63)
"""What a token of a message may be."""
CHAT_SECONDS = 60.0
"""A chat's wait: the limit of an hour ends when the citizen writes, and then nobody should wait long."""
_NAMES = {
    1: "invalidUrl",
    2: "invalidAuthToken",
    3: "badData",
    4: "missingData",
    5: "receiverNotRegistered",
    6: "receiverNotSubscribed",
    7: "publicAccountBlocked",
    8: "publicAccountNotFound",
    9: "publicAccountSuspended",
    10: "webhookNotSet",
    11: "receiverNoSuitableDevice",
    12: "tooManyRequests",
    13: "apiVersionNotSupported",
    14: "incompatibleWithVersion",
    15: "publicAccountNotAuthorized",
    16: "inchatReplyMessageNotAllowed",
    17: "publicAccountIsNotInline",
    18: "noPublicChat",
    19: "cannotSendBroadcast",
    20: "broadcastNotAllowed",
    21: "unsupportedCountry",
    22: "paymentUnsupported",
    23: "freeMessagesExceeded",
    24: "noBalance",
}
_UNREACHABLE: Mapping[int, Literal["not_found", "blocked", "no_device", "country"]] = {
    5: "not_found",
    6: "blocked",
    11: "no_device",
    21: "country",
}
_ACCOUNT_DOWN = frozenset({2, 7, 8, 9, 10, 15, 23, 24})
# Ours to mend; those from 16 on are about calls and messages that we never make.
_PERMANENT = frozenset({1, 3, 4, 13, 14, 16, 17, 18, 19, 20, 22})
_TOO_MANY = 12
_MOST_SAID, _LONGEST_DETAIL = 1000, 200
# Addresses on Viber are random characters; words of a language are shorter and have no digits.
_IDENTIFIER = re.compile(r"\S*(?:\d|<address>)\S*|\S{25,}")


def result_of(status: int, token: object, detail: str) -> Result:
    """Return what the answer to a message means; `token` is what it gives as the message's own."""
    if status == 0:
        reference = reference_of(token)
        return Unknown("no message token in the answer") if reference is None else Accepted(reference)
    if status == _TOO_MANY:
        return Throttled(CHAT_SECONDS, "chat")
    if (unreachable := _UNREACHABLE.get(status)) is not None:
        return Unreachable(unreachable)
    if status in _ACCOUNT_DOWN:
        return AccountDown(detail)
    return Permanent("rejected", detail) if status in _PERMANENT else NotSent(detail)


def reference_of(token: object) -> str | None:
    """Return a message's token as a text; None for what is none."""
    return str(token) if type(token) is int and token in NUMBERS else None


def detail_of(status: int, said: object, redacted: Redaction) -> str:
    """Return a status in words for operators, without anything of a message or a person."""
    name = _NAMES.get(status, "unknown")
    return f"{status} {name}: {words_of(said, redacted)}" if isinstance(said, str) else f"{status} {name}"


def words_of(said: str, redacted: Redaction) -> str:
    """Return the plain words of what Viber says, at most 200 characters of them."""
    return _IDENTIFIER.sub("<...>", redacted(said[:_MOST_SAID]))[:_LONGEST_DETAIL]
