"""What came of one call to a messenger: a closed sum; a provider's errors become one of these at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, assert_never


@dataclass(frozen=True)
class Accepted:
    """The messenger took it, in so many messages; `reference` is its own id of the last.

    A long SMS counts as many messages as it has parts.
    """

    reference: str
    messages: int = 1


@dataclass(frozen=True)
class Throttled:
    """Not sent: wait this many seconds, for one chat or the whole account."""

    seconds: float
    scope: Literal["chat", "account"]


@dataclass(frozen=True)
class Unreachable:
    """Refused for good: this person cannot be written to (blocked, deactivated, chat not found).

    `no_device` and `country`: the messenger does not work on any of their devices, or where they are.
    """

    reason: Literal[
        "blocked", "deactivated", "not_found", "never_started", "no_member", "no_device", "country"
    ]


@dataclass(frozen=True)
class Permanent:
    """Refused for good because of the message itself; the detail is for operators."""

    reason: Literal["rejected", "too_long", "empty", "unparseable"]
    detail: str


@dataclass(frozen=True)
class Moved:
    """Not sent: the chat has another address now."""

    address: str


@dataclass(frozen=True)
class NotSent:
    """Surely not sent (no connection was made); try again."""

    detail: str


@dataclass(frozen=True)
class Unknown:
    """Perhaps sent: the connection broke or the answer was no answer."""

    detail: str


@dataclass(frozen=True)
class AccountDown:
    """Not sent: the account itself is refused (token revoked); keep the queue and alarm."""

    detail: str


Result = Accepted | Throttled | Unreachable | Permanent | Moved | NotSent | Unknown | AccountDown


def name_and_detail(result: Result) -> tuple[str, str | None]:
    """Return a result's name and detail for the log of attempts."""
    detail: str | None
    match result:
        case Accepted(reference=reference):
            detail = reference
        case Throttled(seconds, scope):
            detail = f"{scope} {seconds:g} s"
        case Unreachable(reason):
            detail = reason
        case Permanent(reason, why):
            detail = f"{reason}: {why}"
        case NotSent(why) | Unknown(why) | AccountDown(why):
            detail = why
        case Moved():
            detail = None
        case _ as never:
            assert_never(never)
    return _NAMES[type(result)], detail


_NAMES: Mapping[type[Result], str] = {
    Accepted: "accepted",
    Throttled: "throttled",
    Unreachable: "unreachable",
    Permanent: "permanent",
    Moved: "moved",
    NotSent: "not_sent",
    Unknown: "unknown",
    AccountDown: "account_down",
}
