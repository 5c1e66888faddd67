"""The containers and the secrets that they are given fit together."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from cli.installation.environments import (
    KINDS,
    not_needed,
    secrets_of,
    settings_of,
)

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES = sorted(COMPOSE["services"])
IMAGES = [line.split() for line in (DEPLOY / "images.lock").read_text("utf-8").splitlines() if line[0] != "#"]


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
    empty = {"telegram_token", "viber_token", "smpp_url", "smpp_password", "sms_key", "sms_signing_key"}
    letters = {"smtp_url", "smtp_password", "imap_url", "imap_password", "bounce_secret", "dkim_key"}
    assert empty | letters | {"oidc_client_secret"} == {name for name, text in files.items() if not text}
    assert files["ingest_database_password"] in files["ingest_database_url"]
    assert files["ingest_nats_password"] in files["nats_passwords"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_given_the_files_that_it_reads(name: str) -> None:
    """Each file of a secret that a container's settings or command name is mounted, and no other."""
    service = COMPOSE["services"][name]
    folders = [DEPLOY / one.partition(":")[0] for one in service.get("volumes", []) if one.startswith("./n")]
    files = [path.read_text("utf-8") for folder in folders for path in folder.glob("*.conf")]
    said = yaml.safe_dump([service.get("environment", {}), service.get("entrypoint", []), files])

    assert set(service.get("secrets", [])) == set(re.findall(r"/run/secrets/(\w+)", said))


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_do_little(name: str) -> None:
    """Each writes to memory and its volumes alone, is nobody, stays that, and has few processes."""
    service = COMPOSE["services"][name]
    once = name == "owners"

    assert service["read_only"] is True
    assert ["ALL"] == service["cap_drop"]
    assert ["no-new-privileges:true"] == service["security_opt"]
    assert service["pids_limit"] <= 256
    assert all(":size=" in one for one in service["tmpfs"])
    assert once or "cap_add" not in service
    assert once or int(service["user"].split(":")[0]) > 0
    assert not any("PASSWORD=" in str(value) for value in service.get("environment", {}).values())


def test_only_the_edge_is_open(made: Path) -> None:
    """From outside nothing can be reached but TLS; all that is published else stays on the machine."""
    published = {
        name: [one for one in service.get("ports", []) if not one.startswith("127.0.0.1:")]
        for name, service in COMPOSE["services"].items()
    }

    assert {"edge": ["443:8443"]} == {name: ports for name, ports in published.items() if ports}
    assert made.joinpath("edge_certificate").stat().st_size


NOT_NEEDED = {
    "DOCWATCH_TELEGRAM_WEBHOOK_SECRET",
    "DOCWATCH_TELEGRAM_SECOND_TOKEN",
    "DOCWATCH_TELEGRAM_SECOND_WEBHOOK_SECRET",
}
"""Secrets of which whoever needs them says so."""


@pytest.mark.parametrize("name", KINDS)
def test_a_service_is_given_its_own_secrets(name: str) -> None:
    """A container's settings name the secrets of its service, and none of anybody else."""
    given = {one.removesuffix("_FILE") for one in COMPOSE["services"][name]["environment"]}

    assert given <= settings_of(name)
    assert secrets_of(KINDS[name]) - NOT_NEEDED <= given
    assert [] == not_needed(name, COMPOSE["services"][name]["environment"])


def pinned(folder: Path, answer: str) -> subprocess.CompletedProcess[str]:
    """Run the script that pins images, with an engine that knows one answer."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    engine = programs / "docker"
    engine.write_text(f"#!/bin/sh\n{answer}\n")
    engine.chmod(0o755)
    return subprocess.run(  # noqa: S603 - a script of the project
        ["/bin/sh", str(folder / "pin.sh")],
        env={"PATH": f"{programs}:{os.defpath}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def unpinned(tmp_path: Path) -> Path:
    """The files about images as they are before a registry was asked."""
    shutil.copy(DEPLOY / "pin.sh", tmp_path)
    lock = (DEPLOY / "images.lock").read_text("utf-8")
    (tmp_path / "images.lock").write_text(re.sub(r"sha256:[0-9a-f]{64}", "-", lock))
    return tmp_path


def test_images_are_pinned_once(unpinned: Path) -> None:
    """The registry is asked for what has no digest yet; afterwards another answer changes nothing."""
    digest, later = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
    first = pinned(unpinned, f"echo {digest}")
    lock = (unpinned / "images.lock").read_text()
    again = pinned(unpinned, f"echo {later}")
    settings = dict(line.split("=", 1) for line in (unpinned / ".env").read_text().splitlines())

    assert [0, 0] == [first.returncode, again.returncode], first.stderr + again.stderr
    assert {setting: f"{name}@{digest}" for setting, name, _ in IMAGES} == settings
    assert lock == (unpinned / "images.lock").read_text()
    assert lock.splitlines()[0].startswith("# The images of others")


@pytest.mark.parametrize("answer", ["echo unauthorized >&2; exit 1", "echo latest", "echo"])
def test_what_is_no_digest_pins_nothing(unpinned: Path, answer: str) -> None:
    """Where the registry gives no digest the script fails, and leaves everything as it was."""
    before = (unpinned / "images.lock").read_text()
    done = pinned(unpinned, answer)

    assert 1 == done.returncode
    assert "pin.sh: " in done.stderr
    assert before == (unpinned / "images.lock").read_text()
    assert {"images.lock", "pin.sh", "programs"} == {one.name for one in unpinned.iterdir()}


def test_no_image_runs_unpinned() -> None:
    """Compose takes every image from what the script wrote, and says so where it was not run."""
    wanted = {f"${{{setting}:?run deploy/pin.sh}}" for setting, _, _ in IMAGES}
    services = COMPOSE["services"].values()
    images = {one["image"] for one in services if "image" in one}
    bases = {one["build"]["args"]["PYTHON_IMAGE"] for one in services if "build" in one}

    assert wanted == images | bases
    assert 1 == len(bases)


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_takes_the_machine_along(name: str) -> None:
    """Each has an upper bound of memory."""
    assert re.fullmatch(r"[0-9]+[mg]", COMPOSE["services"][name]["mem_limit"])


def test_operators_are_answered_inside_only() -> None:
    """What is published to the machine is no port on which operators are answered."""
    published = [
        port
        for name in ("ingest", "tracker", "notifier")
        for port in COMPOSE["services"][name].get("ports", [])
    ]

    assert [] == [port for port in published if port.rpartition(":")[2] in ("9180", "9280", "9380")]
