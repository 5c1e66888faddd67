"""The parts of the OpenAPI description that FastAPI cannot see: bodies that are read raw."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.ingest.answers import EventsAnswer, ProblemShape
from services.ingest.bodies import MAX_ITEMS
from services.ingest.domain.events import CloudEvent
from services.ingest.problem_kinds import BY_STATUS
from services.ingest.problems import PROBLEM_JSON
from services.ingest.receipts import ReceiptRequest

Json = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]

DESCRIPTION = f"""\
The back office's door. **202 means that the event is written and acknowledged; anything else means unknown
or refused.** After 503, a time-out or a broken connection send the identical request again: that is safe for
ever.

An event is known by publisher and `id`. Events within one batch (at most {MAX_ITEMS}) are judged one by one:
a bad one does not stop the others. The application number is turned into a keyed hash at once; neither `id`
nor `receipt_id` may contain it.
"""

_DATA: Json = {
    "application_number": "AB-123456789",
    "document_type": "foreign_passport",
    "stage": "arrived",
    "office": "kyiv-1",
    "expected_at": "2026-02-14",
}
EXAMPLE: Json = {
    "specversion": "1.0",
    "type": "docwatch.stage.v1",
    "source": "passports",
    "id": "0d8fe3a2",
    "time": "2026-01-31T10:00:00+02:00",
    "data": _DATA,
}
_RECEIPT: Json = {
    "receipt_id": "r-1001",
    "application_number": "AB-123456789",
    "document_type": "foreign_passport",
}


def _reference(model: type) -> Json:
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def _problem(description: str) -> Json:
    return {
        "description": description,
        "content": {PROBLEM_JSON: {"schema": _reference(ProblemShape)}},
    }


def problems(*statuses: int) -> dict[int | str, Json]:
    """Return the description of the problems with which a route may answer."""
    return {status: _problem(BY_STATUS[status].cause) for status in statuses}


PROBLEMS = problems(400, 401, 403, 409, 413, 422, 429, 503)

RECEIPTS_BODY: Json = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    _reference(ReceiptRequest),
                    {"type": "array", "items": _reference(ReceiptRequest)},
                ]
            },
            "examples": {"one": {"value": _RECEIPT}, "several": {"value": [_RECEIPT]}},
        }
    },
}

_ONE: Json = {"schema": _reference(CloudEvent), "example": EXAMPLE}
_EVENTS: Json = {
    "summary": "Publish stage events",
    "tags": ["events"],
    "security": _SECURITY,
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": _ONE,
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "items": _reference(CloudEvent), "maxItems": MAX_ITEMS},
                "example": [EXAMPLE],
            },
            "application/json": {
                **_ONE,
                "schema": {
                    **_reference(CloudEvent),
                    "description": "one CloudEvent, or `data` alone with ce- headers",
                },
            },
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "a CloudEvent on each line"}
            },
        },
    },
    "responses": {
        "202": {
            "description": "written and acknowledged, but for the items named in `rejected`",
            "content": {
                "application/json": {
                    "schema": _reference(EventsAnswer),
                    "example": {"accepted": 1, "duplicates": 0, "warnings": [], "rejected": []},
                }
            },
        },
        **{str(status): one for status, one in problems(400, 401, 403, 413, 415, 422, 429, 503).items()},
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
            [(model, "validation") for model in models], ref_template=_REFERENCE
        )
        components = made.setdefault("components", {})
        components.setdefault("schemas", {}).update(definitions["$defs"])
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        made["paths"]["/v1/events"] = {"post": _EVENTS}
        made["security"] = _SECURITY
        app.openapi_schema = made
    return app.openapi_schema
