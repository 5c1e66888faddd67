"""The AsyncAPI description is what the contracts say, whole, and every part of it can be found."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema_rs import validator_for

from contracts import streams
from contracts.export import MESSAGES
from contracts.messages import following, rpc
from contracts.services import SERVICES
from deploy.asyncapi.flows import CALLS, FLOWS, KEYS
from deploy.asyncapi.generate import FILE, rendered

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Json:
    """The committed description."""
    found: Json = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def references(part: object) -> Iterator[str]:
    """Every $ref below a part."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for one in part.values():
            yield from references(one)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


def found_at(document: Json, reference: str) -> bool:
    """Tell whether a reference leads somewhere."""
    place: Any = document
    for name in reference.removeprefix("#/").split("/"):
        if name not in place:
            return False
        place = place[name]
    return True


def test_the_file_is_what_the_contracts_say() -> None:
    """A message or subject that was changed in the code alone is found."""
    assert rendered() == FILE.read_text("utf-8")


def test_every_subject_and_every_message_is_described() -> None:
    """Streams, calls and exported schemas have nothing that the description lacks."""
    subjects = {one for stream in streams.STREAMS for one in stream.subjects if not one.endswith("*")}
    calls = {
        one
        for module in (rpc, following)
        for name, one in vars(module).items()
        if name.isupper() and isinstance(one, str) and one.startswith(f"{rpc.RPC_PREFIX}.")
    }
    payloads = {one.payload.name for one in (*FLOWS, *KEYS)} | {
        payload.name for call in CALLS for payload in (call.question, *call.answers)
    }

    assert set() == subjects - {one.subject for one in FLOWS}
    assert set() == calls - {one.subject for one in CALLS}
    assert set() == set(MESSAGES) - payloads
    assert {one.stream.name for one in FLOWS} == {one.name for one in streams.STREAMS}
    assert {one.bucket.name for one in KEYS} == {one.name for one in streams.BUCKETS}


def test_every_consumer_is_the_receiver_of_a_flow() -> None:
    """Whoever has a durable consumer is named as the one who receives."""
    receivers = {(one.stream.name, one.receiver) for one in FLOWS}

    assert set() == {(one.stream, one.durable.partition("-")[0]) for one in streams.CONSUMERS} - receivers


def test_every_reference_leads_somewhere(document: Json) -> None:
    """No operation names a channel, no channel a message and no message a schema that is not there."""
    assert [] == [one for one in references(document) if not found_at(document, one)]


def test_it_has_the_form_of_asyncapi_3(document: Json) -> None:
    """Required parts are there; operations send or receive; parameters of an address are described."""
    parameters = {
        name: set(one.get("parameters", {}))
        for name, one in document["channels"].items()
        if "{" in str(one["address"])
    }

    assert {"asyncapi": "3.0.0"}.items() <= document.items()
    assert {"title", "version"} <= document["info"].keys()
    assert {"send", "receive"} == {one["action"] for one in document["operations"].values()}
    assert {*SERVICES, "publisher"} == {one["tags"][0]["name"] for one in document["operations"].values()}
    assert {streams.EVENTS_SUBJECT: {"publisher"}, "kv.knowledge": {"id"}} == parameters


def test_every_schema_is_one(document: Json) -> None:
    """Each payload's schema can be compiled and refuses what is no such message."""
    accepting = [
        name
        for name in document["components"]["messages"]
        if validator_for(
            {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        ).is_valid(17)
    ]

    assert [] == accepting
