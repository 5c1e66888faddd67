"""The table of services that the chart is made of: a new service is an entry here and one in `values.yaml`.

What a service is told follows from its settings class, so that the chart cannot name a setting that the
service does not know, nor leave out a secret that it needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runtime.settings import PREFIX, RuntimeSettings
from services.ingest.settings import IngestSettings
from services.notifier.settings import NotifierSettings
from services.tracker.settings import TrackerSettings

Json = dict[str, Any]

BY_THE_CHART = frozenset({"catalogue", "host", "nats_ca", "ops_host", "stop_grace"})
"""Settings of every service that follow from other values or from what a pod is."""


@dataclass(frozen=True)
class Door:
    """What people outside the cluster reach of a service, by HTTPS.

    Attributes:
        paths: path prefixes that are let in; everything else is answered by nobody.
        address: the setting that is told the outer address; without one the door is always there.
    """

    paths: tuple[str, ...]
    address: str | None = None


@dataclass(frozen=True)
class Service:
    """One service of the chart.

    Attributes:
        kind: its settings.
        door: what is public of it.
        world: whether it calls addresses outside the cluster.
        scales: whether more processes do more of what is measured by their CPU.
        left: settings that make no sense in a pod.
    """

    name: str
    kind: type[RuntimeSettings]
    door: Door | None = None
    world: bool = False
    scales: bool = False
    left: frozenset[str] = frozenset()

    @property
    def port(self) -> str:
        """The setting of the port behind the door."""
        return f"{self.name}_port"

    @property
    def ops_port(self) -> str:
        """The setting of the port for operators."""
        return f"{self.name}_ops_port"


SERVICES = (
    Service(
        "ingest",
        IngestSettings,
        Door(("/v1/", "/problems/")),
        world=True,
        scales=True,
        left=frozenset({"ingest_workers"}),
    ),
    Service("tracker", TrackerSettings),
    Service("notifier", NotifierSettings, Door(("/telegram/",), "telegram_webhook_url"), world=True),
)


def variable(setting: str) -> str:
    """Return the environment's name of a setting."""
    return PREFIX + setting.upper()


def secrets(service: Service) -> tuple[list[str], list[str]]:
    """Return the settings that nobody else may learn: those that must be given, and those that may be."""
    schema = service.kind.model_json_schema()
    must = set(schema["required"])
    found = sorted(name for name, one in schema["properties"].items() if _is_secret(one))
    return [name for name in found if name in must], [name for name in found if name not in must]


def choices(service: Service) -> Json:
    """Return the JSON Schema of each setting that an operator may choose, by its name without prefix."""
    decided = BY_THE_CHART | service.left | {service.port, service.ops_port}
    if service.door is not None and service.door.address is not None:
        decided |= {service.door.address}
    return {
        name.upper(): {key: value for key, value in one.items() if key != "title"}
        for name, one in service.kind.model_json_schema()["properties"].items()
        if name not in decided and not _is_secret(one)
    }


def facts() -> Json:
    """Return what the templates are told of each service."""
    return {one.name: dict(_facts(one)) for one in SERVICES}


def _facts(service: Service) -> Iterator[tuple[str, object]]:
    fields = service.kind.model_fields
    yield "opsPort", fields[service.ops_port].default
    yield "opsPortSetting", variable(service.ops_port)
    if service.door is not None:
        door: Json = {"port": fields[service.port].default, "portSetting": variable(service.port)}
        if service.door.address is not None:
            door["addressSetting"] = variable(service.door.address)
        yield "door", {**door, "paths": list(service.door.paths)}
    yield "secrets", secrets(service)[0]
    yield "world", service.world
    yield "scales", service.scales


def _is_secret(schema: Json) -> bool:
    return any(one.get("writeOnly", False) for one in (schema, *schema.get("anyOf", ())))
