"""A whole request with events, by whichever door it came: taken apart, charged, judged and published."""

from collections.abc import Mapping
from typing import NamedTuple

from contracts.messages.ids import Publisher
from runtime.tracing import parent
from services.ingest.domain.key_limits import Limits
from services.ingest.events.accept import AcceptEvents
from services.ingest.events.answers import Total
from services.ingest.events.bodies import parse
from services.ingest.events.content_modes import WholeMode
from services.ingest.keys.rates import Rates, cost
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
    parsed = await parse(mode, headers, body)
    if not parsed.single:
        rates.charge(caller.publisher, max(0, len(parsed.items) - paid))
    answer = await accept.run(caller.publisher, parsed.items, caller.limits, parent(headers))
    if parsed.single and answer.rejected:
        raise ProblemError(422, "the event was not accepted", answer.rejected[0].faults)
    total = Total()
    total.add(answer, len(parsed.items))
    return total
