"""Every service's metrics, walked: names, help, units, and labels that cannot grow without bounds."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from contracts.streams import CONSUMERS, STREAMS
from deploy.grafana.boards import BOARDS
from deploy.grafana.outside import BOT
from runtime.process.platform_metrics import Platform
from services.desk.metrics import Metrics as DeskMetrics
from services.ingest.metrics import Metrics as IngestMetrics
from services.notifier.domain.actions import NotUnderstood
from services.notifier.metrics import Metrics as NotifierMetrics
from services.tracker.metrics import Metrics as TrackerMetrics

ROOT = Path(__file__).parents[3]
READERS = (*(ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"), ROOT / "cli" / "status" / "reading.py")
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
    "status": "the statuses of HTTP that we answer with",
    "standing": "enum",
    "step": "enum",
    "dependency": "enum",
    "service": "one a process",
    "version": "one a process",
    "stream": "the contracts' streams",
    "consumer": "the contracts' consumers",
    "channel": "the messengers that the settings name",
    "account": "the accounts that the settings name, and those for which something waits",
    "language": "the agency's languages, and one for all others",
    "topic": "topics of answers, at most fifty, and one for all others",
    "publisher": "authenticated publishers, at most a hundred",
    "office": "the offices of the catalogue that give appointments or invite only so many a day",
}
"""Each label that may be used and what bounds its values: nothing that a citizen or an event brings."""


def _registries() -> Mapping[str, CollectorRegistry]:
    found = {
        "ingest": IngestMetrics().registry,
        "tracker": TrackerMetrics().registry,
        "notifier": NotifierMetrics().registry,
        "desk": DeskMetrics().registry,
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
    assert len(set(metric._labelnames) - {"channel", "account"}) <= 3


@EACH
def test_an_account_never_stands_without_its_channel(service: str, metric: MetricWrapperBase) -> None:
    """What is measured of an account says of which channel, so that both can be asked for."""
    assert ("channel" in metric._labelnames) == ("account" in metric._labelnames), service


def test_only_what_is_measured_is_asked_for() -> None:
    """Every name of ours in a rule, a panel or the status view is that of a metric of a service."""
    asked = [one.read_text("utf-8") for one in READERS]
    asked += [query.expr for board in BOARDS for panel in board.panels for query in panel.queries]
    named = set(re.findall(r"\bdocwatch_[a-z_]+", "\n".join(asked)))

    assert named
    assert set() == named - {
        f"{metric._name}{end}" for _, metric in ALL for end in ("", "_total", "_bucket", "_count", "_sum")
    }


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


def test_the_share_of_what_the_bot_does_not_understand_is_never_absent() -> None:
    """The plan of such an update is counted from the start, under the name that the dashboard asks for."""
    share = [query.expr for panel in BOT.panels if panel.title == "Not understood" for query in panel.queries]

    metrics = NotifierMetrics()
    metrics.of("telegram")
    assert 0 == metrics.registry.get_sample_value(
        "docwatch_notifier_updates_total",
        {"channel": "telegram", "account": "telegram", "plan": NotUnderstood.__name__.lower()},
    )
    assert f'plan="{NotUnderstood.__name__.lower()}"' in share[0]


def test_streams_and_consumers_are_few() -> None:
    """What bounds the labels of the platform's gauges is itself small."""
    assert len(STREAMS) < 20
    assert len(CONSUMERS) < 20
