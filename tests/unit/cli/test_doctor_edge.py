"""What the doctor sees of the public edge, asked as a browser asks."""

import time

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from cli.doctor.edge import look_at_edge
from cli.doctor.facts import EdgeFact
from contracts.catalogue import load_catalogue
from sandbox.agency import CATALOGUE
from services.notifier.edge.application import Edge
from services.notifier.edge.pages import Pages
from services.notifier.wording.i18n import load_voice
from tests.attacks.wire import HOST, listening

VOICE = load_voice(load_catalogue(CATALOGUE))
OFFERING = VOICE.catalogue.agency
AGENCY = OFFERING.model_copy(update={"channels": OFFERING.channels[:2]})
"""Without a page of the citizens' own."""
OURS = Edge(Pages(VOICE, AGENCY, "https://docs.agency.example"), time.monotonic, lambda _: None)


@pytest.mark.parametrize(
    ("app", "bot", "other_page"),
    [
        (OURS, None, False),
        (OURS, "another_bot", True),
        (PlainTextResponse("hello"), None, True),
        (PlainTextResponse("gone", 404), None, True),
    ],
    ids=["ours", "another bot", "another site", "nothing there"],
)
async def test_the_page_must_be_ours(app: ASGIApp, bot: str | None, *, other_page: bool) -> None:
    """Another answer, or a page that leads to other bots than the catalogue's, is told."""
    async with listening(app) as listener:
        url = f"http://{HOST}:{listener.port}"
        found = await look_at_edge(url, AGENCY.named("telegram", bot))

    assert EdgeFact(url, encrypted=False, local=True, other_page=other_page) == found


async def test_an_edge_that_is_away_is_no_error() -> None:
    """Where nothing answers the fact says why, and where there is nothing to offer nobody is asked."""
    async with listening(OURS) as listener:
        url = f"http://{HOST}:{listener.port}"
    away = await look_at_edge(url, AGENCY)
    empty = await look_at_edge(url, AGENCY.model_copy(update={"channels": ()}))

    assert "ClientConnectorError" == away.error
    assert (True, None) == (empty.no_channels, empty.error)


@pytest.mark.parametrize(("answer", "no_page"), [("<link href=/p/static/x>", False), ("hello", True)])
async def test_the_citizens_own_page_must_answer(answer: str, *, no_page: bool) -> None:
    """Where the catalogue offers the page, what answers there must be it."""
    own = Route("/p", PlainTextResponse(answer, headers={"Cache-Control": "no-store"}))
    async with listening(Starlette(routes=[own, Mount("", OURS)])) as listener:
        url = f"http://{HOST}:{listener.port}"
        found = await look_at_edge(url, OFFERING)

    assert EdgeFact(url, encrypted=False, local=True, no_page=no_page) == found
