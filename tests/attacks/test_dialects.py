"""How CloudEvents libraries of other languages speak, as users reported: taken, or refused clearly."""

import json
from collections.abc import Mapping
from typing import Any

from tests.attacks.door import BATCH, ONE, PUBLISHER, Door, event, said

DATA = json.dumps(event()["data"]).encode()
JSON = {"Content-Type": "application/json"}
BINARY = {
    "ce-specversion": "1.0",
    "ce-type": "docwatch.stage.v1",
    "ce-source": PUBLISHER,
    "ce-time": "2026-01-31T10:00:00+02:00",
    "ce-id": "e-1",
}
TAKEN: tuple[int, list[Any]] = (1, [])


def envelope(**more: object) -> bytes:
    """Make the sample event with other attributes."""
    return json.dumps({**event(), **more}).encode()


def holding(**data: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Make the sample event with other data."""
    return json.dumps(event(**data)).encode()


FORMS: dict[str, tuple[Mapping[str, str], bytes, Any]] = {
    "ASP.NET: a charset behind the batch's type": (
        {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"},
        b"[" + envelope() + b"]",
        TAKEN,
    ),
    "C#: the type without a format": (
        {"Content-Type": "application/cloudevents-batch"},
        b"[" + envelope() + b"]",
        TAKEN,
    ),
    "proxies: types in capitals": (
        {"Content-Type": "Application/CloudEvents+JSON;Charset=UTF-8"},
        envelope(),
        TAKEN,
    ),
    "Spring: a charset that JSON never had": (
        {"Content-Type": "application/cloudevents+json;charset=ISO-8859-1"},
        envelope(comment="їжак"),
        TAKEN,
    ),
    "Python: structured, and called JSON": (JSON, envelope(), TAKEN),
    "Go: header names as Go writes them": (
        {**JSON, **{f"Ce-{name[3:].title()}": value for name, value in BINARY.items()}},
        DATA,
        TAKEN,
    ),
    "Go, Java: headers that are not encoded": (
        {**JSON, **BINARY, "ce-subject": "a b 100%", "ce-id": "100% a b"},
        DATA,
        TAKEN,
    ),
    "older versions: a quoted header": ({**JSON, **BINARY, "ce-id": r'"a \"b\" c"'}, DATA, TAKEN),
    "C#: an encoded header": ({**JSON, **BINARY, "ce-id": "Euro%20%E2%82%AC%20%F0%9F%98%80"}, DATA, TAKEN),
    "Camel, Knative: binary without a type": (BINARY, DATA, TAKEN),
    "Go: data of a type of their own": (
        {**BINARY, "Content-Type": "application/vnd.office+json; v=2"},
        DATA,
        TAKEN,
    ),
    "Go: such a type in the event": (ONE, envelope(datacontenttype="application/protobuf+json"), TAKEN),
    "JavaScript: text/json": ({**BINARY, "Content-Type": "text/json"}, DATA, TAKEN),
    "C#: headers beside a structured event": ({**ONE, **BINARY, "ce-id": "other"}, envelope(), TAKEN),
    "Go: headers beside a batch": ({**BATCH, **BINARY, "ce-id": ""}, b"[" + envelope() + b"]", TAKEN),
    "Java, Json.NET: null for what is not there": (
        ONE,
        envelope(subject=None, datacontenttype=None, dataschema=None, data_base64=None),
        TAKEN,
    ),
    "Confluent: an attribute that is an object": (ONE, envelope(confluentRouting={"route": "audit"}), TAKEN),
    "OpenTelemetry: a trace": (ONE, envelope(traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01"), TAKEN),
    "JavaScript: milliseconds": (ONE, envelope(time="2026-01-31T08:00:00.000Z"), TAKEN),
    "PHP: hundredths": (ONE, envelope(time="2026-01-31T08:00:00.52Z"), TAKEN),
    "C#: ticks": (ONE, envelope(time="2026-01-31T08:00:00.1234567+00:00"), TAKEN),
    "Go: nanoseconds": (ONE, envelope(time="2026-01-31T08:00:00.123456789Z"), TAKEN),
    "Java: no seconds where they are zero": (ONE, envelope(time="2026-01-31T08:00Z"), TAKEN),
    "RFC 3339: small letters": (ONE, envelope(time="2026-01-31t08:00:00z"), TAKEN),
    "Java: a zone by its name": (ONE, envelope(time="2026-01-31T08:00:00.545218America/Los_Angeles"), 422),
    "SmallRye: GMT": (ONE, envelope(time="2026-01-31T08:00:00.370582GMT"), 422),
    "Ruby: time with a space before the zone": (ONE, envelope(time="2026-01-31 08:00:00 +0000"), 422),
    "clocks: seconds since 1970": (ONE, envelope(time=1769846400), 422),
    "JavaScript: a batch under the type of one": (ONE, b"[" + envelope() + b"]", 422),
    "Python: an empty batch": (BATCH, b"[]", (0, [])),
    "JavaScript: holes in a batch": (BATCH, b"[null," + envelope() + b"]", (1, [(0, [""])])),
    "hands: a comma too many": (BATCH, b"[" + envelope() + b",]", 400),
    "Go: data as a text that holds JSON": (ONE, envelope(data=DATA.decode()), 422),
    "Java: XML with headers beside it": (
        {**BINARY, "Content-Type": "application/cloudevents+xml"},
        b"<event/>",
        415,
    ),
    "Rust, Java: formats that are not JSON": ({"Content-Type": "application/cloudevents+avro"}, DATA, 415),
    "forms: a file in multipart": (
        {"Content-Type": "multipart/form-data; boundary=x"},
        b"--x\r\n\r\n{}\r\n--x--",
        415,
    ),
    "0.3: the version before": (ONE, envelope(specversion="0.3"), 422),
    "PHP: a number for the application's": (ONE, holding(application_number=1234567890), 422),
    "PHP: a text for a number": (ONE, holding(sequence="7"), 422),
    "JavaScript: a number beyond 63 bits": (ONE, holding(sequence=2**63), 422),
    "JavaScript: the largest that is taken": (ONE, holding(sequence=2**63 - 1), TAKEN),
    "Lua, JavaScript: a whole number with a point": (
        ONE,
        envelope().replace(b'"stage"', b'"sequence":7.0,"stage"'),
        422,
    ),
    "Ruby: a text for a truth": (ONE, holding(correction="true"), 422),
    "C++: a member twice, of which the last counts": (
        ONE,
        envelope().replace(b'"id"', b'"id":7,"id"'),
        TAKEN,
    ),
}


async def test_every_dialect_is_understood(door: Door) -> None:
    """A form that libraries are known to send is taken, or refused with its reason, by both doors alike."""
    found = {
        name: [said(one) for one in await door.both(body, headers)]
        for name, (headers, body, _) in FORMS.items()
    }

    assert {name: [expected, expected] for name, (_, _, expected) in FORMS.items()} == found


async def test_one_instant_is_one_event(door: Door) -> None:
    """However a library writes an instant, the event is the same."""
    times = (
        "08:00:00Z",
        "08:00:00.000Z",
        "08:00:00.0000000+00:00",
        "10:00:00+02:00",
        "08:00Z",
        "08:00:00.000z",
    )
    answers = [(await door.post(envelope(time=f"2026-01-31T{one}"))).json() for one in times]

    assert [(1, 0)] + [(0, 1)] * 5 == [(one["accepted"], one["duplicates"]) for one in answers]
