"""Traces: one span a step, joined across processes by the W3C header `traceparent`; off unless asked for.

While they are off nothing of OpenTelemetry is loaded and a step costs one comparison. Attributes are ids and
codes, never anything about a person.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runtime.errors import StartError

if TYPE_CHECKING:
    from runtime.otlp import Step, Tracer

HEADER = "traceparent"
Kind = Literal["server", "consumer", "client"]
_WITHIN: ContextVar[str | None] = ContextVar("within", default=None)


@dataclass(frozen=True, slots=True)
class Span:
    """A step in the making; `header` joins to it what follows from it."""

    header: str | None = None
    step: "Step | None" = None

    def end(self, **attributes: str | int) -> None:
        """End the step now, with what is known only then."""
        if self.step is not None:
            self.step.end(attributes)

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """Have what is done in the block, calls of other services too, follow from this step; then end it."""
        token = _WITHIN.set(self.header)
        try:
            yield
        finally:
            _WITHIN.reset(token)
            self.end()


_NOTHING = Span()


class Tracing:
    """Starts spans; one without a tracer starts none."""

    def __init__(self, tracer: "Tracer | None" = None) -> None:
        self._tracer = tracer

    def start(self, name: str, kind: Kind, parent: str | None, **attributes: str | int) -> Span:
        """Begin a step under the span that a header names; under none it begins a trace."""
        if self._tracer is None:
            return _NOTHING
        step = self._tracer.start(name, kind, parent, attributes)
        return Span(step.header, step)


OFF = Tracing()


def parent(headers: Mapping[str, str] | None) -> str | None:
    """Return the span that a message's headers name."""
    return headers.get(HEADER) if headers else None


def current() -> str | None:
    """Return the header that names the step in whose block this is called."""
    return _WITHIN.get()


def joined(trace: str | None) -> dict[str, str]:
    """Return the headers that name a span."""
    return {HEADER: trace} if trace else {}


@asynccontextmanager
async def tracing(endpoint: str | None, service: str) -> AsyncIterator[Tracing]:
    """Send spans to a collector for the length of the block, the last of them at its end.

    `endpoint` is its address for OTLP over HTTP, without `/v1/traces`; None means no traces at all.
    """
    if endpoint is None:
        yield OFF
        return
    try:
        from runtime.otlp import open_tracer  # noqa: PLC0415 - costs nothing while traces are off
    except ImportError:
        raise StartError(
            "DOCWATCH_OTLP_ENDPOINT is set, and what sends traces is not installed; run: pip install"
            " 'docwatch[traces]'"
        ) from None
    tracer = open_tracer(endpoint, service)
    try:
        yield Tracing(tracer)
    finally:
        await asyncio.to_thread(tracer.close)
