"""The containers and the secrets that they are given fit together."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES = sorted(COMPOSE["services"])
OWN = [name for name in SERVICES if "build" in COMPOSE["services"][name]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of secrets that the script makes."""
    folder = tmp_path_factory.mktemp("deploy")
    shutil.copy(DEPLOY / "secrets.sh", folder)
    for _ in range(2):
        subprocess.run(["/bin/sh", str(folder / "secrets.sh")], check=True, capture_output=True)  # noqa: S603 - a script of the project
    return folder / "secrets"


def test_every_secret_is_made_once(made: Path) -> None:
    """The script makes what the containers take, in a folder for its owner alone, and never anew."""
    files = {one.name: one.read_text() for one in made.iterdir()}

    assert set(COMPOSE["secrets"]) <= set(files)
    assert 0o700 == made.stat().st_mode & 0o777
    assert [] == [name for name, text in files.items() if not text and name != "telegram_token"]
    assert files["ingest_database_password"] in files["ingest_database_url"]
    assert files["ingest_nats_password"] in files["nats_passwords"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_given_the_files_that_it_reads(name: str) -> None:
    """Each file of a secret that a container's settings or command name is mounted, and no other."""
    service = COMPOSE["services"][name]
    said = yaml.safe_dump([service.get("environment", {}), service.get("entrypoint", [])])

    assert set(service.get("secrets", [])) == set(re.findall(r"/run/secrets/(\w+)", said))


@pytest.mark.parametrize("name", OWN)
def test_our_containers_may_do_little(name: str) -> None:
    """Ours write nowhere but to /tmp and have no capabilities; what they run as is the image's matter."""
    service = COMPOSE["services"][name]

    assert service["read_only"] is True
    assert ["ALL"] == service["cap_drop"]
    assert ["/tmp"] == service["tmpfs"]  # noqa: S108 - in the container
    assert not any("PASSWORD=" in str(value) for value in service["environment"].values())
