"""A receipt again: shown, drawn, printed, revoked and issued anew."""

from html import unescape

import httpx
import pytest
from nats.aio.client import Client

from services.notifier.pictures.decoder import codes_in
from tests.integration.ingest.conftest import Bench, Tracker

RECEIPT = {"receipt_id": "desk 4/17", "application_number": "AB-123456789", "document_type": "id_card"}
HERE = "/v1/receipts/desk 4/17"


@pytest.fixture
async def issued(ingest: httpx.AsyncClient, tracker: Tracker) -> dict[str, str]:
    """A receipt whose id has a space and a slash."""
    assert tracker.claims == []
    found: dict[str, str] = (await ingest.post("/v1/receipts", json=RECEIPT)).json()
    return found


async def test_a_receipt_is_shown_as_it_was_issued(ingest: httpx.AsyncClient, issued: dict[str, str]) -> None:
    """The same link and code, without the number being given again."""
    answer = await ingest.get(HERE)

    assert (200, {**issued, "created": False}) == (answer.status_code, answer.json())


@pytest.mark.parametrize(
    ("name", "kind", "start"),
    [
        ("qr.svg", "image/svg+xml", b"<svg"),
        ("qr.png", "image/png", b"\x89PNG"),
        ("print", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
    ],
)
async def test_what_is_printed_is_kept_nowhere(
    ingest: httpx.AsyncClient, issued: dict[str, str], name: str, kind: str, start: bytes
) -> None:
    """Pictures and page come with their type, and no cache may hold them."""
    answer = await ingest.get(f"{HERE}/{name}")

    assert (200, kind, "no-store") == (
        answer.status_code,
        answer.headers["content-type"],
        answer.headers["cache-control"],
    )
    assert answer.content.startswith(start)
    assert issued["code"]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("uk", "Дізнавайтеся, де ваш документ"), ("ru", "Узнавайте, где ваш документ"), ("en", "Follow where")],
)
async def test_the_page_speaks_the_language_and_shows_the_code(
    ingest: httpx.AsyncClient, issued: dict[str, str], language: str, sentence: str
) -> None:
    """Title, code, each channel's bot and the number's tail are on it, in the language asked for."""
    text = (await ingest.get(f"{HERE}/print", params={"language": language})).text

    assert [] == [
        one
        for one in (
            f'lang="{language}"',
            sentence,
            issued["code"],
            "@docwatch_sample_bot",
            "docwatchsample",
            "…6789",
            "desk 4/17",
        )
        if one not in text
    ]


@pytest.mark.parametrize("public_url", [None, "https://docs.agency.example"])
async def test_the_code_leads_where_the_answer_says(
    nats_url: str, bench: Bench, tracker: Tracker, nats_client: Client, public_url: str | None
) -> None:
    """The picture holds `link`: the page with all channels where there is one, else the first channel's."""
    assert nats_client.is_connected
    async with bench.open(nats_url, public_url=public_url) as ingest:
        issued = (await ingest.post("/v1/receipts", json=RECEIPT)).json()
        picture = (await ingest.get(f"{HERE}/qr.png")).content
        text = unescape((await ingest.get(f"{HERE}/print", params={"language": "en"})).text)

    page = f"https://docs.agency.example/r/{issued['token']}"
    assert (page if public_url else issued["links"]["telegram"]) == issued["link"]
    assert (issued["link"],) == codes_in(picture)
    assert ("It begins with https://docs.agency.example" in text) is (public_url is not None)
    assert "@docwatch_sample_bot in Telegram, docwatchsample in Viber" in text
    assert {issued["receipt_id"]} == {claim.receipt_id for claim in tracker.claims}


async def test_a_reissued_receipt_has_other_secrets_and_the_next_generation(
    ingest: httpx.AsyncClient, issued: dict[str, str], tracker: Tracker
) -> None:
    """The earlier link and code are replaced, also where the receipt had been revoked."""
    await ingest.delete(HERE)

    answer = await ingest.post(f"{HERE}/reissue")

    body = answer.json()
    assert 201 == answer.status_code
    assert issued["token"] != body["token"]
    assert issued["code"] != body["code"]
    assert [1, 2] == [claim.generation for claim in tracker.claims]
    assert body["token"] == (await ingest.get(HERE)).json()["token"]


async def test_a_revoked_receipt_is_not_shown_again(
    ingest: httpx.AsyncClient, issued: dict[str, str], tracker: Tracker
) -> None:
    """The tracker is told; asking for the same receipt is a conflict until it is issued anew."""
    answers = [(await ingest.delete(HERE)).json() for _ in range(2)]

    statuses = [
        (await ingest.get(HERE)).status_code,
        (await ingest.get(f"{HERE}/qr.svg")).status_code,
        (await ingest.post("/v1/receipts", json=RECEIPT)).status_code,
    ]
    assert [True, False] == [one["changed"] for one in answers]
    assert [409, 409, 409] == statuses
    assert issued["receipt_id"] == tracker.revoked[0].receipt_id


async def test_an_unknown_receipt_is_not_found(ingest: httpx.AsyncClient, tracker: Tracker) -> None:
    """Every way to ask for it answers alike."""
    answers = [
        await ingest.get("/v1/receipts/none"),
        await ingest.get("/v1/receipts/none/qr.png"),
        await ingest.delete("/v1/receipts/none"),
        await ingest.post("/v1/receipts/none/reissue"),
    ]

    assert [404] * 4 == [one.status_code for one in answers]
    assert [] == tracker.claims


async def test_without_the_tracker_nothing_is_shown(ingest: httpx.AsyncClient) -> None:
    """A receipt that the tracker may not know is not printed: 503 with Retry-After."""
    await ingest.post("/v1/receipts", json=RECEIPT)

    answer = await ingest.get(HERE)

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])
