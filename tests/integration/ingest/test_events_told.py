"""`GET /v1/events/{event_id}` and `GET /v1/unreached`, answered by the tracker."""

import httpx

from tests.integration.ingest.conftest import Tracker

AT = "2026-02-01T10:00:00Z"
EVENT = {
    "result": "event",
    "effect": "advance",
    "document_type": "id_card",
    "stage": "printing",
    "notices": 5,
    "pending": 1,
    "ends": [
        {"end": "accepted", "notices": 2},
        {"end": "accepted", "reason": "failed", "notices": 1},
        {"end": "undeliverable", "reason": "blocked", "notices": 1},
    ],
    "at": AT,
}
ROW = {
    "cursor": 7,
    "event_id": "e-1",
    "receipt_id": "r-1",
    "document_type": "id_card",
    "stage": "arrived",
    "office": "kyiv-1",
    "end": "undeliverable",
    "reason": "blocked",
    "at": AT,
}


async def test_an_event_says_whom_it_reached(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """Reached x of y, and each end with its reason; what was accepted and failed later reached nobody."""
    tracker.answer = EVENT

    answer = await ingest.get("/v1/events/2026/e-1")

    body = answer.json()
    assert (200, "2026/e-1", "advance") == (answer.status_code, body["event_id"], body["effect"])
    assert (5, 2, 1) == (body["notices"], body["reached"], body["pending"])
    assert [None, "failed", "blocked"] == [one["reason"] for one in body["ends"]]


async def test_an_event_that_is_not_known_is_not_found(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """What the tracker refuses as unknown is 404; what it cannot answer now is 503."""
    unknown = await ingest.get("/v1/events/e-1")
    tracker.answer = {"result": "refused", "reason": "unavailable"}
    unable = await ingest.get("/v1/events/e-1")

    assert [404, 503] == [unknown.status_code, unable.status_code]


async def test_the_call_list_comes_as_json_and_as_csv(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """Both forms hold the publisher's own ids, office, stage and reason, and where to go on."""
    tracker.answer = {"result": "unreached", "rows": [ROW], "after": 7}

    plain = await ingest.get("/v1/unreached")
    table = await ingest.get("/v1/unreached", params={"format": "csv"})
    tracker.answer = {"result": "unreached", "rows": [{**ROW, "event_id": '=1+1;@x,"a"'}], "after": 7}
    hostile = await ingest.get("/v1/unreached", params={"format": "csv", "separator": "semicolon"})

    body = plain.json()
    assert (7, "r-1", "kyiv-1") == (
        body["next"],
        *(body["unreached"][0][one] for one in ("receipt_id", "office")),
    )
    assert ("text/csv; charset=utf-8", "7") == (table.headers["content-type"], table.headers["x-next"])
    assert [
        '\ufeff"office","stage","document_type","event_id","receipt_id","end","reason","at"',
        f'"kyiv-1","arrived","id_card","e-1","r-1","undeliverable","blocked","{AT}"',
    ] == table.text.splitlines()
    assert '"\'=1+1;\'@x,""a"""' == hostile.text.splitlines()[1].split(";", 3)[3].rsplit(";", 4)[0]


async def test_the_call_list_is_asked_for_by_office_and_stage(
    ingest: httpx.AsyncClient, tracker: Tracker
) -> None:
    """An office calls its own people; what is no code is refused."""
    wanted = {"office": "kyiv-1", "stage": "arrived"}
    answers = [await ingest.get("/v1/unreached", params={**wanted, "format": one}) for one in ("json", "csv")]
    wrong = await ingest.get("/v1/unreached", params={"office": "a b"})

    assert [200, 200, 422] == [one.status_code for one in (*answers, wrong)]
    assert [("kyiv-1", "arrived")] * 2 == [(one.office, one.stage) for one in tracker.asked]


async def test_nothing_is_said_without_the_tracker(ingest: httpx.AsyncClient) -> None:
    """Where the tracker is silent the answer is 503 with Retry-After."""
    answers = [await ingest.get("/v1/events/e-1"), await ingest.get("/v1/unreached")]

    assert [(503, "5")] * 2 == [(one.status_code, one.headers["retry-after"]) for one in answers]
