"""What the chart adds to the registry of services: a new service is an entry here and one in `values.yaml`.

What a service is told follows from its settings class, so that the chart cannot name a setting that the
service does not know, nor leave out a secret that it needs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.installation.environments import KINDS, secret_settings
from contracts.channels import CHANNELS
from contracts.services import DESK, INGEST, NOTIFIER, TRACKER, ServiceSpec
from runtime.settings import RuntimeSettings, variable

Json = dict[str, Any]

PAGE_URL, PAGE_PORT = "public_url", "public_port"
BY_THE_CHART = frozenset({"catalogue", "host", "nats_ca", "ops_host", "stop_grace", PAGE_URL, PAGE_PORT})
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
        spec: its entry in the registry.
        door: what is public of it.
        page: path prefixes of it that citizens' browsers reach, under a name of their own.
        world: whether it calls addresses outside the cluster.
        scales: whether more processes do more of what is measured by their CPU.
        left: settings that make no sense in a pod.
        always: secrets that the chart always gives, empty where they are not used, though the service can do
            without.
    """

    spec: ServiceSpec
    door: Door | None = None
    page: tuple[str, ...] = ()
    world: bool = False
    scales: bool = False
    left: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """As the registry has it."""
        return self.spec.name

    @property
    def kind(self) -> type[RuntimeSettings]:
        """Its settings."""
        return KINDS[self.spec.name]


_DOORS: Mapping[str, tuple[str, ...]] = {"telegram": (), "web": (), "email": ("/email/bounces",)}
"""Where a channel's provider posts, if not below its own code."""


def _posted_to() -> tuple[str, ...]:
    return tuple(path for code in CHANNELS for path in _DOORS.get(code, (f"/{code}/",)))


SERVICES = (
    Service(
        INGEST, Door(("/v1/", "/problems/")), world=True, scales=True, left=frozenset({"ingest_workers"})
    ),
    Service(TRACKER),
    Service(
        NOTIFIER,
        Door(("/telegram/",), "telegram_webhook_url"),
        page=("/p", "/r/", "/c/", "/u/", *_posted_to()),
        world=True,
        left=frozenset({"push_loopback", "sms_gateway"}),
        always=frozenset({"telegram_token"}),
    ),
    Service(DESK, Door(("/",), "desk_url")),
)


def secrets(service: Service) -> tuple[list[str], list[str]]:
    """Return the settings that nobody else may learn: those that must be given, and those that may be."""
    fields, found = service.kind.model_fields, secret_settings(service.kind)
    must = [name for name in found if fields[name].is_required() or name in service.always]
    return must, [name for name in found if name not in must]


def choices(service: Service) -> Json:
    """Return the JSON Schema of each setting that an operator may choose, by its name without prefix."""
    ports = {service.spec.setting("port"), service.spec.setting("ops_port")}
    decided = BY_THE_CHART.union(service.left, ports, secret_settings(service.kind))
    if service.door is not None and service.door.address is not None:
        decided |= {service.door.address}
    return {
        name.upper(): {key: value for key, value in one.items() if key != "title"}
        for name, one in service.kind.model_json_schema()["properties"].items()
        if name not in decided
    }


def facts() -> Json:
    """Return what the templates are told of each service."""
    return {one.name: dict(_facts(one)) for one in SERVICES}


def _facts(service: Service) -> Iterator[tuple[str, object]]:
    spec, fields = service.spec, service.kind.model_fields
    yield "opsPort", spec.ops_port
    yield "opsPortSetting", variable(spec.setting("ops_port"))
    if service.door is not None:
        door: Json = {"port": spec.public_port, "portSetting": variable(spec.setting("port"))}
        if service.door.address is not None:
            door["addressSetting"] = variable(service.door.address)
        yield "door", {**door, "paths": list(service.door.paths)}
    if PAGE_URL in fields:
        yield "pageSetting", variable(PAGE_URL)
    if service.page:
        port = {"port": fields[PAGE_PORT].default, "portSetting": variable(PAGE_PORT)}
        yield "page", {**port, "paths": list(service.page)}
    yield "secrets", secrets(service)[0]
    yield "world", service.world
    yield "scales", service.scales
