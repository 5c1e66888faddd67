"""Callbacks as rules: when to try again, when to give up, and to which addresses nothing is ever sent."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Literal, assert_never
from urllib.parse import urlsplit

from runtime.public_addresses import forbidden

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
PATIENCE = timedelta(days=1)
_LONGEST_URL = 2000
_LONGEST_WAIT = 64


class FailureReason(StrEnum):
    """Why an attempt did not deliver, other than by 410: each may pass."""

    STATUS = "status"
    TIME_OUT = "time-out"
    UNREACHABLE = "unreachable"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver answered with success; `status` is HTTP's."""

    status: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The receiver answered 410: it wants nothing more."""

    status: int = 410


@dataclass(frozen=True, slots=True)
class Failed:
    """No success; `status` where there was an answer, `retry_after` where it said how long to wait."""

    why: FailureReason
    status: int | None = None
    retry_after: timedelta | None = None


AttemptResult = Delivered | Gone | Failed
State = Literal["active", "paused", "disabled"]
StopReason = Literal["gone", "exhausted", "purged", "operator"]


@dataclass(frozen=True, slots=True)
class Advance:
    """The message is delivered: go on behind it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Send the same message again, not before `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """Send nothing more until an operator says so."""

    state: Literal["paused", "disabled"]
    reason: StopReason


NextStep = Advance | Retry | Stop


def next_step(result: AttemptResult, attempts: int, since: datetime, now: datetime) -> NextStep:
    """Return what follows from an attempt.

    Args:
        result: how the attempt ended.
        attempts: how many there were of this message, this one included.
        since: when the first of them began.
        now: the present.
    """
    match result:
        case Delivered():
            return Advance()
        case Gone():
            return Stop("disabled", "gone")
        case Failed(retry_after=wait):
            at = next_attempt(attempts, since, now, wait)
            return Stop("paused", "exhausted") if at is None else Retry(at)
        case _:
            assert_never(result)


def result_name(result: AttemptResult) -> str:
    """Return the name of an attempt's result in metrics, logs and the table."""
    match result:
        case Delivered():
            return "delivered"
        case Gone():
            return "gone"
        case Failed(why):
            return why.value
        case _:
            assert_never(result)


def next_attempt(attempts: int, since: datetime, now: datetime, wait: timedelta | None) -> datetime | None:
    """Return when to try again: pauses double up to an hour, the last try ends the day; None after that.

    `wait` is how long the receiver asked to be left alone; no pause is longer than an hour for it.
    """
    last = since + PATIENCE
    if now >= last:
        return None
    pause = min(FIRST_PAUSE * (1 << min(attempts - 1, 20)), LONGEST_PAUSE)
    return min(now + max(pause, min(wait or pause, LONGEST_PAUSE)), last)


def parsed_retry_after(value: str, now: datetime) -> timedelta | None:
    """Return the wait that a `Retry-After` of a hostile sender asks for; None where it cannot be read.

    It holds seconds or a date of HTTP; a date that has passed asks for no wait.
    """
    if len(value) > _LONGEST_WAIT or not value.isascii():
        return None
    if value.isdecimal():
        return timedelta(seconds=min(int(value), PATIENCE.total_seconds()))
    try:
        until = parsedate_to_datetime(value)
        if until.tzinfo is None:  # the oldest of the three forms names no zone and means this one
            until = until.replace(tzinfo=UTC)
        return min(max(until - now, timedelta(0)), PATIENCE)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def url_fault(url: str, *, private: bool) -> str | None:
    """Say what is wrong with a callback's URL; `private` allows http and addresses of our own network."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if not host or parts.scheme not in (("https", "http") if private else ("https",)):
        return "must be an https:// URL"
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must have at most {_LONGEST_URL} characters, all of ASCII, and no space"
    if parts.username is not None or parts.password is not None:
        return "must hold no user name and no password"
    if not private and _literal(host) and forbidden(host):
        return "leads into a private network"
    return None


def _literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
