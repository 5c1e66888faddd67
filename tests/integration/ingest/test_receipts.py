"""`POST /v1/receipts`: the same receipt always has the same secrets, and nobody else can know them."""

import httpx
import pytest

from contracts import typed_code
from contracts.claims import claim_hash
from runtime.database.postgres import Pool
from tests.integration.ingest.conftest import Tracker

RECEIPT = {"receipt_id": "r-1", "application_number": "AB-123456789", "document_type": "id_card"}
RECEIPT_KEY = bytes.fromhex("cd" * 32)


async def test_a_receipt_carries_what_the_tracker_can_check(
    ingest: httpx.AsyncClient, tracker: Tracker
) -> None:
    """The tracker is told hashes of the token and the code that are printed, and no secret."""
    answer = await ingest.post("/v1/receipts", json=RECEIPT)

    body = answer.json()
    (claim,) = tracker.claims
    code = typed_code.parse(body["code"])
    assert (201, True, "…6789") == (answer.status_code, body["created"], body["masked"])
    assert {
        "telegram": f"https://t.me/docwatch_sample_bot?start={body['token']}",
        "viber": f"viber://pa?chatURI=docwatchsample&context={body['token']}",
    } == body["links"]
    assert body["links"]["telegram"] == body["link"]
    assert claim_hash(RECEIPT_KEY, "token", body["token"]) == claim.token_hash
    assert claim_hash(RECEIPT_KEY, "code", code or "") == claim.code_hash
    assert ("passports", "r-1", 1, "id_card") == (
        claim.publisher,
        claim.receipt_id,
        claim.generation,
        claim.document_type,
    )
    assert body["token"] not in claim.model_dump_json()


async def test_a_receipt_can_be_asked_for_again(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """The same receipt, in whatever spelling, has the same token and code and is not new."""
    first = await ingest.post("/v1/receipts", json=RECEIPT)

    again = await ingest.post("/v1/receipts", json={**RECEIPT, "application_number": "ав 123456789"})

    assert (200, False) == (again.status_code, again.json()["created"])
    assert {**first.json(), "created": False} == again.json()
    assert 2 == len(tracker.claims)


async def test_a_receipt_stands_for_one_application(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """The id of a receipt given for another application is a conflict, and the tracker is not asked."""
    await ingest.post("/v1/receipts", json=RECEIPT)

    answer = await ingest.post("/v1/receipts", json={**RECEIPT, "application_number": "CD-123456789"})

    assert (409, "/receipt_id") == (answer.status_code, answer.json()["errors"][0]["pointer"])
    assert 1 == len(tracker.claims)


async def test_each_receipt_of_a_list_has_its_own_answer(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """Good receipts are issued in order, bad ones named by index; one id twice is one receipt."""
    wanted = [
        RECEIPT,
        {**RECEIPT, "receipt_id": "r-2", "application_number": "nothing"},
        {**RECEIPT, "receipt_id": "r-3", "document_type": "moon_passport"},
        {**RECEIPT, "receipt_id": "r-4", "application_number": "1234567890"},
        {**RECEIPT, "receipt_id": "r-1234567890", "application_number": "1234567890"},
        RECEIPT,
    ]

    body = (await ingest.post("/v1/receipts", json=wanted)).json()

    assert ["r-1", "r-4", "r-1"] == [one["receipt_id"] for one in body["receipts"]]
    assert body["receipts"][0]["token"] == body["receipts"][2]["token"]
    assert [(1, 422, "/application_number"), (2, 422, "/document_type"), (4, 422, "/receipt_id")] == [
        (one["index"], one["status"], one["errors"][0]["pointer"]) for one in body["rejected"]
    ]
    assert "1234567890" not in str(body)
    assert 3 == len(tracker.claims)


async def test_without_the_tracker_the_fate_is_unknown(ingest: httpx.AsyncClient, pool: Pool) -> None:
    """No answer from the tracker is 503 with Retry-After; asking again later gives the receipt."""
    answer = await ingest.post("/v1/receipts", json=RECEIPT)

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])
    assert 1 == await pool.fetchval("SELECT count(*) FROM receipt")


@pytest.mark.parametrize(("reason", "status"), [("invalid", 409), ("limit", 429), ("unavailable", 503)])
async def test_a_refusal_of_the_tracker_is_told(
    ingest: httpx.AsyncClient, tracker: Tracker, reason: str, status: int
) -> None:
    """Each reason of the tracker has its own status."""
    tracker.answer = {"result": "refused", "reason": reason}

    answer = await ingest.post("/v1/receipts", json=RECEIPT)

    assert status == answer.status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"{}", 422),
        (b"[1]", 422),
        (b" " * (1024 * 1024 + 1), 413),
        (b"[" + b"{}," * 500 + b"{}]", 413),
    ],
)
async def test_malformed_requests_are_problems(ingest: httpx.AsyncClient, body: bytes, status: int) -> None:
    """What is no receipt at all is refused whole."""
    answer = await ingest.post("/v1/receipts", content=body)

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
