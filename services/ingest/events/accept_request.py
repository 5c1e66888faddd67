"""A whole request with events, by whichever door it came: taken apart, charged, judged and published."""

from collections.abc import Mapping
from typing import NamedTuple

from contracts.messages.ids import Publisher
from runtime.tracing import parent
from services.ingest.domain.key_limits import Limits
from services.ingest.events.accept import AcceptEvents, Total
from services.ingest.events.bodies import parse
from services.ingest.events.forms import WholeMode
from services.ingest.keys.rates import Rates, cost
from services.ingest.web.answers import events_answer
from services.ingest.web.problems import ProblemError


class Caller(NamedTuple):
    """Who sends: the publisher, whose rate it uses up, and what its key is limited to."""

    publisher: Publisher
    limits: Limits


async def take(
    accept: AcceptEvents,
    rates: Rates,
    *,
    caller: Caller,
    mode: WholeMode,
    headers: Mapping[str, str],
    body: bytes,
) -> Total:
    """Return what became of the items; ProblemError, also where the only one is rejected."""
    # One token was taken when the request was let in. Bytes are paid before they are looked at.
    paid = cost(1, len(body))
    if paid > 1:
        rates.charge(caller.publisher, paid - 1)
    items = await parse(mode, headers, body)
    if not items.single:
        rates.charge(caller.publisher, max(0, len(items.found) - paid))
    answer = await accept.run(caller.publisher, items.found, caller.limits, parent(headers))
    if items.single and answer.rejected:
        raise ProblemError(422, "the event was not accepted", answer.rejected[0].faults)
    total = Total()
    total.add(answer, len(items.found))
    return total


def encoded(total: Total) -> bytes:
    """Return the answer's JSON."""
    if not (total.warnings or total.rejected):
        # Nearly every answer; written out, it costs a tenth.
        return b'{"accepted":%d,"duplicates":%d,"warnings":[],"rejected":[]}' % (
            total.accepted,
            total.duplicates,
        )
    shown = events_answer(total)
    return shown.model_dump_json(exclude={"left_out"} if shown.left_out is None else None).encode()
