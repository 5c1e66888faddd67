"""Looks at the chart as far as that goes without a cluster: `python -m deploy.helm.check`.

Helm's own lint and the schema of values; every object of every case against the strict schemas of Kubernetes
or of the custom resource's own definition; then the policies.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import helm_python
from jsonschema_rs import Draft202012Validator

from deploy.helm.policies import problems
from deploy.helm.rendering import CASES, CHART, SECRETS, rendered_case
from deploy.helm.services import Json

KUBERNETES = ("1.30", "1.34", "1.37")
"""The oldest that the chart is for, one between, and the newest whose schemas there are."""

RESOURCES = Path(__file__).parent / "resources"
EXPECTED_LINT = {
    "icon is recommended": "there is none",
    "chart directory is missing these dependencies: nats,cloudnative-pg": "`helm dependency update` has them",
}
"""What Helm's lint may say, and why that is so."""


def main() -> int:
    """Print everything that is wrong; return the exit status."""
    found = list(findings())
    for one in found:
        sys.stderr.write(f"{one}\n")
    return 1 if found else 0


def findings() -> Iterator[str]:
    """Yield a sentence for each thing that is wrong, with the case in which it is."""
    yield from lint()
    for name, case in CASES.items():
        objects = rendered_case(case)
        yield from (f"{name}: {one}" for one in (*unfit(objects), *problems(objects)))


def lint() -> Iterator[str]:
    """Yield what Helm itself finds, except what is expected."""
    for version in KUBERNETES:
        report = helm_python.lint(CHART, SECRETS, strict=True, kube_version=f"v{version}.0")
        for one in report["messages"]:
            if one["error"] not in EXPECTED_LINT:
                yield f"helm lint, Kubernetes {version}: {one['path']}: {one['error']}"


def unfit(objects: Sequence[Json]) -> Iterator[str]:
    """Yield where an object is not what its schema says; all fields must be known."""
    for one in objects:
        for version in KUBERNETES if _is_built_in(one) else (None,):
            for error in _validator(one["apiVersion"], one["kind"], version).iter_errors(one):
                place = "/".join(map(str, error.instance_path))
                known = f" of Kubernetes {version}" if version else ""
                yield f"{one['kind']}/{one['metadata']['name']}{known}: {place}: {error.message}"


def _is_built_in(one: Json) -> bool:
    group = one["apiVersion"].rpartition("/")[0]
    return group in {"", "apps", "batch", "autoscaling", "policy", "networking.k8s.io"}


@cache
def _validator(api_version: str, kind: str, version: str | None) -> Draft202012Validator:
    group, _, number = api_version.rpartition("/")
    if version is None:
        text = (RESOURCES / f"{kind.lower()}-{group}-{number}.json").read_text("utf-8")
        return Draft202012Validator(json.loads(text))
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], number)))
    text = _strict(version, name).replace("/api/_definitions.json#/", "#/")
    return Draft202012Validator({**json.loads(text), "$defs": _definitions(version)["$defs"]})


@cache
def _definitions(version: str) -> Json:
    found: Json = json.loads(_strict(version, "_definitions"))
    return found


def _strict(version: str, name: str) -> str:
    """Return one of the schemas that kubernetes-validate brings, in which no unknown field is let through."""
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    return (folder / f"{name}.json").read_text("utf-8")


if __name__ == "__main__":
    sys.exit(main())
