"""What other programs read is looked at by those programs, where they are installed."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[3] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


def run(program: str, *arguments: str, folder: Path = DEPLOY) -> str:
    """Run a program of the system and return what it says; fail where it is not content."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run(  # noqa: S603 - a program of the system on files of the project
        [found, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("hadolint", "Dockerfile"),
        (
            "yamllint",
            "--strict",
            "--config-data",
            "{extends: relaxed, ignore: [helm/docwatch/templates/], rules: {line-length: disable}}",
            ".",
        ),
        ("promtool", "check", "config", "--syntax-only", "prometheus/prometheus.yml"),
        ("amtool", "check-config", "prometheus/alertmanager.yml"),
    ],
    ids=lambda command: command[0],
)
def test_a_file_can_be_read_by_its_program(command: Sequence[str]) -> None:
    """Each program finds no fault with the file that is written for it."""
    run(*command)


def test_compose_can_be_read(tmp_path: Path) -> None:
    """Compose resolves every reference, with the settings of the example."""
    folder = tmp_path / "deploy"
    shutil.copytree(DEPLOY, folder)
    shutil.copy(folder / "docwatch.env.example", folder / "docwatch.env")
    for one in (folder / "images.lock").read_text().splitlines():
        if not one.startswith("#"):
            setting, name, _ = one.split()
            with (folder / ".env").open("a") as settings:
                settings.write(f"{setting}={name}@sha256:{'a' * 64}\n")

    run("docker-compose", "--file", "compose.yaml", "config", "--quiet", folder=folder)


@pytest.mark.parametrize("severity", ["page", "ticket"])
def test_alerts_reach_their_readers(severity: str) -> None:
    """What wakes people and what can wait go to different receivers."""
    said = run(
        "amtool",
        "config",
        "routes",
        "test",
        "--config.file=prometheus/alertmanager.yml",
        f"severity={severity}",
    )

    assert {"page": "people", "ticket": "tickets"}[severity] in said.split()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_can_be_read(unit: Path, tmp_path: Path) -> None:
    """The manager knows every setting of the unit, and the program stands where the guide puts it."""
    text = unit.read_text("utf-8")
    program = "/opt/docwatch/bin/docwatch"
    assert f"ExecStart={program} " in text
    copy = tmp_path / unit.name
    copy.write_text(text.replace(program, "/bin/true"))

    said = run("systemd-analyze", "verify", "--man=no", str(copy))
    exposure = run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(copy))

    assert "" == said
    assert "OK" in exposure


def test_units_keep_each_other_out() -> None:
    """Each unit runs under an account of its own, made for it, with the same locks as the others."""
    told = [unit.read_text("utf-8").splitlines() for unit in UNITS]
    doors = [lines[lines.index("NoNewPrivileges=yes") : lines.index("UMask=0077")] for lines in told]

    assert all("DynamicUser=yes" in lines for lines in told)
    assert ["User=docwatch-provision", "User=docwatch-%i"] == [
        line for lines in told for line in lines if line.startswith("User=")
    ]
    assert doors[0] == doors[1]
