"""Writes `docs/asyncapi.yaml` from the contracts; with `--check` only says whether it is up to date."""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter

from contracts import streams
from contracts.services import SERVICES
from deploy.asyncapi.flows import CALLS, FLOWS, KEYS, PUBLISHER, Call, Flow, Keys, Payload
from deploy.generated import kept

Json = dict[str, Any]
FILE = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"
_SCHEMAS = "#/components/schemas/"
_MESSAGES = "#/components/messages/"
_MODE: Literal["validation"] = "validation"
_ABOUT = """\
Everything that goes over NATS: the streams between the services, the questions that they ask each other, and
the door for publishers that have NATS themselves. Made by `python -m deploy.asyncapi.generate`.
"""
_TRACE = {
    "type": "string",
    "description": "W3C trace context of the step that caused it, where traces are on",
}
_IDENTITY = {"type": "string", "description": "under which the stream drops copies"}


def described() -> Json:
    """Return the whole AsyncAPI 3 document."""
    payloads = {one.name: one for one in _payloads()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Docwatch over NATS",
            "version": version("docwatch"),
            "description": _ABOUT,
            "tags": [{"name": name} for name in (*SERVICES, PUBLISHER)],
        },
        "defaultContentType": "application/json",
        "servers": {
            "nats": {
                "host": "{host}",
                "protocol": "nats",
                "variables": {"host": {"default": "127.0.0.1:4222"}},
            }
        },
        "channels": {**_stream_channels(), **_bucket_channels(), **_call_channels()},
        "operations": dict(_operations()),
        "components": {
            "messages": {name: _message(one) for name, one in payloads.items()},
            "schemas": _schemas(payloads),
        },
    }


def rendered() -> str:
    """Return the document as YAML, the same for the same code."""
    return yaml.safe_dump(described(), sort_keys=False, allow_unicode=True, width=110)


def _payloads() -> Iterator[Payload]:
    yield from (flow.payload for flow in FLOWS)
    yield from (keys.payload for keys in KEYS)
    for call in CALLS:
        yield call.question
        yield from call.answers


def _schemas(payloads: dict[str, Payload]) -> Json:
    asked = [(name, _MODE, one.body) for name, one in payloads.items()]
    made, shared = TypeAdapter.json_schemas(asked, ref_template=_SCHEMAS + "{model}")
    own = {name: made[(name, _MODE)] for name in payloads}
    return {name: _plain(schema) for name, schema in {**own, **shared["$defs"]}.items()}


def _plain(schema: object) -> object:
    """Leave OpenAPI's discriminators out, which AsyncAPI has in another form; the constants say the same."""
    if isinstance(schema, dict):
        return {name: _plain(one) for name, one in schema.items() if name != "discriminator"}
    return [_plain(one) for one in schema] if isinstance(schema, list) else schema


def _message(payload: Payload) -> Json:
    streamed = any(flow.payload.name == payload.name for flow in FLOWS)
    headers = {"Nats-Msg-Id": _IDENTITY, "traceparent": _TRACE} if streamed else {"traceparent": _TRACE}
    return {
        "name": payload.name,
        "summary": payload.about,
        "contentType": "application/problem+json" if payload.name == "problem" else "application/json",
        "headers": {"type": "object", "properties": headers},
        "payload": {"$ref": _SCHEMAS + payload.name},
    }


def _stream_channels() -> Json:
    return {flow.subject: _channel(flow.subject, _stored(flow.stream), flow.payload) for flow in FLOWS}


def _bucket_channels() -> Json:
    found: Json = {}
    for keys in KEYS:
        found[_name_of(keys)] = _channel(keys.subject, _held(keys), keys.payload)
        found[_name_of(keys)]["parameters"] = {keys.key: {"description": "the key of the value"}}
    return found


def _held(keys: Keys) -> str:
    bucket = keys.bucket
    return (
        f"Key-value bucket {bucket.name}: {bucket.description}. The last value of each key, for ever, at most"
        f" {bucket.max_bytes / 1024**2:g} MiB; a deleted key says that nothing stands there any more."
    )


def _name_of(keys: Keys) -> str:
    return f"kv.{keys.bucket.name}"


def _call_channels() -> Json:
    found: Json = {}
    for call in CALLS:
        name = _plain_name(call)
        found[name] = _channel(
            call.subject, f"A question to the {call.answerer} over core NATS.", call.question
        )
        found[f"{name}.reply"] = _channel(None, "The inbox that the question names.", *call.answers)
        if "{publisher}" in call.subject:
            about = "who publishes: what the credentials allow, whatever the event says"
            found[name]["parameters"] = {"publisher": {"description": about}}
    return found


def _channel(address: str | None, about: str, *payloads: Payload) -> Json:
    messages = {one.name: {"$ref": _MESSAGES + one.name} for one in payloads}
    return {"address": address, "description": about, "messages": messages}


def _stored(stream: streams.Stream) -> str:
    return (
        f"Stream {stream.name}: {stream.description}. Kept for {stream.max_age.days} days, at most"
        f" {stream.max_bytes / 1024**3:g} GiB, new messages refused when full; copies are known for"
        f" {stream.duplicate_window.total_seconds() / 60:g} minutes."
    )


def _operations() -> Iterator[tuple[str, Json]]:
    for flow in FLOWS:
        yield (
            f"{flow.sender}.send.{flow.subject}",
            _operation("send", flow.sender, flow.subject, flow.payload),
        )
        if flow.receiver is not None:
            about = _consumer(flow)
            operation = _operation("receive", flow.receiver, flow.subject, flow.payload)
            yield f"{flow.receiver}.receive.{flow.subject}", {**operation, "description": about}
    for keys in KEYS:
        name = _name_of(keys)
        yield f"{keys.writer}.send.{name}", _operation("send", keys.writer, name, keys.payload)
        yield f"{keys.follower}.receive.{name}", _operation("receive", keys.follower, name, keys.payload)
    for call in CALLS:
        name = _plain_name(call)
        reply = {"channel": {"$ref": f"#/channels/{name}.reply"}}
        for who, action in ((call.asker, "send"), (call.answerer, "receive")):
            yield f"{who}.{action}.{name}", {**_operation(action, who, name, call.question), "reply": reply}


def _operation(action: str, who: str, channel: str, payload: Payload) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "tags": [{"name": who}],
        "messages": [{"$ref": f"#/channels/{channel}/messages/{payload.name}"}],
    }


def _consumer(flow: Flow) -> str:
    durable = [one.durable for one in streams.CONSUMERS if one.stream == flow.stream.name]
    return (
        f"By the durable consumer {durable[0]}."
        if durable
        else "Copied in the order of the stream, under a lease."
    )


def _plain_name(call: Call) -> str:
    return call.subject.removesuffix(".{publisher}")


def main() -> int:
    """Write the description, or compare it; return the exit status."""
    return kept({FILE: rendered()}, "deploy.asyncapi.generate")


if __name__ == "__main__":
    sys.exit(main())
