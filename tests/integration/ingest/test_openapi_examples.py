"""The OpenAPI description is complete, and its examples are what really happens."""

from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator
from nats.aio.client import Client

from runtime.database.postgres import Pool
from tests.integration.ingest.conftest import OPS, Tracker
from tests.integration.ingest.feeding import copying, tell, until
from tests.integration.ingest.test_appointments import APPOINTMENT
from tests.integration.ingest.test_events_told import EVENT, ROW

JSON = "application/json"
BINARY = {
    "ce-specversion": "1.0",
    "ce-type": "docwatch.stage.v1",
    "ce-source": "passports",
    "ce-id": "e-9",
    "ce-time": "2026-01-31T10:00:00%2B02:00",
}
Json = dict[str, Any]


@pytest.fixture
async def described(ingest: httpx.AsyncClient) -> Json:
    """The description as the service serves it."""
    found: Json = (await ingest.get(f"{OPS}/openapi.json")).json()
    return found


def operations(described: Json) -> list[tuple[str, str, Json]]:
    """Every (method, path, operation)."""
    return [
        (method, path, one) for path, found in described["paths"].items() for method, one in found.items()
    ]


def examples(content: Json) -> list[Any]:
    """The examples of one media type, as values."""
    several = [one["value"] for one in content.get("examples", {}).values()]
    return [content["example"]] if "example" in content else several


def breaks(described: Json, content: Json, value: object) -> list[str]:
    """What is wrong with a value by its schema."""
    schema = {**content["schema"], "components": described["components"]}
    return [str(error) for error in Draft202012Validator(schema).iter_errors(value)]


def answered(operation: Json, answer: httpx.Response) -> Json:
    """The description of an answer's media type; fails where there is none."""
    described: Json = operation["responses"][str(answer.status_code)]["content"][JSON]
    return described


async def test_every_json_has_examples_that_are_true_to_their_schemas(described: Json) -> None:
    """Requests, answers and problems show at least one example each, and all are valid."""
    shown: list[str] = []
    wrong: list[str] = []
    for method, path, operation in operations(described):
        parts = [operation.get("requestBody", {}), *operation["responses"].values()]
        for kind, content in [pair for part in parts for pair in part.get("content", {}).items()]:
            if "json" in kind:
                found = examples(content)
                shown += [f"{method} {path}"] * len(found)
                wrong += [] if found else [f"{method} {path} {kind} shows no example"]
                wrong += [problem for one in found for problem in breaks(described, content, one)]
        wrong += [f"{method} {path} has no summary" for _ in [0] if not operation.get("summary")]

    assert [] == wrong
    assert len(shown) > 60


async def test_every_request_shown_is_answered_as_shown(
    ingest: httpx.AsyncClient, tracker: Tracker, described: Json
) -> None:
    """Each example of a body is taken, and its answer has the fields of an answer shown."""
    assert [] == tracker.claims
    sent = 0
    for path in ("/v1/events", "/v1/receipts"):
        operation = described["paths"][path]["post"]
        for kind, content in operation["requestBody"]["content"].items():
            for example in examples(content):
                body = {"content": example} if isinstance(example, str) else {"json": example}
                answer = await ingest.post(path, headers={"Content-Type": kind}, **body)

                content_shown = answered(operation, answer)
                assert [] == breaks(described, content_shown, answer.json())
                assert set(answer.json()) in [set(one) for one in examples(content_shown)]
                sent += 1
    binary = await ingest.post(
        "/v1/events",
        json=examples(described["paths"]["/v1/events"]["post"]["requestBody"]["content"][JSON])[0]["data"],
        headers=BINARY,
    )

    assert 202 == binary.status_code
    assert 6 == sent


async def test_every_question_shown_is_answered_as_shown(
    *, ingest: httpx.AsyncClient, tracker: Tracker, described: Json, nats_client: Client, pool: Pool
) -> None:
    """Each GET, DELETE and re-issue with the example's parameters answers with the fields shown."""
    receipts = described["paths"]["/v1/receipts"]["post"]["requestBody"]["content"][JSON]
    await ingest.post("/v1/receipts", json=examples(receipts)[0])
    await tell(nats_client, "0d8fe3a2")
    async with copying(nats_client, pool, "a"):
        await until(ingest, 1)
    told: dict[str, Json] = {
        "/v1/events/{event_id}": EVENT,
        "/v1/unreached": {"result": "unreached", "rows": [ROW], "after": 7},
        "/v1/appointments": {"result": "list", "rows": [APPOINTMENT]},
    }
    compared = 0

    for method, path, operation in operations(described):
        if "requestBody" in operation:
            continue
        tracker.answer = told.get(path)
        given = {one["name"]: one["example"] for one in operation.get("parameters", []) if "example" in one}
        query = {
            one["name"]: given[one["name"]]
            for one in operation.get("parameters", [])
            if one["in"] == "query" and one["name"] in given
        }
        answer = await ingest.request(method.upper(), path.format_map(given), params=query)

        assert str(answer.status_code) in operation["responses"], (method, path, answer.text)
        assert answer.is_success, (method, path, answer.text)
        if answer.headers["content-type"] == JSON:
            content = answered(operation, answer)
            assert [] == breaks(described, content, answer.json())
            assert shape(answer.json()) == shape(examples(content)[0]), path
            compared += 1

    assert 8 == compared


def shape(value: object) -> object:
    """The names in a JSON value, its lists shown by their first item."""
    if isinstance(value, dict):
        return {
            name: shape(one)
            for name, one in value.items()
            if not (isinstance(one, dict) and name in ("links", "ends"))
        }
    return [shape(value[0])] if isinstance(value, list) and value else None
