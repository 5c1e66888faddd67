"""What suggested answers say of the citizen's own document: filled from its state and the catalogue."""

from datetime import date
from html import unescape
from typing import Any

import pytest
from nats.aio.client import Client

from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from tests.conftest import Databases
from tests.integration.desk.pages_bench import desk_pages
from tests.integration.desk.people import Desk

CORRECTION: dict[str, Any] = {
    "document": "id_card",
    "stage": "correction_needed",
    "office": "kyiv-1",
    "expected_at": date(2026, 12, 4),
    "missing": ("photograph", "birth_certificate"),
}
CHECK: dict[str, Any] = {
    "document": "id_card",
    "stage": "verification",
    "expected_at": date(2026, 12, 4),
}

ANSWERS = ("missing_papers_now", "stuck")


@pytest.mark.parametrize(
    ("question", "about", "expected"),
    [
        (
            "яких документів не вистачає у моїй заяві",
            CORRECTION,
            (
                "Принесіть: фотографія, свідоцтво про народження.",
                "Години роботи: пн–пт 09:00–18:00; сб 09:00–14:00.",
            ),
        ),
        ("чому так довго перевіряють", CHECK, ("Очікуємо: 4 грудня.",)),
    ],
)
async def test_suggested_answers_have_no_gaps_where_all_is_known(
    pool: Pool,
    databases: Databases,
    question: str,
    about: dict[str, Any],
    expected: tuple[str, ...],
) -> None:
    """Papers, hours and the expected day stand in the text, in the citizen's language."""
    desk = Desk(pool, Outbox(pool, StreamWriter(Client()), SystemClock()))
    async with desk_pages(pool, databases.url("desk"), desk.conversations, answers=ANSWERS) as pages:
        olena = pages.browser(await pages.staff("Olena", "operator"))
        async with olena:
            talks = await desk.open(question, **about)
            await olena.post("/conversations/take", id=talks.conversation_id)
            page = unescape((await olena.get(f"/conversations/{talks.conversation_id}")).text)

    assert [] == [text for text in expected if text not in page]
    assert [] == [gap for gap in ("{bring}", "{hours}", "{until}") if gap in page]
