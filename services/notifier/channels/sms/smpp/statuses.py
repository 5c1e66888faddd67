"""What the statuses of SMPP mean to us: each becomes one result.

Whoever gets a status knows that the message centre read the request and did not take it. So after a status
that is new to us it is tried again with growing waits, for as long as the message is worth sending: where it
stands for an account that does not work, the breaker opens by itself.
"""

from collections.abc import Mapping

from services.notifier.domain.results import (
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unreachable,
)

OK = 0x00
INVALID_COMMAND = 0x03
NOT_BOUND = 0x04
SYSTEM_ERROR = 0x08
QUEUE_FULL = 0x14
THROTTLED = 0x58
NEVER = 0x65
"""Said of what came and will never be taken."""
_NAMES = {
    0x01: "RINVMSGLEN",
    0x02: "RINVCMDLEN",
    0x03: "RINVCMDID",
    0x04: "RINVBNDSTS",
    0x05: "RALYBND",
    0x06: "RINVPRTFLG",
    0x07: "RINVREGDLVFLG",
    0x08: "RSYSERR",
    0x0A: "RINVSRCADR",
    0x0B: "RINVDSTADR",
    0x0C: "RINVMSGID",
    0x0D: "RBINDFAIL",
    0x0E: "RINVPASWD",
    0x0F: "RINVSYSID",
    0x14: "RMSGQFUL",
    0x15: "RINVSERTYP",
    0x43: "RINVESMCLASS",
    0x45: "RSUBMITFAIL",
    0x48: "RINVSRCTON",
    0x49: "RINVSRCNPI",
    0x50: "RINVDSTTON",
    0x51: "RINVDSTNPI",
    0x53: "RINVSYSTYP",
    0x54: "RINVREPFLAG",
    0x58: "RTHROTTLED",
    0x61: "RINVSCHED",
    0x62: "RINVEXPIRY",
    0x63: "RINVDFTMSGID",
    0x64: "RX_T_APPN",
    0x65: "RX_P_APPN",
    0x66: "RX_R_APPN",
    0xC0: "RINVOPTPARSTREAM",
    0xC1: "ROPTPARNOTALLWD",
    0xC2: "RINVPARLEN",
    0xC3: "RMISSINGOPTPARAM",
    0xC4: "RINVOPTPARAMVAL",
    0xFE: "RDELIVERYFAILURE",
    0xFF: "RUNKNOWNERR",
}
_TOO_LONG = 0x01
_BAD_NUMBER = 0x0B
# The sender's name, the kind of service: no message of the account would be taken.
_ACCOUNT_DOWN = frozenset({0x0A, 0x0D, 0x0E, 0x0F, 0x15, 0x48, 0x49, 0x53})
# Ours to mend, and what the message centre takes for good as not to be sent.
_PERMANENT = frozenset(
    {0x02, 0x03, 0x06, 0x07, 0x43, 0x50, 0x51, 0x54, 0x61, 0x62, 0x63, 0x65, 0x66}
    | {0xC0, 0xC1, 0xC2, 0xC3, 0xC4}
)
_REFUSED_BIND = frozenset({0x0D, 0x0E, 0x0F, 0x53})

BIND_SECONDS = 10.0
"""An account's wait where the message centre is asked too often to be bound."""


def name_of(status: int) -> str:
    """Return a status in words for operators."""
    return f"0x{status:02x} {_NAMES.get(status, 'unknown')}"


def result_of(status: int, seconds: float) -> Result:
    """Return what the refusal of a message means; `seconds` is how long the account waits when throttled.

    A full queue is throttling too: whose queue it is, a number's or the account's, it does not say.
    """
    detail = name_of(status)
    if status == THROTTLED:
        return Throttled(seconds, "account")
    if status == QUEUE_FULL:
        return Throttled(seconds, "chat")
    if status == _BAD_NUMBER:
        return Unreachable("not_found")
    if status == _TOO_LONG:
        return Permanent("too_long", detail)
    if status in _ACCOUNT_DOWN:
        return AccountDown(detail)
    return Permanent("rejected", detail) if status in _PERMANENT else NotSent(detail)


Refusal = NotSent | Throttled | AccountDown
"""Why there is no session."""


def refusal_of(status: int) -> Refusal:
    """Return what it means that we are not bound."""
    detail = f"not bound: {name_of(status)}"
    if status in _REFUSED_BIND:
        return AccountDown(detail)
    return Throttled(BIND_SECONDS, "account") if status in (QUEUE_FULL, THROTTLED) else NotSent(detail)


NAMES: Mapping[int, str] = _NAMES
