"""What must hold of every object that the chart renders, beside being what Kubernetes knows.

Pods: the *restricted* level of the Pod Security Standards, nothing to write but memory, bounded, told apart,
stopped in time. Secrets: as files, only those that are needed. Network: shut, then opened line by line.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_network
from typing import NamedTuple

from deploy.helm.services import SERVICES, Json, secrets

STOPS_BY_ITSELF = 18
"""Seconds that a stopping service may take beside its grace: 5 of waiting, 3 for its HTTP server, 8 to leave
NATS, and some for the process itself."""

READINESS_CHECK = 2
"""Seconds after which a service gives up on what it looks at."""


class Workload(NamedTuple):
    """A pod that the chart asks for, and what asks for it."""

    name: str
    owner: Json
    spec: Json

    @property
    def containers(self) -> list[Json]:
        """All its containers."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]

    @property
    def part(self) -> str:
        """What the pod is for."""
        found: str = self.owner["metadata"]["labels"]["app.kubernetes.io/component"]
        return found


Policy = Callable[[Sequence[Json]], Iterator[str]]


def workloads(objects: Sequence[Json]) -> list[Workload]:
    """Return every pod that the objects ask for."""
    return [
        Workload(f"{one['kind']}/{one['metadata']['name']}", one, one["spec"]["template"]["spec"])
        for one in objects
        if one["kind"] in {"Deployment", "Job", "StatefulSet", "DaemonSet"}
    ]


def settings_of(container: Json) -> dict[str, str]:
    """Return what a container finds in its environment, as far as the chart says it."""
    return {one["name"]: one["value"] for one in container["env"] if "value" in one}


def problems(objects: Sequence[Json]) -> list[str]:
    """Return a sentence for each thing that must not be so."""
    return [sentence for policy in POLICIES for sentence in policy(objects)]


