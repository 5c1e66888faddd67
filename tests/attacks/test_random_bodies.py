"""Random bodies from a grammar of nasty JSON, gzip, headers and forms: no fault of ours, no loop held up."""

import gzip
import json
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from nats.aio.client import Client

from tests.attacks.door import PUBLISHER, Door, event, opened
from tests.attacks.heartbeat import calm
from tests.conftest import Databases

STALL = 0.25
AT_ONCE = 100
UNCHECKED = list(HealthCheck)
MARK = b"\xef\xbb\xbf"


class Body(NamedTuple):
    """What is sent, and with which headers."""

    data: bytes
    headers: Mapping[str, str]


def repeated(what: bytes, most: int) -> st.SearchStrategy[bytes]:
    """Make a list of very many."""
    return st.integers(1, most).map(lambda count: b"[" + b",".join([what] * count) + b"]")


scalars = st.one_of(
    st.sampled_from(
        [
            *(
                b"null",
                b"true",
                b"0",
                b"-0",
                b"7.0",
                b"1e999",
                b"NaN",
                b"-Infinity",
                b"9" * 5000,
                b'""',
                b'"AB-123456789"',
            ),
            *(
                rb'"\ud800"',
                rb'"\udc00x"',
                rb'"\u0000"',
                rb'"\\u0000"',
                b'"\xff"',
                b'"\xed\xa0\x80"',
                b'"\x00"',
                b'"\n"',
            ),
            *(b'"', b"'x'", b"{", b"]", b"", b"//", b'"\\', b"\xef\xbb\xbf1", b'"printing"', b'"id_card"'),
        ]
    ),
    st.text(max_size=20).map(lambda text: json.dumps(text).encode()),
    st.integers().map(lambda number: b"%d" % number),
    st.integers(1, 100_000).map(lambda count: b'"' + b"\\" * count + b'"'),
    st.integers(1, 400_000).map(lambda count: b'"' + b"\\n" * count + b'"'),
    st.integers(1, 100_000).map(lambda depth: b"[" * depth + b"]" * depth),
    st.integers(1, 50_000).map(lambda depth: b'{"a":' * depth + b"0" + b"}" * depth),
    st.integers(1, 60_000).map(
        lambda count: b"{" + b",".join(b'"%d":0' % one for one in range(count)) + b"}"
    ),
    repeated(b"0", 400_000),
    repeated(b"[]", 200_000),
    repeated(b'"a"', 200_000),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: b"[" + b",".join(items) + b"]"),
        st.dictionaries(st.sampled_from(["id", "x", "data", "stage"]), inner, max_size=3).map(
            lambda items: b"{" + b",".join(b'"%s":%s' % (k.encode(), v) for k, v in items.items()) + b"}"
        ),
    ),
    max_leaves=4,
)
NAMES = (
    "specversion",
    "source",
    "id",
    "time",
    "data",
    "data_base64",
    "subject",
    "missing",
    "stage",
    "sequence",
    "note",
)


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """Make an event of which some members are nasty, or a nasty value."""
    if draw(st.integers(0, 3)) == 0:
        return draw(values)
    text = json.dumps(event(draw(st.text('abc№\\"', min_size=1, max_size=5)))).encode()
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        place = draw(st.sampled_from([b"{", b'"data": {']))
        text = text.replace(place, place + b'"%s":%s,' % (name.encode(), draw(values)), 1)
    return text


def packed(data: bytes, how: str) -> bytes:
    """Compress, in one of the ways that occur or are tried."""
    match how:
        case "cut":
            return gzip.compress(data)[:-5]
        case "members":
            return gzip.compress(data) + gzip.compress(b"") * 3000
        case "bomb":
            return gzip.compress(data + b"\n" * 20_000_000, 9)
        case "junk":
            return gzip.compress(data) + b"junk"
        case _:
            return gzip.compress(data)


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Make a whole request: a form, its events, what is broken in it, and whether it is compressed."""
    parts = draw(st.lists(events(), min_size=1, max_size=4))
    form = draw(st.sampled_from(["single", "batch", "lines", "binary", "multipart", "junk"]))
    kind, data = {
        "single": ("application/cloudevents+json", parts[0]),
        "batch": ("application/cloudevents-batch+json; charset=utf-8", b"[" + b",".join(parts) + b"]"),
        "lines": ("application/x-ndjson", b"\r\n".join(parts)),
        "binary": ("application/json", parts[0]),
        "multipart": ("multipart/form-data; boundary=x", b"--x\r\n\r\n" + parts[0] + b"\r\n--x--\r\n"),
        "junk": ("application/cloudevents-batch+json", draw(st.binary(max_size=200))),
    }[form]
    headers = {"Content-Type": kind}
    if form == "binary":
        odd = st.sampled_from(["%FF", "%00", "a b", '"a', "100%", "№", "%ED%A0%80", "x" * 4000])
        headers |= {f"ce-{name}": draw(odd) for name in ("id", "subject")}
        headers |= {"ce-specversion": "1.0", "ce-source": PUBLISHER, "ce-type": "docwatch.stage.v1"}
    if draw(st.integers(0, 5)) == 0:
        data = MARK + data
    if draw(st.integers(0, 3)) == 0:
        data = data[: draw(st.integers(0, len(data)))]
    how = draw(st.sampled_from(["", "", "", "whole", "cut", "members", "bomb", "junk"]))
    if how:
        return Body(packed(data, how), {**headers, "Content-Encoding": "gzip"})
    return Body(data[: 10 * 1024 * 1024], headers)


async def attack(door: Door, body: Body) -> None:
    """Send a body; nothing of it is our fault, and it holds nobody up."""
    answer, stall = await calm(lambda: door.post(body.data, body.headers), tries=4)

    assert answer.status_code < 500, answer.text
    assert stall < STALL
    assert len(answer.content) < 1024 * 1024
    if "Content-Encoding" not in body.headers and len(body.data) < 500_000:
        over_nats = await door.ask(body.data, body.headers)
        assert over_nats.get("status", 202) < 500
        if body.headers["Content-Type"] != "application/x-ndjson":
            assert over_nats.get("status", 202) == answer.status_code


@pytest.mark.parametrize(
    "count", [100, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
async def test_no_random_body_breaks_or_stalls_ingest(
    nats_url: str, databases: Databases, nats_client: Client, count: int
) -> None:
    """Whatever comes is answered by what it is, and the loop goes on."""
    async with opened(nats_url, databases, nats_client, rate=10_000_000) as door:
        for part in range(count // AT_ONCE):
            for body in drawn(part):
                await attack(door, body)


def drawn(part: int) -> list[Body]:
    """Draw some bodies, the same ones each time."""
    found: list[Body] = []

    @seed(part)
    @settings(max_examples=AT_ONCE, database=None, phases=[Phase.generate], suppress_health_check=UNCHECKED)
    @given(bodies())
    def draw(body: Body) -> None:
        found.append(body)

    draw()
    return found
