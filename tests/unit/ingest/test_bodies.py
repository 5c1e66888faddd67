"""CloudEvents in all their HTTP modes; one bad item never spoils the others."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.events import CloudEvent, Unfit
from services.ingest.events import bodies
from services.ingest.events.bodies import MAX_ITEMS, parse, parse_lines
from services.ingest.events.content_modes import Mode, WholeMode, mode_of
from services.ingest.web.problems import ProblemError

Make = Callable[..., dict[str, Any]]
BAD: list[dict[str, Any]] = [
    {"stage": None},
    {"stage": "no spaces allowed"},
    {"time": "2026-02-28T10:00:00"},
    {"time": "1767225600"},
    {"sequence": "7"},
    {"type": "other"},
    {"id": "a\x00b"},
    {"correction": "yes"},
]


@pytest.mark.parametrize(
    ("content_type", "headers", "mode"),
    [
        ("application/cloudevents+json; charset=utf-8", {}, "single"),
        ("application/cloudevents-batch+json", {}, "batch"),
        ("Application/JSON", {}, "single"),
        ("application/json", {"ce-specversion": "1.0"}, "binary"),
        ("application/x-ndjson", {}, "lines"),
    ],
)
def test_the_content_type_says_how_events_travel(
    content_type: str, headers: dict[str, str], mode: Mode
) -> None:
    """The batch's type is told from the single one's, whose name it begins with."""
    found = mode_of({"content-type": content_type, **headers})

    assert mode == found


@pytest.mark.parametrize(
    "headers",
    [{}, {"content-type": "text/csv"}],
)
def test_other_content_is_not_guessed_at(headers: dict[str, str]) -> None:
    """A body of unknown type is 415."""
    with pytest.raises(ProblemError) as caught:
        mode_of(headers)

    assert 415 == caught.value.status


async def test_all_modes_carry_the_same_event(raw: Make) -> None:
    """An event is the same whether structured, binary, in a batch or on a line."""
    event = raw(id="№ 7", office="kyiv-1")
    body = json.dumps(event).encode()
    headers = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    headers["ce-id"] = "%E2%84%96%207"

    found = [
        *(await parse("single", {}, body)).items,
        *(await parse("binary", headers, json.dumps(event["data"]).encode())).items,
        *(await parse("batch", {}, b"[" + body + b"]")).items,
        *parse_lines([body + b"\r"]),
    ]

    assert isinstance(found[0], CloudEvent)
    assert [found[0]] * 4 == found


@given(st.lists(st.one_of(st.none(), st.sampled_from(BAD)), max_size=12), st.sampled_from(["batch", "lines"]))
async def test_a_bad_item_leaves_the_others_alone(
    raw: Make, plan: list[dict[str, Any] | None], mode: Mode
) -> None:
    """Items come out in the order sent, each good one whole and each bad one with its faults."""
    items = [raw(**{"id": f"e-{index}", **(bad or {})}) for index, bad in enumerate(plan)]
    texts = [json.dumps(item) for item in items]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "_READ_AT_ONCE", 5)
        found = (
            list(parse_lines([text.encode() for text in texts]))
            if mode == "lines"
            else (await parse("batch", {}, f"[{','.join(texts)}]".encode())).items
        )

    assert [bad is None for bad in plan] == [isinstance(one, CloudEvent) for one in found]
    for one, item in zip(found, items, strict=True):
        assert one.id == item["id"]
        assert isinstance(one, CloudEvent) or one.faults


async def test_faults_point_at_fields(raw: Make) -> None:
    """A validation error becomes a JSON pointer and a sentence, without the value."""
    item = raw(stage="AB-123456789 x", sequence=-1, missing=["ok", "not ok"], time=None)

    (found,) = (await parse("single", {}, json.dumps(item).encode())).items

    assert isinstance(found, Unfit)
    assert {"/time", "/data/stage", "/data/sequence", "/data/missing/1"} == {
        fault.pointer for fault in found.faults
    }
    assert "123456789" not in repr(found.faults)


async def test_an_unfit_items_id_is_not_repeated_where_it_spells_the_number_out(raw: Make) -> None:
    """Not even an error shows a number."""
    item = raw(id="AB123456789-1", stage=None)

    (found,) = (await parse("batch", {}, json.dumps([item]).encode())).items

    assert isinstance(found, Unfit)
    assert found.id is None


@pytest.mark.parametrize(
    ("mode", "body", "status"),
    [
        ("single", b"{", 400),
        ("single", b'{"a":"\xff"}', 400),
        ("single", b'{"x":' + b"[" * 300 + b"]" * 300 + b"}", 400),
        ("batch", b"[" * 100_000, 400),
        ("single", b'{"id":"\x00"}', 400),
        ("binary", b"{", 400),
        ("batch", b"{}", 400),
        ("batch", b"[" + b"{}," * MAX_ITEMS + b"{}]", 413),
        ("batch", b"[" + b"1," * 300_000 + b"1]", 413),
    ],
)
async def test_what_cannot_be_taken_apart_is_refused_whole(mode: WholeMode, body: bytes, status: int) -> None:
    """Broken, too deep, too many or with NUL: the request fails before anything is accepted."""
    with pytest.raises(ProblemError) as caught:
        await parse(mode, {"ce-specversion": "1.0"}, body)

    assert status == caught.value.status


@given(st.binary(max_size=60), st.sampled_from(["single", "binary", "batch", "lines"]))
async def test_no_body_breaks_the_parser(body: bytes, mode: Mode) -> None:
    """Any bytes end in items or in a problem."""
    try:
        found = list(parse_lines([body])) if mode == "lines" else (await parse(mode, {}, body)).items
        statuses = {400 if isinstance(one, Unfit) else 202 for one in found}
    except ProblemError as problem:
        statuses = {problem.status}

    assert statuses <= {400}
