"""What an operator says in the values, and what comes of it."""

import shutil
import subprocess
from pathlib import Path

import helm_python
import pytest
import yaml

from contracts.services import SERVICES
from deploy.helm.rendering import CASES, CHART, SECRETS, merged, notes, rendered, rendered_case, values_of
from deploy.helm.services import Json

MISSING = """\
5 values are missing (README.md says how to make the Secrets):
- services.desk.existingSecret: a Secret with the keys database_url, nats_url
- services.ingest.existingSecret: a Secret with the keys database_url, nats_url, pepper, receipt_key
- services.notifier.existingSecret: a Secret with the keys database_url, encryption_keys, nats_url, \
telegram_token
- services.tracker.existingSecret: a Secret with the keys database_url, nats_url, receipt_key
- provision.existingSecret: a Secret with the keys nats_url, provision_database_url, desk_password, \
ingest_password, notifier_password, tracker_password"""


def with_secrets(**values: Json) -> Json:
    """All that must be said, and these values."""
    return merged(SECRETS, values)


def names(objects: list[Json], kind: str) -> set[str]:
    """The names of all objects of a kind."""
    return {one["metadata"]["name"] for one in objects if one["kind"] == kind}


def job(objects: list[Json]) -> Json:
    """The job that provisions."""
    (found,) = [one for one in objects if one["kind"] == "Job"]
    return found


def test_what_is_missing_is_said_at_once() -> None:
    """Without values the chart names every Secret that it needs, with its keys, and nothing else."""
    with pytest.raises(helm_python.HelmError) as caught:
        rendered({})

    assert str(caught.value).endswith(MISSING)


@pytest.mark.parametrize("upgrade", [False, True])
def test_nothing_but_secrets_is_needed(*, upgrade: bool) -> None:
    """With the Secrets named all else has a default, at an installation as at an upgrade."""
    assert {"docwatch-ingest", "docwatch-notifier", "docwatch-tracker"} <= names(
        rendered(SECRETS, upgrade=upgrade), "Deployment"
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"service": {}}, "service"),
        ({"services": {"ingest": {"settings": {"KEY_RAET": 5}}}}, "KEY_RAET"),
        ({"services": {"ingest": {"settings": {"PEPPER": "5f5f"}}}}, "PEPPER"),
        ({"services": {"ingest": {"settings": {"OUTCOME_DAYS": 7}}}}, "OUTCOME_DAYS"),
        ({"services": {"ingest": {"settings": {"HOST": "127.0.0.1"}}}}, "HOST"),
        ({"services": {"notifier": {"optionalSecrets": ["pepper"]}}}, "optionalSecrets"),
        ({"services": {"tracker": {"autoscaling": {"enabled": True}}}}, "autoscaling"),
        ({"settings": {"KEY_RATE": 5}}, "KEY_RATE"),
        ({"services": {"ingest": {"digest": "sha256:abc"}}}, "digest"),
        ({"doors": {"kind": "nodeport"}}, "doors/kind"),
        ({"provision": {"replicas": 6}}, "provision/replicas"),
        ({"postgres": {"storage": {"size": "10 GB"}}}, "storage/size"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_value_that_nobody_knows_is_refused(values: Json, said: str) -> None:
    """A misspelt value, a setting of another service and one out of its bounds are named."""
    with pytest.raises(helm_python.HelmValuesError, match=said):
        rendered(with_secrets(**values))


def test_provisioning_comes_before_everything() -> None:
    """Where the servers are there already, it is a hook before the installation and before each upgrade."""
    for upgrade in (False, True):
        annotations = job(rendered(SECRETS, upgrade=upgrade))["metadata"]["annotations"]

        assert "pre-install,pre-upgrade" == annotations["helm.sh/hook"]


@pytest.mark.parametrize("server", ["nats", "postgres"])
def test_provisioning_beside_new_servers_waits_for_nobody(server: str) -> None:
    """Where a server comes along, a hook at the installation would wait forever: it is a plain job then."""
    along = with_secrets(
        **{server: {"enabled": True, **({"existingSecret": "a"} if server == "postgres" else {})}}
    )

    assert "annotations" not in job(rendered(along))["metadata"]
    assert "annotations" in job(rendered(along, upgrade=True))["metadata"]


def test_a_bot_that_asks_has_no_door() -> None:
    """Without an outer name the notifier listens for operators alone, and is told no address."""
    objects = rendered(with_secrets(doors={"kind": "ingress"}))

    assert {"docwatch-ingest"} == {one for one in names(objects, "Service") if not one.endswith("-ops")}
    assert set() == names(objects, "Ingress")
    assert "TELEGRAM_WEBHOOK_URL" not in yaml.safe_dump(objects)


def test_a_bot_that_is_told_has_one() -> None:
    """With an outer name there is a door, a certificate for it, and the messenger is told the address."""
    objects = rendered_case(CASES["region"])
    (door,) = [
        one for one in objects if one["kind"] == "Ingress" and one["metadata"]["name"] == "docwatch-notifier"
    ]

    assert [{"hosts": ["bot.example"], "secretName": "bot-tls"}] == door["spec"]["tls"]
    assert "value: https://bot.example" in yaml.safe_dump(objects)


@pytest.mark.parametrize("case", ["region", "nation"])
def test_receipts_lead_to_a_page_of_their_own_name(case: str) -> None:
    """With an outer name the page is served there and nothing else is, and all are told the address."""
    objects = rendered_case(CASES[case])
    (door,) = [one for one in objects if one["metadata"]["name"] == "docwatch-notifier-page"]
    told = [
        {one["name"]: one.get("value") for one in container.get("env", ())}.get("DOCWATCH_PUBLIC_URL")
        for made in objects
        if made["kind"] == "Deployment"
        for container in made["spec"]["template"]["spec"]["containers"]
    ]

    said = yaml.safe_dump(door["spec"])
    assert "docs.example" in said
    assert "/r/" in said
    assert "/telegram/" not in said
    assert {"https://docs.example", None} == set(told)
    assert 2 == told.count(None)  # the tracker and the desk


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"page": {"host": "docs.example"}, "doors": {"kind": "ingress"}},
            "page.existingSecret: a Secret of type kubernetes.io/tls for docs.example",
        ),
        ({"page": {"host": "docs.example"}}, "doors.kind: without a door nobody comes to page.host"),
        (
            {"doors": {"kind": "ingress"}, "services": {"ingest": {"door": {"host": "api.example"}}}},
            "services.ingest.door.existingSecret: a Secret of type kubernetes.io/tls for api.example",
        ),
        ({"doors": {"kind": "gateway"}}, "doors.gateway.parentRefs: the Gateway's listener with TLS"),
        (
            {"postgres": {"enabled": True}},
            "postgres.existingSecret: a Secret of type kubernetes.io/basic-auth",
        ),
    ],
    ids=["page's certificate", "page's door", "ingress", "gateway", "postgres"],
)
def test_what_a_choice_needs_is_said(values: Json, said: str) -> None:
    """A door without TLS, or a database without its owner, is refused with what to do."""
    with pytest.raises(helm_python.HelmError, match="1 values are missing") as caught:
        rendered(with_secrets(**values))

    assert said in str(caught.value)


