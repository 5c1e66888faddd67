"""The parts of the OpenAPI description that FastAPI cannot see: bodies that are read raw."""

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.ingest.api.examples import ANSWERS, EVENT, EVENTS_ANSWERS, LINES, PARAMETERS, RECEIPT
from services.ingest.domain.events import CloudEvent
from services.ingest.events.answers import EventsAnswer
from services.ingest.events.bodies import MAX_ITEMS
from services.ingest.receipts.issue import ReceiptRequest
from services.ingest.web.answers import REFERENCE, Json, ProblemShape, problems, reference

_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]
_RATE: Json = {
    "RateLimit-Policy": {
        "description": "how many events (or other requests) in how many seconds",
        "schema": {"type": "string"},
        "example": '"default";q=200000;w=10',
    },
    "RateLimit": {
        "description": "how many are left, and in how many seconds all are back",
        "schema": {"type": "string"},
        "example": '"default";r=199999;t=1',
    },
}

DESCRIPTION = f"""\
The back office's door. **202 means that the event is written and acknowledged; anything else means unknown
or refused.** After 503, a time-out or a broken connection send the identical request again: that is safe for
ever.

An event is known by publisher and `id`. Events within one batch (at most {MAX_ITEMS}) are judged one by one:
a bad one does not stop the others. The application number is turned into a keyed hash at once; neither `id`
nor `receipt_id` may contain it.
"""

_RECEIPTS_BODY: Json = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    reference(ReceiptRequest),
                    {"type": "array", "items": reference(ReceiptRequest)},
                ]
            },
            "examples": {"one": {"value": RECEIPT}, "several": {"value": [RECEIPT]}},
        }
    },
}

_ATTRIBUTES: list[Json] = [
    {
        "name": f"ce-{name}",
        "in": "header",
        "required": False,
        "description": "in binary mode, where the body is `data` alone; percent-encoded",
        "schema": {"type": "string"},
    }
    for name in ("specversion", "type", "source", "id", "time")
]
_ONE: Json = {"schema": reference(CloudEvent), "example": EVENT}
_EVENTS: Json = {
    "summary": "Publish stage events",
    "description": "One event, a batch or lines; each may be compressed: `Content-Encoding: gzip`.",
    "tags": ["events"],
    "security": _SECURITY,
    "parameters": _ATTRIBUTES,
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": _ONE,
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "items": reference(CloudEvent), "maxItems": MAX_ITEMS},
                "example": [EVENT],
            },
            "application/json": {
                **_ONE,
                "schema": {
                    **reference(CloudEvent),
                    "description": "one CloudEvent, or `data` alone with ce- headers",
                },
            },
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "a CloudEvent on each line"},
                "example": LINES,
            },
        },
    },
    "responses": {
        "202": {
            "description": "written and acknowledged, but for the items named in `rejected`",
            "content": {
                "application/json": {
                    "schema": reference(EventsAnswer),
                    "examples": EVENTS_ANSWERS,
                }
            },
        },
        **{
            str(status): response
            for status, response in problems(400, 401, 403, 413, 415, 422, 429, 503).items()
        },
    },
}


def describe(app: FastAPI) -> Json:
    """Return the whole description, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        models = (CloudEvent, ReceiptRequest, EventsAnswer, ProblemShape)
        _, definitions = models_json_schema(
            [(model, "validation") for model in models], ref_template=REFERENCE
        )
        components = made.setdefault("components", {})
        components.setdefault("schemas", {}).update(definitions["$defs"])
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        made["paths"]["/v1/events"] = {"post": _EVENTS}
        made["paths"]["/v1/receipts"]["post"]["requestBody"] = _RECEIPTS_BODY
        made["security"] = _SECURITY
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                _illustrate(method, path, operation)
        app.openapi_schema = made
    return app.openapi_schema


def _illustrate(method: str, path: str, operation: Json) -> None:
    """Add what no route can say of itself: examples, and the fields that tell of the rate."""
    for parameter in operation.get("parameters", []):
        if parameter["name"] in PARAMETERS:
            parameter["example"] = PARAMETERS[parameter["name"]]
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response.setdefault("headers", {}).update(_RATE)
        example = ANSWERS.get((method, path, status))
        if example is not None:
            response["content"]["application/json"]["example"] = example
