"""What became of a message that was published, as its acknowledgement says or its lack lets one think."""

from dataclasses import dataclass
from typing import NamedTuple

from nats.aio.msg import Msg
from pydantic_core import from_json

_NO_RESPONDERS = "503"
_IN_PROCESS = 10158
"""A cluster's error for a message id that is being stored just now."""


class Stored(NamedTuple):
    """The stream has it, and had it before where `duplicate` is set."""

    sequence: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """No acknowledgement: the message may or may not be in the stream; publish it again unchanged."""

    why: str


LATE = Unknown("no acknowledgement in time")
AWAY = Unknown("not connected to NATS")
BROKEN = Unknown("the connection to NATS broke before the acknowledgement")
NOBODY = Unknown("no stream takes the subject")
BEING_STORED = Unknown("the same message is being stored")
AGAIN = (BROKEN, NOBODY, BEING_STORED)
"""What passes soon, so that the message may be published again at once."""


def result_of(message: Msg) -> Stored | Unknown:
    """Return what an acknowledgement says."""
    if message.headers and message.headers.get("Status") == _NO_RESPONDERS:
        return NOBODY
    try:
        ack = from_json(message.data)
        if "error" in ack:
            in_process = ack["error"].get("err_code") == _IN_PROCESS
            return BEING_STORED if in_process else Unknown(repr(ack["error"]))
        return Stored(ack["seq"], ack.get("duplicate") is True)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Unknown(f"an unreadable acknowledgement: {error!r}")
