"""Pods of the chart as processes of this machine: what each is told, and in which time it comes and goes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from contracts.services import SERVICES
from runtime.settings import FROM_FILE, PREFIX
from sandbox.settings import SandboxSettings

pytest.importorskip("helm_python", reason="Helm's library has no wheel for this platform")

from deploy.helm.policies import Workload, settings_of, workloads
from deploy.helm.rendering import CASES, merged, rendered, values_of
from deploy.helm.services import Json

HOST = "127.0.0.1"
VALUES: Json = merged(
    values_of(CASES["region"]),
    # The simulated messenger is asked; it does not post.
    {"services": {"notifier": {"door": {"host": "", "existingSecret": ""}}}, "provision": {"replicas": 3}},
)


@dataclass(frozen=True)
class Times:
    """Seconds: until a new pod counts, that one waits before it is told to end, and until it is killed."""

    ready: float
    pre_stop: float
    grace: float


@dataclass(frozen=True)
class Pods:
    """What the chart renders for each part, and the folder of this machine in which its files are."""

    parts: Mapping[str, Workload]
    folder: Path
    nats_ca: Path
    catalogue: Path

    @classmethod
    def of_chart(cls, folder: Path, nats_ca: Path, catalogue: Path) -> "Pods":
        """Render the chart."""
        wanted = {"provision", *SERVICES}
        parts = {one.part: one for one in workloads(rendered(VALUES)) if one.part in wanted}
        assert parts.keys() == wanted
        return cls(parts, folder, nats_ca, catalogue)

    def times(self, service: str) -> Times:
        """Return how long the pods of a service take."""
        one = self.parts[service]
        (container,) = one.containers
        return Times(
            one.owner["spec"]["minReadySeconds"],
            container["lifecycle"]["preStop"]["sleep"]["seconds"],
            one.spec["terminationGracePeriodSeconds"],
        )

    def arguments(self, part: str) -> list[str]:
        """Return what is behind the name of a part's command."""
        (container,) = self.parts[part].containers
        return [*container["command"][1:], *container["args"]]

    def told(self, part: str, secrets: Mapping[str, str]) -> dict[str, str]:
        """Return a part's environment, its files written; AssertionError where a secret is not known."""
        (container,) = self.parts[part].containers
        return dict(self._told(part, settings_of(container), secrets))

    def _told(
        self, part: str, environment: Mapping[str, str], secrets: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        for name, value in environment.items():
            if name.endswith(FROM_FILE):
                setting = name.removeprefix(PREFIX).removesuffix(FROM_FILE).lower()
                file = self.folder / part / Path(value).name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(secrets[setting])
                yield name, str(file)
                yield name.removesuffix(FROM_FILE), ""
            elif name == "DOCWATCH_NATS_CA":
                yield name, str(self.nats_ca)
            elif name == "DOCWATCH_CATALOGUE":
                yield name, str(self.catalogue)
            elif name in {"DOCWATCH_HOST", "DOCWATCH_OPS_HOST"}:
                yield name, HOST
            else:
                yield name, value


def secrets_of(values: Mapping[str, str], nats: str, database: str, **more: str) -> dict[str, str]:
    """Return by its key what a Secret holds: an installation's own secrets and where its servers are."""
    own = {name.removeprefix(PREFIX).lower(): value for name, value in values.items() if PREFIX in name}
    servers = {"nats_url": nats, "database_url": database, "provision_database_url": database}
    return {**own, **servers, "telegram_token": SandboxSettings().bot_token, **more}