def test_notes_name_the_doors_and_what_is_not_safe() -> None:
    """After the installation an operator reads where people come in, and what must not stay as it is."""
    unsafe = notes(with_secrets(postgres={"enabled": True, "existingSecret": "owner"}))
    safe = notes(values_of(CASES["region"]))

    assert "SAMPLE agency" in unsafe
    assert "NO BACKUP" in unsafe
    assert "inside the cluster only, http://docwatch-ingest:8080" in unsafe
    assert "ingest: https://api.example/v1/" in safe
    assert "notifier: https://bot.example/telegram/" in safe
    assert "SAMPLE" not in safe


def test_settings_reach_the_service_as_they_were_said() -> None:
    """Large numbers, false and text arrive as settings read them; a service's own goes before all's."""
    objects = rendered(
        with_secrets(
            settings={"LOG_LEVEL": "INFO"},
            services={
                "ingest": {"settings": {"KEY_RATE": 2_000_000, "LOG_LEVEL": "DEBUG"}},
                "notifier": {"settings": {"QUIET_HOURS": False}},
            },
        )
    )
    told = {
        (one["metadata"]["name"], env["name"]): env["value"]
        for one in objects
        if one["kind"] == "Deployment"
        for env in one["spec"]["template"]["spec"]["containers"][0]["env"]
    }

    assert "2000000" == told["docwatch-ingest", "DOCWATCH_KEY_RATE"]
    assert "DEBUG" == told["docwatch-ingest", "DOCWATCH_LOG_LEVEL"]
    assert "INFO" == told["docwatch-tracker", "DOCWATCH_LOG_LEVEL"]
    assert "false" == told["docwatch-notifier", "DOCWATCH_QUIET_HOURS"]


