"""An id in a path is one piece: what it holds chooses no route and no other id."""

import pytest
from nats.aio.client import Client

from tests.attacks.door import Door, opened
from tests.conftest import Databases
from tests.integration.ingest.conftest import Tracker

NUMBER = {"application_number": "AB-123456789", "document_type": "id_card"}
IDS = ("r-1", "r-1/print", "r-1/qr.svg", "r-1/qr.png", "r-1/reissue", "a/b", "a%2Fb", "100%", "№ 7", "?q=1#x")


def encoded(receipt_id: str) -> str:
    """Encode each byte, as whoever wants to be sure does."""
    return "".join(f"%{byte:02x}" for byte in receipt_id.encode())


async def test_an_id_never_chooses_the_route(
    nats_url: str, databases: Databases, nats_client: Client
) -> None:
    """Every id is shown, drawn, printed, issued anew and revoked as itself, also one that ends as a route."""
    await Tracker(nats_client).start()
    async with opened(nats_url, databases, nats_client) as door:
        for one in IDS:
            made = await door.http.post("/v1/receipts", json={"receipt_id": one, **NUMBER})
            assert 201 == made.status_code, made.text
        for one in IDS:
            here = f"/v1/receipts/{encoded(one)}"
            shown = await door.http.get(here)
            kinds = [
                (await door.http.get(here + what)).headers["content-type"].partition(";")[0]
                for what in ("/qr.svg", "/qr.png", "/print")
            ]
            anew = await door.http.post(here + "/reissue")
            gone = await door.http.delete(here)

            assert (200, one) == (shown.status_code, shown.json()["receipt_id"])
            assert ["image/svg+xml", "image/png", "text/html"] == kinds
            assert (201, one) == (anew.status_code, anew.json()["receipt_id"])
            assert (200, one, True) == (gone.status_code, gone.json()["receipt_id"], gone.json()["changed"])


@pytest.mark.parametrize("path", ["/v1/receipts/%FF", "/v1/receipts/%FE/print", "/v1/events/%C3"])
async def test_an_id_that_is_not_utf_8_is_refused(door: Door, path: str) -> None:
    """Two broken ids are not one id that exists."""
    answer = await door.http.get(path)

    assert (422, "is not UTF-8") == (answer.status_code, answer.json()["errors"][0]["detail"][:12])
