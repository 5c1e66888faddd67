"""A few kilobytes under a valid key neither hold the loop, nor fill the memory, nor make a long answer."""

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial

import pytest
from nats.aio.client import Client

from services.ingest.events.bodies import parse_lines
from services.ingest.keys.rates import cost
from tests.attacks.door import BATCH, GZIP, LINES, ONE, Door, event, opened, said
from tests.attacks.heartbeat import calm
from tests.conftest import Databases

MIB = 1024 * 1024
STALL = 0.25
LONGEST_ANSWER = 256 * 1024


def costly(missing: str) -> bytes:
    """Make one event whose papers are that text of JSON."""
    return json.dumps(event()).replace('"stage"', f'"missing": [{missing}], "stage"').encode()


def lines_of_spaces() -> bytes:
    """Pack 40 MiB of blank lines into no less than a hundredth, as events are."""
    noise = b"".join(b"%d" % (number * 7919 % 1000003) for number in range(150_000))
    return gzip.compress(noise + b"\n" * (40 * MIB))


NUMBERS = costly(",".join(["1"] * 490_000))
BODIES: dict[str, tuple[Callable[[], bytes], Mapping[str, str], int]] = {
    "blank lines without end": (lambda: gzip.compress(b"\n" * (64 * MIB)), {**LINES, **GZIP}, 413),
    "blank lines among noise": (lines_of_spaces, {**LINES, **GZIP}, 202),
    "one event with half a million papers": (lambda: NUMBERS, ONE, 422),
    "a batch of one such event": (lambda: b"[" + NUMBERS + b"]", BATCH, 202),
    "ten such lines": (lambda: gzip.compress((NUMBERS + b"\n") * 10), {**LINES, **GZIP}, 413),
    "eight such lines": (lambda: gzip.compress((NUMBERS + b"\n") * 8), {**LINES, **GZIP}, 202),
    "half a million good papers": (lambda: costly(",".join(['"a"'] * 200_000)), ONE, 422),
    "half a million lists": (lambda: costly(",".join(["[[[[[[[[]]]]]]]]"] * 60_000)), ONE, 400),
    "a batch of ten mebibytes of numbers": (lambda: b"[" + b"0," * (5 * MIB - 2) + b"0]", BATCH, 413),
    "a batch of ten mebibytes of lists": (lambda: b"[" + b"[]," * (3 * MIB) + b"0]", BATCH, 413),
    "a batch of one deep list": (lambda: b"[" * (5 * MIB - 1) + b"]" * (5 * MIB - 1), BATCH, 413),
    "a batch of one text full of escapes": (lambda: b'["' + rb"\n" * (5 * MIB - 8) + b'"]', BATCH, 413),
    "a batch of backslashes": (lambda: b'["' + b"\\" * (5 * MIB) + rb'\u0000"]', BATCH, 413),
    "a batch that never ends": (lambda: b'["' + b"\\" * (9 * MIB), BATCH, 400),
    "a batch of many faults": (lambda: json.dumps([{"data": {}}] * 2000).encode(), BATCH, 202),
    "backslashes before NUL": (lambda: b'{"a":"' + b"\\" * (MIB - 200) + rb'x\u0000"}', ONE, 422),
    "marks of byte order": (lambda: b"\xef\xbb\xbf" * 300_000, ONE, 400),
    "gzip of nothing, often": (lambda: gzip.compress(b"") * 400_000, {**LINES, **GZIP}, 400),
    "a number of a mebibyte": (lambda: b'{"a":' + b"9" * (MIB - 100) + b"}", ONE, 422),
    "long names": (lambda: b"{" + b",".join(b'"%d":0' % one for one in range(90_000)) + b"}", ONE, 422),
}


async def test_no_body_holds_the_loop(nats_url: str, databases: Databases, nats_client: Client) -> None:
    """Whatever a body holds, the loop goes on, and the answer is a short one."""
    found: dict[str, tuple[int, bool, bool]] = {}
    async with opened(nats_url, databases, nats_client, rate=10_000_000) as door:
        for name, (make, headers, _) in BODIES.items():
            answer, stall = await calm(partial(door.post, make(), headers))
            found[name] = (answer.status_code, stall < STALL, len(answer.content) < LONGEST_ANSWER)

    assert {name: (status, True, True) for name, (_, _, status) in BODIES.items()} == found


async def test_long_lines_are_not_gathered(door: Door) -> None:
    """Long lines are judged a few at a time, in the memory of a few, however many one request unpacks to."""
    line = b"".join(b"%x" % (one * 7919 % 104729) for one in range(200_000)) + b"\n"
    body = gzip.compress(line, 1) * 40
    tracemalloc.start()
    try:
        answer = await door.post(body, {**LINES, **GZIP})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (202, 40) == (answer.status_code, len(answer.json()["rejected"]))
    assert peak - len(body) < 16 * MIB


JUNK = {
    "a text": b'"' + b"x" * MIB + b'"',
    "no JSON": b"x" * MIB,
    "blanks": b" " * MIB + b"x",
    "backslashes": b"\\" * MIB,
    "quotes": b'"' * MIB,
    "halves of pairs": b"\\ud83d" * (MIB // 6),
    "digits": b"9,99" * (MIB // 4),
}


@pytest.mark.parametrize("line", JUNK.values(), ids=JUNK)
def test_a_line_costs_no_more_than_events_of_its_price(line: bytes) -> None:
    """A line is charged like as many events as it has kibibytes, and read in about their time at most."""
    small = json.dumps(event()).encode()

    def least(lines: list[bytes]) -> float:
        return min(cpu_of(lines) for _ in range(3))

    assert least([line]) < 2 * least([small] * cost(1, len(line)))


def cpu_of(lines: list[bytes]) -> float:
    """Return the seconds of a processor that it takes to read lines."""
    began = time.thread_time()
    assert len(lines) == len(list(parse_lines(lines)))
    return time.thread_time() - began


async def test_a_list_of_wrong_receipts_costs_little(door: Door) -> None:
    """Half a million wrong receipts are too many; of the faults of a few hundred two hundred are told."""
    bodies = (b"[" + b"0," * 500_000 + b"0]", b"[" + b"{}," * 400 + b"{}]")

    (many, first), (some, second) = [
        await calm(partial(door.http.post, "/v1/receipts", content=body)) for body in bodies
    ]

    assert 413 == many.status_code
    assert (422, 201) == (some.status_code, len(some.json()["errors"]))
    assert "and 1003 more" == some.json()["errors"][-1]["detail"]
    assert max(first, second) < STALL


async def test_an_answer_tells_two_hundred_errors_and_counts_the_rest(door: Door) -> None:
    """Each rejected event is named with one error at least; what is not told is counted."""
    answer = (await door.post(json.dumps([{}] * 300).encode(), BATCH)).json()

    assert 300 == len(answer["rejected"])
    told = sum(len(one["errors"]) for one in answer["rejected"])
    assert 300 * 6 == told + answer["left_out"]["errors"]


async def test_unpacked_bytes_are_paid_for(nats_url: str, databases: Databases, nats_client: Client) -> None:
    """A kilobyte that unpacks to a mebibyte uses up the rate of a mebibyte, through both doors."""
    body = json.dumps(event()).encode()
    async with opened(nats_url, databases, nats_client, rate=100) as door:
        first = await door.post(gzip.compress(body + b" " * (MIB - 1000)), {**ONE, **GZIP})
        then = [(await door.post(body)).status_code, said(await door.ask(body))]

    assert 202 == first.status_code
    assert [429, 429] == then
