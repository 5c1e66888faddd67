"""Events whose bytes are odd: refused alone, or taken for what they say, the same through both doors."""

import base64
import json
from collections.abc import Mapping

import pytest
from nats.aio.client import Client

from tests.attacks.door import BATCH, LINES, ONE, PUBLISHER, Door, event, opened, said
from tests.conftest import Databases

DATA: str = json.dumps(event()["data"])
BINARY = {
    "Content-Type": "application/json",
    "ce-specversion": "1.0",
    "ce-type": "docwatch.stage.v1",
    "ce-source": PUBLISHER,
    "ce-time": "2026-01-31T10:00:00+02:00",
    "ce-id": "b-1",
}
HALF = r'"\ud83d"'
NUL = r'"a\u0000b"'
ODD = {
    "half of a pair": HALF,
    "the other half": r'"x\udc00x"',
    "half and no more": r'"\ud800\n"',
    "NUL": NUL,
    "a number of five thousand digits": "9" * 5000,
}


def with_field(event_id: str, value: str) -> bytes:
    """Make an event with a field that is not read."""
    return json.dumps(event(event_id, comment="?")).replace('"?"', value).encode()


async def test_an_odd_field_costs_its_event_alone(door: Door) -> None:
    """What JSON allows and nobody can store rejects its event, also in a field that is not read."""
    good = json.dumps(event("e-2")).encode()
    for odd in ODD.values():
        whole = with_field("e-1", odd)
        data = DATA.replace("{", '{"x": ' + odd + ", ").encode()
        batch = b"[" + good + b"," + whole + b"]"

        alone = [*await door.both(whole), *await door.both(data, BINARY)]
        among = [*await door.both(batch, BATCH), (await door.post(good + b"\n" + whole, LINES)).json()]

        assert [422] * 4 == [said(one) for one in alone]
        assert [(1, [(1, [""])])] * 3 == [said(one) for one in among]
        assert ["e-1"] * 3 == [one["rejected"][0]["id"] for one in among]


async def test_bytes_that_are_no_text_cost_their_event_alone(door: Door) -> None:
    """An event that is not UTF-8, or not JSON, leaves the others of its batch alone."""
    good = json.dumps(event("e-2")).encode()
    deep = b"[" * 250 + b"]" * 250
    for odd in (b'{"id":"\xed\xa0\x80"}', b'{"id":"\xff"}', b'{"id":}', b'{"id":"\x00"}', deep):
        answers = await door.both(b"[" + odd + b", " + good + b"]", BATCH)

        assert [(1, [(0, [""])])] * 2 == [said(one) for one in answers]


async def test_what_only_looks_odd_is_taken(door: Door) -> None:
    """A backslash before `u0000`, and a whole pair, are text."""
    for form in (r'"a\\u0000b"', r'"\\\\u0000"', r'"\ud83d\ude00"', '"\U0001f600"'):
        answers = await door.both(with_field("e-1", form))

        assert [(1, [])] * 2 == [said(one) for one in answers]


async def test_an_id_that_is_not_utf_8_is_refused(door: Door) -> None:
    """Two ids of broken bytes never become one id: CloudEvents' HTTP binding, 3.1.3.2."""
    for event_id in (b"%FF", b"%C3", b"a%ED%A0%80", b"%C0%AF", b"\xff\xfe", b"caf\xe9", "\ufffd".encode()):
        over_http = await door.post(DATA.encode(), {**BINARY, "ce-id": event_id})
        over_nats = await door.ask(DATA.encode(), {**BINARY, "ce-id": event_id.decode("utf-8", "replace")})

        assert [422, 422] == [over_http.status_code, over_nats["status"]]
        assert ["/id"] * 2 == [one["errors"][0]["pointer"] for one in (over_http.json(), over_nats)]


async def test_a_header_says_the_same_however_it_is_written(door: Door) -> None:
    """Raw UTF-8, percent-encoded or quoted: one id, which the same event in JSON has too."""
    await door.post(json.dumps(event("№ 7")).encode())
    for raw in ("№ 7", "%E2%84%96%207", '"№ 7"', '"%E2%84%96 7"', r'"\№ 7"', "%E2%84%96 7"):
        answers = await door.both(DATA.encode(), {**BINARY, "ce-id": raw})

        assert [1, 1] == [one["duplicates"] for one in answers]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
async def test_base64_and_a_mark_are_taken(door: Door, mark: bytes) -> None:
    """JSON in `data_base64`, and a byte order mark before JSON, are the same event; two marks are none."""
    plain = event("e-1")
    packed = {name: value for name, value in plain.items() if name != "data"}
    packed["data_base64"] = base64.b64encode(mark + DATA.encode()).decode()
    bodies: list[tuple[bytes, Mapping[str, str]]] = [
        (json.dumps(plain).encode(), ONE),
        (mark + json.dumps(plain).encode(), ONE),
        (mark + json.dumps(packed).encode(), ONE),
        (mark + b"[" + json.dumps(packed).encode() + b"]", BATCH),
        (mark + DATA.encode(), {**BINARY, "ce-id": "e-1"}),
    ]
    answers = [one for body, headers in bodies for one in await door.both(body, headers)]
    answers.append((await door.post(mark + json.dumps({**packed, "x": "y" * 50_000}).encode(), LINES)).json())

    assert [(1, [])] * 11 == [said(one) for one in answers]
    assert 10 == sum(one["duplicates"] for one in answers)
    assert 400 == said((await door.post(b"\xef\xbb\xbf" * 2 + json.dumps(plain).encode())).json())


async def test_broken_base64_costs_its_event_alone(door: Door) -> None:
    """What is in `data_base64` is judged as `data` is."""
    for packed in ("", "?", "ew==", base64.b64encode(b'{"x":"\\ud800"}').decode()):
        odd = {**{name: value for name, value in event().items() if name != "data"}, "data_base64": packed}

        answers = await door.both(json.dumps([odd, event("e-2")]).encode(), BATCH)

        assert [1, 1] == [one["accepted"] + one["duplicates"] for one in answers]
        assert ["e-1", "e-1"] == [one["rejected"][0]["id"] for one in answers]


async def test_an_empty_batch_costs_its_admission(
    nats_url: str, databases: Databases, nats_client: Client
) -> None:
    """A request that holds nothing is a request, and the doors have one rate between them."""
    async with opened(nats_url, databases, nats_client, rate=0.4) as door:
        answers = [*await door.both(b"[]", BATCH), *await door.both(b"[]", BATCH)]
        answers += await door.both(b"[]", BATCH)

    assert [(0, [])] * 4 + [429] * 2 == [said(one) for one in answers]
