"""The chart rendered without a cluster, in each of the ways in which it is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import helm_python
import yaml

from deploy.helm.services import SERVICES, Json

CHART = Path(__file__).parent / "docwatch"
GOLDEN = Path(__file__).parents[2] / "tests" / "golden" / "helm"
NAME = "docwatch"
NAMESPACE = "agency"

SECRETS: Json = {
    "services": {one.name: {"existingSecret": f"{NAME}-{one.name}"} for one in SERVICES},
    "provision": {"existingSecret": f"{NAME}-provision"},
}
"""All that must be said: which Secrets there are."""

_HOSTS: Json = {
    "ingest": {"door": {"host": "api.example", "existingSecret": "api-tls"}},
    "notifier": {"door": {"host": "bot.example", "existingSecret": "bot-tls"}},
}


@dataclass(frozen=True)
class Case:
    """One way to install the chart: values files of it, one after the other, then values said by hand."""

    files: tuple[str, ...] = ()
    values: Json = field(default_factory=dict)
    upgrade: bool = False


CASES: Mapping[str, Case] = {
    "default": Case(),
    "office": Case(("office.yaml",)),
    "region": Case(
        ("region.yaml",),
        {
            "doors": {"kind": "ingress", "ingress": {"className": "nginx"}},
            "services": _HOSTS,
            "page": {"host": "docs.example", "existingSecret": "docs-tls"},
            "monitoring": {"enabled": True, "dashboards": {"enabled": True}},
            "trust": {"nats": {"existingSecret": "nats-ca"}, "database": {"existingSecret": "postgres-ca"}},
            "catalogue": {"existingConfigMap": "passports"},
        },
    ),
    "nation": Case(
        ("nation.yaml", "nats-along.yaml"),
        {
            "doors": {
                "kind": "gateway",
                "gateway": {"parentRefs": [{"name": "public", "namespace": "edge", "sectionName": "https"}]},
            },
            "services": _HOSTS,
            "page": {"host": "docs.example"},
            "monitoring": {"enabled": True, "dashboards": {"enabled": True}},
            "postgres": {
                "enabled": True,
                "existingSecret": "docwatch-owner",
                "backup": {"objectStore": "backups"},
            },
            "networkPolicy": {"traces": [{"podSelector": {"matchLabels": {"app": "collector"}}}]},
            "settings": {"OTLP_ENDPOINT": "http://collector:4318"},
        },
    ),
    "nation-upgrade": Case(
        ("nation.yaml",), {"postgres": {"enabled": True, "existingSecret": "owner"}}, upgrade=True
    ),
}


def merged(*layers: Json) -> Json:
    """Return the layers as Helm lays values over each other: maps are joined, all else is replaced."""
    found: Json = {}
    for layer in layers:
        for key, value in layer.items():
            old = found.get(key)
            found[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found


def values_of(case: Case) -> Json:
    """Return all values of a case."""
    return merged(
        SECRETS, *(yaml.safe_load((CHART / one).read_text("utf-8")) for one in case.files), case.values
    )


def rendered(values: Json, *, upgrade: bool = False, chart: Path = CHART) -> list[Json]:
    """Return every object that the chart makes of these values.

    Raises helm_python.HelmError where a value is not what the schema says, or something is missing.
    """
    files = _files(values, upgrade=upgrade, chart=chart)
    texts = [text for path, text in sorted(files.items()) if path.endswith(".yaml")]
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


def notes(values: Json) -> str:
    """Return what an operator reads after the installation."""
    return _files(values, upgrade=False, chart=CHART)[f"{NAME}/templates/NOTES.txt"]


def _files(values: Json, *, upgrade: bool, chart: Path) -> dict[str, str]:
    with helm_python.Chart.load(chart) as loaded:
        loaded.validate_schema(values)
        return loaded.render(
            values, name=NAME, namespace=NAMESPACE, is_install=not upgrade, is_upgrade=upgrade
        )


def rendered_case(case: Case) -> list[Json]:
    """Return every object of a case."""
    return rendered(values_of(case), upgrade=case.upgrade)


def golden_files() -> dict[Path, str]:
    """Return what each case renders, in a form to be read: copies of other files are only named."""
    return {GOLDEN / f"{name}.yaml": _readable(rendered_case(case)) for name, case in CASES.items()}


def _readable(objects: list[Json]) -> str:
    return yaml.safe_dump_all([_short(one) for one in objects], sort_keys=False, width=110)


def _short(one: Json) -> Json:
    match one["kind"]:
        case "ConfigMap":
            return {
                **one,
                "data": {name: f"({len(text.splitlines())} lines)" for name, text in one["data"].items()},
            }
        case "PrometheusRule":
            groups = [
                {"name": group["name"], "rules": [rule["alert"] for rule in group["rules"]]}
                for group in one["spec"]["groups"]
            ]
            return {**one, "spec": {"groups": groups}}
        case _:
            return one
