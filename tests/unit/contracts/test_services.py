"""What names the services elsewhere agrees with their registry."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from cli.installation.environments import KINDS
from cli.installation.settings import InstallationSettings
from contracts.logins import LOGINS
from contracts.services import SERVICES, ServiceName, ServiceSpec
from runtime.database.migrations import migrations

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
SPECS = [pytest.param(service, id=name) for name, service in SERVICES.items()]


def test_the_registry_holds_every_service() -> None:
    """Each package of services with an entry of its own is in the registry, under its name, and no other."""
    packages = {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}

    assert packages == set(SERVICES)
    assert set(get_args(ServiceName)) == set(SERVICES)
    assert set(KINDS) == set(SERVICES)


def test_no_two_services_share_what_is_their_own() -> None:
    """Ports, roles, schemas and logins differ."""
    specs = list(SERVICES.values())
    ports = [port for one in specs for port in (one.port, one.ops_port) if port is not None]

    for values in (
        ports,
        [one.role for one in specs],
        [one.schema for one in specs],
        [one.login for one in specs],
    ):
        assert len(values) == len(set(values))


@pytest.mark.parametrize("service", SPECS)
def test_a_service_has_its_settings(service: ServiceSpec) -> None:
    """Its ports are by default the registry's, for itself and for who looks; where it is can be said."""
    ports = {"ops_port": service.ops_port} | ({} if service.port is None else {"port": service.port})

    for name, port in ports.items():
        assert port == KINDS[service.name].model_fields[service.setting(name)].default
        assert port == InstallationSettings.model_fields[service.setting(name)].default
    assert {service.setting("ops_url"), service.setting("nats_url")} <= set(InstallationSettings.model_fields)


@pytest.mark.parametrize("service", SPECS)
def test_a_service_has_its_login_and_migrations(service: ServiceSpec) -> None:
    """NATS knows its login, and its package holds its schema's migrations."""
    assert service.login in {login.name for login in LOGINS}
    assert migrations(service.package)


@pytest.mark.parametrize("service", SPECS)
def test_a_service_is_deployed_as_the_registry_says(service: ServiceSpec) -> None:
    """It has a container, secrets of its own, and is watched on the port of its metrics."""
    containers = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    prometheus = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))
    scraped = next(one for one in prometheus["scrape_configs"] if one["job_name"] == "docwatch")
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    checked = re.search(r"p = (\{[^}]*\})\[os", dockerfile)
    secrets = (DEPLOY / "secrets.sh").read_text("utf-8")

    assert service.name == containers[service.name]["build"]["args"]["SERVICE"]
    assert f"{service.name}:{service.ops_port}" in scraped["static_configs"][0]["targets"]
    assert checked
    assert service.ops_port == ast.literal_eval(checked[1])[service.name]
    assert f" {' '.join(SERVICES)}; do" in secrets
    assert f" {' '.join(map(str.upper, SERVICES))}; do" in secrets
