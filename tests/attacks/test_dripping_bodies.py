"""Bodies that never come to their end, at the doors that strangers may knock at."""

from collections.abc import Callable

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.process import forms
from runtime.process.forms import RefusedError, body_of
from services.notifier.channels.viber.webhook import posts_of
from services.notifier.edge.posts import posted
from services.notifier.inbound.webhook import Webhook
from tests.attacks.wire import HEAD, HOST, asked, listening
from tests.integration.notifier.world import World

Open = Callable[[World], ASGIApp]
POSTS = posts_of(f"http://{HOST}", "445da6az1s345z78-dazcczb2542zv51a", "A")
HALF = (
    HEAD
    + f"Content-Type: {forms.FORM}\r\nX-Viber-Content-Signature: {'0' * 64}\r\n".encode()
    + b"Content-Length: 100\r\n\r\na=half"
)


async def of_a_form(scope: Scope, receive: Receive, send: Send) -> None:
    """Read a form as the citizens' page and the desk do."""
    try:
        await body_of(Request(scope, receive), 4096)
    except RefusedError as refused:
        await PlainTextResponse("no", refused.status)(scope, receive, send)


async def of_the_edge(scope: Scope, receive: Receive, send: Send) -> None:
    """Read what is posted on the receipt's page."""
    try:
        await posted(scope, receive)
    except RefusedError as refused:
        await PlainTextResponse("no", refused.status)(scope, receive, send)


def a_form(_: World) -> ASGIApp:
    """A form."""
    return of_a_form


def the_edge(_: World) -> ASGIApp:
    """The page of receipts."""
    return of_the_edge


def a_messengers(world: World) -> ASGIApp:
    """The door of a messenger that posts."""
    route: Route = Webhook(POSTS, world.updates()).route()
    return route.app


@pytest.mark.parametrize(("door", "status"), [(a_form, 408), (the_edge, 408), (a_messengers, 400)])
async def test_a_body_that_does_not_end_is_answered_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, door: Open, status: int
) -> None:
    """Whoever never ends a body is told so after its time, whatever else is patient with them."""
    monkeypatch.setattr(forms, "BODY_SECONDS", 0.1)
    async with listening(door(world)) as listener:
        answered = await asked(listener.port, HALF)

    assert status == answered