def test_alerts_tell_of_a_service_that_is_gone() -> None:
    """Beside every rule of deploy/prometheus there is one for each service that has no pod at all."""
    (rule,) = [one for one in rendered_case(CASES["region"]) if one["kind"] == "PrometheusRule"]
    files = (CHART.parents[1] / "prometheus" / "rules").glob("*.yml")
    wanted = {one["name"] for file in files for one in yaml.safe_load(file.read_text())["groups"]}
    groups = {one["name"]: one["rules"] for one in rule["spec"]["groups"]}

    assert wanted | {"docwatch-kubernetes"} == set(groups)
    assert set(SERVICES) == {one["labels"]["service"] for one in groups["docwatch-kubernetes"]}
    assert {"docs/operations.md#servicedown"} == {
        one["annotations"]["runbook"] for one in groups["docwatch-kubernetes"]
    }


def test_a_service_without_pods_is_told(tmp_path: Path) -> None:
    """Prometheus takes the rules, and tells of the service that no pod answers for, not of the others."""
    program = shutil.which("promtool")
    if program is None:
        pytest.fail("promtool is needed: apt-get install prometheus")
    (rule,) = [one for one in rendered_case(CASES["region"]) if one["kind"] == "PrometheusRule"]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": rule["spec"]["groups"]}))
    series = [
        {
            "series": f'up{{job="docwatch", service="{name}", instance="{name}-{value}"}}',
            "values": f"{value}x10",
        }
        for name, value in (("ingest", 1), ("notifier", 1), ("notifier", 0), ("desk", 1))
    ]
    absent = {
        "exp_labels": {"severity": "page", "service": "tracker"},
        "exp_annotations": {"summary": "No tracker answers", "runbook": "docs/operations.md#servicedown"},
    }
    down = {
        "exp_labels": {
            "severity": "page",
            "service": "notifier",
            "job": "docwatch",
            "instance": "notifier-0",
        },
        "exp_annotations": {
            "summary": "notifier-0 does not answer",
            "runbook": "docs/operations.md#servicedown",
        },
    }
    case = {
        "interval": "1m",
        "input_series": series,
        "alert_rule_test": [{"alertname": "ServiceDown", "eval_time": "5m", "exp_alerts": [absent, down]}],
    }
    (tmp_path / "case.yml").write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [case]}))

    done = subprocess.run(  # noqa: S603 - a program of the system on files of the test
        [program, "test", "rules", str(tmp_path / "case.yml")], capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def test_dashboards_read_from_the_cluster_s_own_source() -> None:
    """Each dashboard names the data source that the operator's Grafana has."""
    objects = rendered(with_secrets(monitoring={"dashboards": {"enabled": True, "datasource": "thanos"}}))
    boards = [
        text
        for one in objects
        if one["kind"] == "ConfigMap"
        for name, text in one["data"].items()
        if name.endswith(".json")
    ]

    assert len(list((CHART.parents[1] / "grafana" / "dashboards").glob("*.json"))) == len(boards)
    assert all('"uid": "thanos"' in one and "docwatch-prometheus" not in one for one in boards)


def test_another_service_is_an_entry(tmp_path: Path) -> None:
    """A service that table and values name has all that the others have, without a line of template."""
    chart = tmp_path / "docwatch"
    shutil.copytree(CHART, chart)
    (chart / "values.schema.json").unlink()
    table = yaml.safe_load((chart / "files" / "services.yaml").read_text())
    table["desk"] = {**table["tracker"], "opsPort": 9480, "opsPortSetting": "DOCWATCH_DESK_OPS_PORT"}
    (chart / "files" / "services.yaml").write_text(yaml.safe_dump(table))
    values = yaml.safe_load((chart / "values.yaml").read_text())
    values["services"]["desk"] = values["services"]["tracker"]
    (chart / "values.yaml").write_text(yaml.safe_dump(values))

    objects = rendered(with_secrets(services={"desk": {"existingSecret": "desk"}}), chart=chart)

    def of(service: str) -> list[str]:
        found = [f"{one['kind']} {one['metadata']['name']}" for one in objects]
        return sorted(one.replace(f"docwatch-{service}", "") for one in found if f"docwatch-{service}" in one)

    assert of("tracker") == of("desk")
    assert "docwatch-operator-desk" in names(objects, "Deployment")
    assert "DOCWATCH_DESK_PASSWORD_FILE" in yaml.safe_dump(job(objects))