def restricted(objects: Sequence[Json]) -> Iterator[str]:
    """The restricted level: no root, no privileges, no host, the runtime's seccomp profile, few volumes."""
    for one in workloads(objects):
        pod = one.spec.get("securityContext", {})
        if pod.get("runAsNonRoot") is not True or not pod.get("runAsUser"):
            yield f"{one.name} may be root"
        if pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{one.name} has no seccomp profile"
        if any(one.spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")):
            yield f"{one.name} shares something of its node"
        kinds = {key for volume in one.spec.get("volumes", ()) for key in volume if key != "name"}
        if unknown := kinds - {"configMap", "emptyDir", "projected", "secret"}:
            yield f"{one.name} has volumes of kind {', '.join(sorted(unknown))}"
        for container in one.containers:
            context = container.get("securityContext", {})
            if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
                yield f"{one.name} may become more than it is"
            if context.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{one.name} keeps capabilities"
            if context.get("readOnlyRootFilesystem") is not True:
                yield f"{one.name} may write to its image"


def alone(objects: Sequence[Json]) -> Iterator[str]:
    """No pod speaks with the cluster's API, nor is told of other services by its environment."""
    for one in workloads(objects):
        if one.spec.get("automountServiceAccountToken") is not False:
            yield f"{one.name} is given a token of the cluster"
        if one.spec.get("enableServiceLinks") is not False:
            yield f"{one.name} is told of every service by its environment"


def bounded(objects: Sequence[Json]) -> Iterator[str]:
    """Every container asks for what it needs and can take no more than it may, files in memory too."""
    for one in workloads(objects):
        for container in one.containers:
            resources = container.get("resources", {})
            for kind in ("requests", "limits"):
                if {"cpu", "memory"} - resources.get(kind, {}).keys():
                    yield f"{one.name} has no {kind}"
        for volume in one.spec.get("volumes", ()):
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                yield f"{one.name} may fill {volume['name']}"


def named(objects: Sequence[Json]) -> Iterator[str]:
    """Every image says its version or digest."""
    for one in workloads(objects):
        for container in one.containers:
            if not re.search(r"(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$", container["image"]):
                yield f"{one.name} runs whatever {container['image']} is"


def secretive(objects: Sequence[Json]) -> Iterator[str]:
    """The chart holds no secret, none is in an environment, a service is given those that it needs."""
    yield from (f"{one['metadata']['name']} is a Secret" for one in objects if one["kind"] == "Secret")
    needs = {one.name: {*secrets(one)[0], *secrets(one)[1]} for one in SERVICES}
    for one in workloads(objects):
        for container in one.containers:
            if container.get("envFrom") or any("valueFrom" in env for env in container.get("env", ())):
                yield f"{one.name} has secrets in its environment"
        if one.part not in needs:
            continue
        for volume in one.spec["volumes"]:
            if "secret" in volume and volume["name"] == "secrets":
                given = {item["key"] for item in volume["secret"].get("items", ())}
                if not given or given - needs[one.part]:
                    yield f"{one.name} is given more than it needs"


def watched(objects: Sequence[Json]) -> Iterator[str]:
    """A service is restarted for its own sake alone, gets no work before it is ready, and ends in time."""
    for one in workloads(objects):
        if one.part not in {service.name for service in SERVICES}:
            continue
        (container,) = one.containers
        paths = {
            kind: container[f"{kind}Probe"]["httpGet"]["path"]
            for kind in ("liveness", "readiness", "startup")
        }
        if paths != {"liveness": "/healthz", "readiness": "/readyz", "startup": "/healthz"}:
            yield f"{one.name} is looked at in the wrong place: {paths}"
        if container["readinessProbe"]["timeoutSeconds"] <= READINESS_CHECK:
            yield f"{one.name} is given up on before it answers"
        told = settings_of(container)
        if one.spec["terminationGracePeriodSeconds"] < float(told["DOCWATCH_STOP_GRACE"]) + STOPS_BY_ITSELF:
            yield f"{one.name} is killed before its grace is over"


def shut(objects: Sequence[Json]) -> Iterator[str]:
    """Each pod is chosen by a policy for both ways, and no line opens everything."""
    policies = [one for one in objects if one["kind"] == "NetworkPolicy"]
    for one in workloads(objects):
        labels = one.owner["spec"]["template"]["metadata"]["labels"].items()
        chosen = [
            policy
            for policy in policies
            if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels
            and {"Ingress", "Egress"} == set(policy["spec"]["policyTypes"])
        ]
        if not chosen:
            yield f"{one.name} is open to everything"
    for policy in policies:
        for way, peers in (("ingress", "from"), ("egress", "to")):
            for line in policy["spec"].get(way, ()):
                if not line.get(peers) or not line.get("ports"):
                    yield f"{policy['metadata']['name']} opens {way} to everybody or everything"
                yield from _blocks(policy["metadata"]["name"], line.get(peers, ()))


def _blocks(name: str, peers: Sequence[Json]) -> Iterator[str]:
    """Yield what the API server would refuse: an exception that is no part of its block."""
    for block in (one["ipBlock"] for one in peers if "ipBlock" in one):
        whole = ip_network(block["cidr"])
        for part in map(ip_network, block.get("except", ())):
            mapped = getattr(part.network_address, "ipv4_mapped", None)
            if mapped is not None or part.version != whole.version or part.prefixlen <= whole.prefixlen:
                yield f"{name}: {part} is no part of {whole}"


def doors(objects: Sequence[Json]) -> Iterator[str]:
    """People outside reach the public paths by TLS, and no service is open to them in another way."""
    public = {path for one in SERVICES if one.door is not None for path in one.door.paths}
    public |= {path for one in SERVICES for path in one.page}
    for one in objects:
        name = f"{one['kind']}/{one['metadata']['name']}"
        if one["kind"] == "Service" and one["spec"].get("type", "ClusterIP") != "ClusterIP":
            yield f"{name} is open to the outside"
        if one["kind"] == "Ingress":
            hosts = {rule["host"] for rule in one["spec"]["rules"]}
            if hosts != {
                host for tls in one["spec"].get("tls", ()) if tls.get("secretName") for host in tls["hosts"]
            }:
                yield f"{name} speaks in plain text"
            paths = {path["path"] for rule in one["spec"]["rules"] for path in rule["http"]["paths"]}
            if paths - public:
                yield f"{name} lets in {', '.join(sorted(paths - public))}"
        if one["kind"] == "HTTPRoute":
            paths = {match["path"]["value"] for rule in one["spec"]["rules"] for match in rule["matches"]}
            if paths - public:
                yield f"{name} lets in {', '.join(sorted(paths - public))}"


def durable(objects: Sequence[Json]) -> Iterator[str]:
    """A commit of PostgreSQL outlives the loss of its primary, and connections are enough for all pods."""
    for one in objects:
        if one["kind"] != "Cluster" or one["apiVersion"] != "postgresql.cnpg.io/v1":
            continue
        wanted = {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True}
        if one["spec"]["instances"] > 1 and one["spec"]["postgresql"].get("synchronous") != wanted:
            yield "PostgreSQL may lose what it has acknowledged"
        connections = int(one["spec"]["postgresql"]["parameters"]["max_connections"])
        if (most := _connections(objects)) > connections:
            yield f"PostgreSQL has {connections} connections, and the pods may want {most}"


def _connections(objects: Sequence[Json]) -> int:
    """Return how many connections all pods may want: a pool each, some beside, one pod more as it rolls."""
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["maxReplicas"]
        for one in objects
        if one["kind"] == "HorizontalPodAutoscaler"
    }
    beside, superusers_and_operators = 2, 15
    total = superusers_and_operators
    for one in workloads(objects):
        if one.part in {service.name for service in SERVICES}:
            told = settings_of(one.containers[0])
            pods = scaled.get(one.owner["metadata"]["name"]) or one.owner["spec"]["replicas"]
            total += (pods + 1) * (int(told.get("DOCWATCH_DATABASE_POOL", "8")) + beside)
    return total


POLICIES: Sequence[Policy] = (
    restricted,
    alone,
    bounded,
    named,
    secretive,
    watched,
    shut,
    doors,
    durable,
)
