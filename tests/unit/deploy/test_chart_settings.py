"""What the chart tells each program is what the program can be told."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from cli.installation.settings import InstallationSettings
from deploy.helm.policies import Workload, settings_of, workloads
from deploy.helm.rendering import CASES, rendered_case
from deploy.helm.services import PAGE_PORT, SERVICES, Json
from runtime.settings import FROM_FILE, load_settings, variable

KEY = "5f" * 32
CONTENT = {
    "database_url": "postgresql://role:word@postgres/docwatch",
    "encryption_keys": f"1:{KEY}",
    "conversation_keys": f"2:{KEY}",
    "nats_url": "tls://login:word@nats:4222",
    "pepper": KEY,
    "receipt_key": KEY,
    "telegram_token": "123:token",
    "telegram_webhook_secret": "word",
    "vapid_key": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    "viber_token": "word",
    "smtp_url": "smtp://user:word@mx.agency.example",
    "smtp_password": "word",
    "imap_url": "imaps://user:word@mx.agency.example",
    "imap_password": "word",
    "bounce_secret": "word",
    "dkim_key": "word",
}
RENDERED = {name: workloads(rendered_case(case)) for name, case in CASES.items()}
NAMED = {one.name: one for one in SERVICES}
EACH = pytest.mark.parametrize(("case", "name"), [(case, name) for case in CASES for name in NAMED])


def of_part(case: str, part: str) -> Workload:
    """The only workload of a part."""
    (found,) = [one for one in RENDERED[case] if one.part == part]
    return found


def environment(pod: Workload) -> dict[str, str]:
    """What the pod's container finds in its environment."""
    return settings_of(pod.containers[0])


def mounted(pod: Workload) -> Iterator[str]:
    """Every file that the pod's volumes are sure to hold, by its whole path."""
    volumes: dict[str, Json] = {one["name"]: one for one in pod.spec["volumes"]}
    for mount in pod.containers[0]["volumeMounts"]:
        for item in volumes[mount["name"]].get("secret", {}).get("items", ()):
            yield f"{mount['mountPath']}/{item['path']}"


@EACH
def test_a_service_starts_with_what_it_is_told(
    case: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its settings can be read from the very environment and files of its pod, and know every name in it."""
    one = NAMED[name]
    pod = of_part(case, one.name)
    told = environment(pod)
    for path in mounted(pod):
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(CONTENT.get(file.name, ""))
    here = {key: f"{tmp_path}{value}" if key.endswith(FROM_FILE) else value for key, value in told.items()}
    monkeypatch.chdir(tmp_path)
    with patch.dict("os.environ", here, clear=True):
        settings = load_settings(one.kind)

    known = {variable(field) for field in one.kind.model_fields}
    (container,) = pod.containers
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert set() == {key.removesuffix(FROM_FILE) for key in told} - known
    assert "0.0.0.0" == settings.ops_host  # noqa: S104 - in a pod
    assert ports["ops"] == getattr(settings, one.spec.setting("ops_port"))
    assert ports.get("door") == (getattr(settings, one.spec.setting("port")) if "door" in ports else None)
    assert ports.get("page") == (getattr(settings, PAGE_PORT) if "page" in ports else None)
    assert ("0.0.0.0" if {"door", "page"} & set(ports) else "127.0.0.1") == settings.host  # noqa: S104 - in a pod


@EACH
def test_a_service_is_given_its_files(case: str, name: str) -> None:
    """Each file that a setting names is mounted, and nothing is mounted that no setting names."""
    one = NAMED[name]
    pod = of_part(case, one.name)
    told = environment(pod)
    named = {value for key, value in told.items() if key.endswith(FROM_FILE)}
    ca = {value for key, value in told.items() if key == "DOCWATCH_NATS_CA"}

    assert named | ca == {path for path in mounted(pod) if "/trust/database/" not in path}


@pytest.mark.parametrize("case", CASES)
def test_commands_know_what_they_are_told(case: str) -> None:
    """Provisioning and operators are told settings of the installation and passwords, and no other."""
    known = {variable(name) for name in InstallationSettings.model_fields} | {
        f"DOCWATCH_{one.name.upper()}_PASSWORD" for one in SERVICES
    }
    pods = [one for one in RENDERED[case] if one.part in {"operator", "provision"}]
    told = {name.removesuffix(FROM_FILE) for one in pods for name in environment(one)}

    assert 1 + len(SERVICES) == len(pods)
    assert set() == told - known


def test_provisioning_is_told_what_its_command_reads() -> None:
    """The job has both servers and a password for each role, each from a file that is there."""
    pod = of_part("default", "provision")
    files = {name: value for name, value in environment(pod).items() if name.endswith(FROM_FILE)}
    passwords = {f"DOCWATCH_{one.name.upper()}_PASSWORD_FILE" for one in SERVICES}

    assert {"DOCWATCH_NATS_URL_FILE", "DOCWATCH_PROVISION_DATABASE_URL_FILE", *passwords} == set(files)
    assert set(files.values()) == set(mounted(pod))


@pytest.mark.parametrize("database", [one.name for one in SERVICES])
def test_an_operator_works_with_one_database(database: str) -> None:
    """Each operator's pod has the database of one service, from that service's Secret."""
    name = f"Deployment/docwatch-operator-{database}"
    (pod,) = [one for one in RENDERED["default"] if one.name == name]
    volumes = {one["name"]: one for one in pod.spec["volumes"]}
    folder = environment(pod)["DOCWATCH_DATABASE_URL_FILE"].removesuffix("/database_url")
    (mount,) = [one for one in pod.containers[0]["volumeMounts"] if one["mountPath"] == folder]

    assert f"docwatch-{database}" == volumes[mount["name"]]["secret"]["secretName"]
    assert 0 == pod.owner["spec"]["replicas"]
