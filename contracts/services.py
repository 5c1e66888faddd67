"""The registry of services: who there is, under which name, role, login and ports.

Provisioning, logins, settings, the doctor, the status view, `docwatch up` and the deployment are fed from it,
or are held to it by tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ServiceName = Literal["ingest", "tracker", "notifier", "desk"]


@dataclass(frozen=True)
class ServiceSpec:
    """One service; its process is `python -m` its package.

    Attributes:
        name: as commands, settings and metrics call it; also its NATS login, and the queue in which its
            processes share the questions that they answer.
        purpose: what it is for, one phrase.
        ops_port: where it answers operators (health, readiness, metrics) unless `DOCWATCH_<NAME>_OPS_PORT`
            says otherwise.
        port: where it answers everybody else unless `DOCWATCH_<NAME>_PORT` says otherwise; None for nowhere.
        edge_port: where it answers citizens' browsers unless `DOCWATCH_PUBLIC_PORT` says otherwise.
    """

    name: ServiceName
    purpose: str
    ops_port: int
    port: int | None = None
    edge_port: int | None = None

    @property
    def schema(self) -> str:
        """The PostgreSQL schema that is its own."""
        return self.name

    @property
    def role(self) -> str:
        """The PostgreSQL role that it logs in as."""
        return f"docwatch_{self.name}"

    @property
    def login(self) -> str:
        """The NATS user that it logs in as; it listens to its answers below `_INBOX_` and this name."""
        return self.name

    @property
    def package(self) -> str:
        """The Python package that it is; its migrations lie in there."""
        return f"services.{self.name}"

    @property
    def public_port(self) -> int:
        """The port for everybody; ValueError for a service that has none."""
        return self._there(self.port)

    @property
    def public_edge_port(self) -> int:
        """The port for citizens' browsers; ValueError for a service that has none."""
        return self._there(self.edge_port)

    def _there(self, port: int | None) -> int:
        if port is None:
            raise ValueError(f"{self.name} has no such port")
        return port

    def setting(self, name: str) -> str:
        """Return the name of one of its settings, without prefix: `url` is `tracker_url`."""
        return f"{self.name}_{name}"


INGEST = ServiceSpec("ingest", "takes stage events and receipts from back offices", port=8080, ops_port=9180)
TRACKER = ServiceSpec("tracker", "knows where each document is and who must be told", ops_port=9280)
NOTIFIER = ServiceSpec(
    "notifier", "tells citizens and answers them", port=8082, edge_port=8083, ops_port=9380
)
DESK = ServiceSpec(
    "desk",
    "keeps the answers to questions, and has staff answer what is not among them",
    port=8084,
    ops_port=9480,
)

SERVICES: Mapping[str, ServiceSpec] = MappingProxyType(
    {service.name: service for service in (INGEST, TRACKER, NOTIFIER, DESK)}
)
"""By name, in the order in which an event passes them, and then who answers questions."""
