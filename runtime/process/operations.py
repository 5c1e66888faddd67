"""What operators ask of every service, on a listener of its own: health, readiness and metrics.

`/healthz` says that the event loop runs, `/readyz` that everything the service needs can be reached.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.process.hosts import (
    MISDIRECTED,
    SENTENCE,
    is_local,
    names_us,
)

Check = Callable[[], Awaitable[str | None]]
"""Return None when fit, else one sentence that says what is wrong; may raise, which counts as unfit."""

CHECK_SECONDS = 2.0


def operations(
    checks: Mapping[str, Check], registry: CollectorRegistry, host: str, more: Iterable[BaseRoute] = ()
) -> ASGIApp:
    """Return the application with `/healthz`, `/readyz` and `/metrics`, and `more` beside them.

    `host` is where it listens, as we were told.
    """

    async def readyz(_: Request) -> Response:
        names = list(checks)
        answers = await asyncio.gather(*(_checked(checks[name]) for name in names))
        problems = {name: answer for name, answer in zip(names, answers, strict=True) if answer is not None}
        return JSONResponse(
            {"ready": not problems, "problems": problems}, status_code=503 if problems else 200
        )

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    return OwnNames(Starlette(routes=[*routes, *more]), host)


async def healthz(_: Request) -> Response:
    """Say that the event loop runs, and nothing else."""
    return PlainTextResponse("ok\n")


async def _checked(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS)
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001 - whatever a check raises means: not ready, and why
        return f"{type(error).__name__}: {error}"


class OwnNames:
    """An ASGI layer that answers 421 to names of others where we listen for this machine alone."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host
        self._local = is_local(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, or refuse."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        if self._local and not names_us(host.decode("latin-1"), self._host):
            refusal = PlainTextResponse(f"{SENTENCE}\n", MISDIRECTED)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)
