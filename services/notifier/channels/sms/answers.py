"""What a gateway's answer means to us: by the description's codes, else by the HTTP status.

Only an answer that is whole, well and bears an id says that a text was taken. Behind a fault of the server
nothing is sure. A refusal that is new to us is tried again, with growing waits: the gateway read the call and
did not take it.
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

import orjson

from services.notifier.channels.http_calls import wait_of
from services.notifier.channels.sms.description import Description
from services.notifier.channels.sms.pointers import text_at
from services.notifier.channels.sms.receipts import reference_of
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

LONGEST_ANSWER = 64 * 1024
_PLAIN = re.compile(r"(?!.*\d{5})[A-Za-z0-9_.:-]{1,40}")
_NOTHING = frozenset({"0", "", "none", "null", "ok", "success"})
_DOWN = frozenset({400 + number for number in (1, 2, 3, 4, 5, 10)})
_REFUSALS = range(400, 500)
_MOVES = range(300, 400)


def result_of(described: Description, http: int, retry_after: str | None, content: bytes) -> Result:
    """Return what an answer means; no detail holds anything of a person or a text."""
    if len(content) > LONGEST_ANSWER:
        return Unknown("an answer without end")
    answer = _parsed(content)
    code = text_at(answer, described.answer.error)
    error = None if code is None or code.casefold() in _NOTHING else code
    detail = f"HTTP {http}" if error is None else f"HTTP {http} {_shown(error)}"
    meanings = described.errors.meanings
    meaning = meanings.get(error or "") or meanings.get(f"HTTP {http}")
    if meaning is not None:
        return _MEANINGS[meaning](detail, retry_after)
    if http in range(200, 300):
        if error is not None:
            return NotSent(detail)
        identity = text_at(answer, described.answer.id)
        reference = None if identity is None else reference_of(identity, described.answer.ids)
        return Unknown("no id in the answer") if reference is None else Accepted(reference)
    return _by_status(http, detail, retry_after)


def _by_status(http: int, detail: str, retry_after: str | None) -> Result:
    if http == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(wait_of(retry_after), "account")
    if http in _DOWN or http in _MOVES:
        return AccountDown(detail)
    if http == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Permanent("too_long", detail)
    if http in _REFUSALS and http != HTTPStatus.REQUEST_TIMEOUT:
        return Permanent("rejected", detail)
    return Unknown(detail)


def _parsed(content: bytes) -> object:
    try:
        return orjson.loads(content)
    except ValueError:
        return None


def _shown(code: str) -> str:
    """Return a code for operators; what looks like more than a code may quote a number or a text."""
    return code if _PLAIN.fullmatch(code) else "<...>"


_MEANINGS: Mapping[str, Callable[[str, str | None], Result]] = {
    "throttled": lambda _, wait: Throttled(wait_of(wait), "account"),
    "unreachable": lambda _, __: Unreachable("not_found"),
    "blocked": lambda _, __: Unreachable("blocked"),
    "permanent": lambda detail, _: Permanent("rejected", detail),
    "down": lambda detail, _: AccountDown(detail),
    "again": lambda detail, _: NotSent(detail),
}
