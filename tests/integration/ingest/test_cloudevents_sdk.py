"""The CloudEvents SDK's own producer is understood in every mode."""

import json
from typing import Any

import httpx
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent
from nats.aio.client import Client

from tests.integration.ingest.conftest import event, stored


def produced(event_id: str) -> CloudEvent:
    """Make an event as a publisher would with the SDK."""
    made: dict[str, Any] = event(event_id)
    data = made.pop("data")
    return CloudEvent({**made, "datacontenttype": "application/json"}, data)


async def test_every_mode_of_the_sdk_is_accepted(ingest: httpx.AsyncClient, nats_client: Client) -> None:
    """Structured, binary and batch come in, and a change of mode is a duplicate."""
    answers = []
    for headers, body in (to_structured(produced("e-1")), to_binary(produced("e-1"))):
        answers.append(await ingest.post("/v1/events", content=body, headers=dict(headers)))
    batch = [json.loads(to_structured(produced(one))[1]) for one in ("e-1", "e-2")]
    kind = {"Content-Type": "application/cloudevents-batch+json"}
    answers.append(await ingest.post("/v1/events", json=batch, headers=kind))

    assert [(202, 1, 0), (202, 0, 1), (202, 1, 1)] == [
        (one.status_code, one.json()["accepted"], one.json()["duplicates"]) for one in answers
    ]
    assert 2 == len(await stored(nats_client))
