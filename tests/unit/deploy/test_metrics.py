"""Every service's metrics, walked: names, help, units, and labels that cannot grow without bounds."""

import re
from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from contracts.streams import CONSUMERS, STREAMS
from runtime.telemetry import Platform
from services.ingest.metrics import Metrics as IngestMetrics
from services.notifier.metrics import make_metrics
from services.tracker.metrics import Metrics as TrackerMetrics

NAME = re.compile(r"docwatch_[a-z]+(_[a-z0-9]+)+")
BOUNDED = {
    "result": "enum",
    "why": "enum",
    "effect": "enum",
    "end": "enum",
    "kind": "enum",
    "class": "enum",
    "call": "enum",
    "plan": "enum",
    "reason": "enum",
    "standing": "enum",
    "dependency": "enum",
    "service": "one a process",
    "version": "one a process",
    "stream": "the contracts' streams",
    "consumer": "the contracts' consumers",
    "publisher": "authenticated publishers, at most a hundred",
}
"""Each label that may be used and what bounds its values: nothing that a citizen or an event brings."""


def _registries() -> Mapping[str, CollectorRegistry]:
    found = {
        "ingest": IngestMetrics().registry,
        "tracker": TrackerMetrics().registry,
        "notifier": make_metrics().registry,
    }
    for name, registry in found.items():
        Platform(registry, name)
    return found


def _metrics() -> list[tuple[str, MetricWrapperBase]]:
    return [
        (service, metric)
        for service, registry in _registries().items()
        for metric in registry._collector_to_names
        if isinstance(metric, MetricWrapperBase)
    ]


ALL = _metrics()
EACH = pytest.mark.parametrize(("service", "metric"), ALL, ids=[metric._name for _, metric in ALL])


@EACH
def test_a_metric_is_named_and_explained(service: str, metric: MetricWrapperBase) -> None:
    """The name begins with the project and the service, the help says what is measured."""
    assert NAME.fullmatch(metric._name)
    own = metric._name.startswith(f"docwatch_{service}_")
    assert own or metric._name.startswith(
        ("docwatch_build_", "docwatch_dependency_", "docwatch_stream_", "docwatch_consumer_")
    )
    assert len(metric._documentation) > 10


@EACH
def test_a_duration_says_its_unit(service: str, metric: MetricWrapperBase) -> None:
    """Histograms of time end in their unit, seconds; sizes count what they are named after."""
    if metric._type == "histogram":
        assert metric._name.endswith(("_seconds", "_size", "_events")), service


@EACH
def test_labels_are_bounded(service: str, metric: MetricWrapperBase) -> None:
    """Every label has values from a closed set, so that no attack can make series without end."""
    assert set(metric._labelnames) <= set(BOUNDED), service
    assert len(metric._labelnames) <= 3


def test_a_hundred_publishers_are_told_apart_and_no_more() -> None:
    """Publishers beyond the bound are counted as one."""
    metrics = IngestMetrics()
    for number in range(150):
        metrics.heard(f"publisher-{number}", {"accepted": 2}, 1.0)

    [family] = [one for one in metrics.registry.collect() if one.name == "docwatch_ingest_publisher_events"]
    counted = {
        sample.labels["publisher"]: sample.value
        for sample in family.samples
        if sample.name.endswith("_total")
    }
    assert 101 == len(counted)
    assert 100 == counted["other"]
    assert 300 == sum(counted.values())


def test_streams_and_consumers_are_few() -> None:
    """What bounds the labels of the platform's gauges is itself small."""
    assert len(STREAMS) < 20
    assert len(CONSUMERS) < 20
