"""OpenTelemetry behind `runtime.tracing`: spans sent in batches over HTTP by a thread of its own."""

from collections.abc import Mapping
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SEND_SECONDS = 5.0
_HEADER = TraceContextTextMapPropagator()


class Step:
    """A span begun, and the header that names it."""

    def __init__(self, span: Span) -> None:
        self._span = span
        carrier: dict[str, str] = {}
        _HEADER.inject(carrier, set_span_in_context(span))
        self.header = carrier.get("traceparent")

    def end(self, attributes: Mapping[str, str | int]) -> None:
        """End it now."""
        self._span.set_attributes(_named(attributes))
        self._span.end()


class Tracer:
    """Begins spans and sends those that ended."""

    def __init__(self, exporter: SpanExporter, service: str) -> None:
        resource = Resource.create(
            {"service.name": f"docwatch-{service}", "service.version": version("docwatch")}
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("docwatch")

    def start(self, name: str, kind: str, parent: str | None, attributes: Mapping[str, str | int]) -> Step:
        """Begin a span; a parent that is no header of a trace counts as none."""
        context = _HEADER.extract({} if parent is None else {"traceparent": parent})
        span = self._tracer.start_span(
            name, context, kind=SpanKind[kind.upper()], attributes=_named(attributes)
        )
        return Step(span)

    def close(self) -> None:
        """Send what is left; may take some seconds where the collector does not answer."""
        self._provider.shutdown()


def exporter(endpoint: str) -> SpanExporter:
    """Return what sends spans to a collector."""
    return OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=SEND_SECONDS)


def open_tracer(endpoint: str, service: str) -> Tracer:
    """Return a tracer that sends to a collector."""
    return Tracer(exporter(endpoint), service)


def _named(attributes: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"docwatch.{name}": value for name, value in attributes.items()}
