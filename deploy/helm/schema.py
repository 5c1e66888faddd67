"""The JSON Schema of the chart's values: types from `values.yaml`, bounds from the settings."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from deploy.helm.services import SERVICES, Json, choices, secrets

FREE = frozenset(
    {"affinity", "annotations", "labels", "nodeSelector", "parameters", "podAnnotations", "resources"}
)
"""Keys below which the names are not ours."""

_TEXTS = ("annotations", "labels", "nodeSelector", "parameters", "podAnnotations")
_SPREAD: Json = {"enum": ["ScheduleAnyway", "DoNotSchedule"]}
# Values of other charts, of which only the switch is ours.
_OTHERS: Json = {"type": "object", "properties": {"enabled": {"type": "boolean"}}}
_WHOLE: Mapping[str, Json] = {
    "nats": _OTHERS,
    "cloudnative-pg": _OTHERS,
    "doors.kind": {"enum": ["none", "ingress", "gateway"]},
    "doors.gateway.parentRefs": {
        "type": "array",
        "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    },
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "networkPolicy.worldPorts": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 65535},
    },
    "postgres.antiAffinity.type": {"enum": ["required", "preferred"]},
    "provision.replicas": {"oneOf": [{"const": ""}, {"type": "integer", "minimum": 1, "maximum": 5}]},
    "topologySpread.nodes": _SPREAD,
    "topologySpread.zones": _SPREAD,
}
_BY_NAME: Mapping[str, Json] = {
    "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "host": {
        "type": "string",
        "pattern": "^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)?$",
    },
    "pullSecrets": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    "minReplicas": {"type": "integer", "minimum": 1},
    "instances": {"type": "integer", "minimum": 1},
    "replicas": {"type": "integer", "minimum": 0},
    "size": {"type": "string", "pattern": "^([0-9]+(Ki|Mi|Gi|Ti))?$"},
    "stopGrace": {"type": "integer", "minimum": 1},
}


_TYPES: Mapping[type, Json] = {
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 0},
    str: {"type": "string"},
    list: {"type": "array", "items": {"type": "object"}},
}


def schema(values: Json) -> Json:
    """Return the schema that holds for values of the form of these."""
    made = _of(values, "")
    # Helm gives every chart `global` where one chart contains another.
    made["properties"]["global"] = {"type": "object"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of Docwatch's chart",
        **made,
    }


def _of(value: object, path: str) -> Json:
    name = path.rpartition(".")[2]
    known = _settings(path) or _WHOLE.get(path) or _BY_NAME.get(name)
    if known is not None:
        return known
    if name in FREE:
        return {"type": "object", **({"additionalProperties": {"type": "string"}} if name in _TEXTS else {})}
    if isinstance(value, dict):
        return _map({key: _of(one, f"{path}.{key}".lstrip(".")) for key, one in value.items()})
    return _TYPES[type(value)]


def _settings(path: str) -> Json | None:
    """Return the schema of a map of settings, of which the services are asked."""
    by_service = {one.name: one for one in SERVICES}
    match path.split("."):
        case ["settings"]:
            return _map(_common(*(choices(one) for one in SERVICES)))
        case ["operators", "settings"]:
            return {"type": "object", "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"}}
        case ["services", name, "settings"]:
            return _map(choices(by_service[name]))
        case ["services", name, "optionalSecrets"]:
            return {"type": "array", "uniqueItems": True, "items": {"enum": secrets(by_service[name])[1]}}
        case _:
            return None


def _map(properties: Json) -> Json:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _common(*maps: Json) -> Json:
    def both(one: Json, other: Json) -> dict[str, Any]:
        return {name: value for name, value in one.items() if name in other}

    return reduce(both, maps)
