"""The chart is fit, and what looks at it finds what is not."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from deploy.helm import check, policies
from deploy.helm.generate import inputs
from deploy.helm.rendering import CASES, GOLDEN, golden_files, rendered_case
from deploy.helm.services import Json

NATION = rendered_case(CASES["nation"])
REGION = rendered_case(CASES["region"])


def found(objects: list[Json], kind: str, name: str) -> Any:  # noqa: ANN401 - an object of Kubernetes
    """The only object of this kind and name."""
    (one,) = [one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name]
    return one


def pod(objects: list[Json], service: str = "ingest") -> Any:  # noqa: ANN401 - an object of Kubernetes
    """The pod of a service."""
    return found(objects, "Deployment", f"docwatch-{service}")["spec"]["template"]["spec"]


def set_at(*path: str | int, to: object) -> Callable[[Any], None]:
    """Return what sets one place of an object."""

    def change(one: Any) -> None:  # noqa: ANN401 - an object of Kubernetes
        for step in path[:-1]:
            one = one[step]
        one[path[-1]] = to

    return change


def of_pod(*path: str | int, to: object) -> Callable[[list[Json]], None]:
    """Return what sets one place of ingest's pod."""
    return lambda objects: set_at(*path, to=to)(pod(objects))


def of_container(*path: str | int, to: object) -> Callable[[list[Json]], None]:
    """Return what sets one place of ingest's container."""
    return of_pod("containers", 0, *path, to=to)


def of_object(kind: str, name: str, *path: str | int, to: object) -> Callable[[list[Json]], None]:
    """Return what sets one place of an object."""
    return lambda objects: set_at(*path, to=to)(found(objects, kind, name))


BREAKS: dict[str, tuple[Callable[[list[Json]], None], str]] = {
    "root": (of_pod("securityContext", "runAsNonRoot", to=False), "may be root"),
    "seccomp": (of_pod("securityContext", "seccompProfile", "type", to="Unconfined"), "no seccomp profile"),
    "host": (of_pod("hostNetwork", to=True), "shares something of its node"),
    "path of the host": (
        of_pod("volumes", 0, to={"name": "secrets", "hostPath": {"path": "/"}}),
        "kind hostPath",
    ),
    "privileges": (of_container("securityContext", "allowPrivilegeEscalation", to=True), "more than it is"),
    "capabilities": (of_container("securityContext", "capabilities", to={}), "keeps capabilities"),
    "its image": (
        of_container("securityContext", "readOnlyRootFilesystem", to=False),
        "may write to its image",
    ),
    "token": (of_pod("automountServiceAccountToken", to=True), "given a token"),
    "links": (of_pod("enableServiceLinks", to=True), "told of every service"),
    "limits": (of_container("resources", "limits", to={"cpu": "1"}), "has no limits"),
    "memory": (of_pod("volumes", 2, "emptyDir", to={}), "may fill tmp"),
    "image": (of_container("image", to="docwatch-ingest:latest"), "runs whatever"),
    "a secret in the environment": (
        of_container("env", 0, to={"name": "A", "valueFrom": {}}),
        "in its environment",
    ),
    "a whole Secret": (of_pod("volumes", 0, "secret", "items", to=[]), "more than it needs"),
    "another's secret": (
        of_pod("volumes", 0, "secret", "items", 0, "key", to="telegram_token"),
        "more than it needs",
    ),
    "liveness": (of_container("livenessProbe", "httpGet", "path", to="/readyz"), "in the wrong place"),
    "patience": (of_container("readinessProbe", "timeoutSeconds", to=2), "given up on"),
    "grace": (of_pod("terminationGracePeriodSeconds", to=27), "killed before its grace"),
    "open line": (
        of_object("NetworkPolicy", "docwatch-ingest", "spec", "ingress", 0, "from", to=[]),
        "opens ingress to everybody",
    ),
    "block": (
        of_object(
            *("NetworkPolicy", "docwatch-ingest", "spec", "egress", -1, "to", 1, "ipBlock", "except", 0),
            to="::ffff:0:0/96",
        ),
        "is no part of",
    ),
    "load balancer": (
        of_object("Service", "docwatch-ingest", "spec", "type", to="LoadBalancer"),
        "to the outside",
    ),
    "operators' paths": (
        of_object(
            *("HTTPRoute", "docwatch-ingest", "spec", "rules", 0, "matches", 0, "path", "value"),
            to="/metrics",
        ),
        "lets in /metrics",
    ),
    "commits": (
        of_object(
            *("Cluster", "docwatch-postgres", "spec", "postgresql", "synchronous", "dataDurability"),
            to="preferred",
        ),
        "may lose",
    ),
    "connections": (
        of_object(
            "Cluster", "docwatch-postgres", "spec", "postgresql", "parameters", "max_connections", to="100"
        ),
        "100 connections",
    ),
}


def test_the_chart_is_fit() -> None:
    """Lint, schemas and policies find nothing in any case."""
    assert [] == list(check.findings())


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_policy_is_found(name: str) -> None:
    """Each thing that operators expect is missed where it is not there."""
    broken, sentence = BREAKS[name]
    objects = deepcopy(NATION)
    broken(objects)

    problems = policies.problems(objects)
    assert [] != problems
    assert all(sentence in one for one in problems)


def test_a_pod_without_policies_is_found() -> None:
    """Without the policies every pod is named."""
    objects = [one for one in NATION if one["kind"] != "NetworkPolicy"]

    assert len(policies.workloads(objects)) == len(policies.problems(objects))


def test_a_door_in_plain_text_is_found() -> None:
    """An Ingress without a certificate is named."""
    objects = deepcopy(REGION)
    found(objects, "Ingress", "docwatch-ingest")["spec"]["tls"] = []

    assert ["Ingress/docwatch-ingest speaks in plain text"] == policies.problems(objects)


@pytest.mark.parametrize(
    ("kind", "name", "times"),
    [
        ("Deployment", "docwatch-ingest", len(check.KUBERNETES)),
        ("NetworkPolicy", "docwatch-nothing", len(check.KUBERNETES)),
        ("Cluster", "docwatch-postgres", 1),
        ("ScheduledBackup", "docwatch-postgres", 1),
        ("PodMonitor", "docwatch", 1),
        ("PrometheusRule", "docwatch", 1),
        ("HTTPRoute", "docwatch-ingest", 1),
    ],
)
def test_an_unknown_field_is_found(kind: str, name: str, times: int) -> None:
    """A field that Kubernetes or the custom resource does not know is named, in every version."""
    one = deepcopy(found(NATION, kind, name))
    one["spec"]["nobodyKnows"] = 2

    unfit = list(check.unfit([one]))
    assert times == len(unfit)
    assert all("'nobodyKnows'" in sentence for sentence in unfit)


def test_the_files_are_what_the_code_says() -> None:
    """What was changed in one place alone is found: copies, schema, tables and renders."""
    wanted: dict[Path, str] = {**dict(inputs()), **golden_files()}

    assert [] == [path.name for path, text in wanted.items() if path.read_text("utf-8") != text]
    assert {path for path in wanted if path.parent == GOLDEN} == {*GOLDEN.glob("*.yaml")}
