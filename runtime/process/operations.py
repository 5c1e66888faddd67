"""Health, readiness and metrics: the same three paths on every service.

`/healthz` says that the event loop runs, `/readyz` that everything the service needs can be reached.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

Check = Callable[[], Awaitable[str | None]]
"""Return None when fit, else one sentence that says what is wrong; may raise, which counts as unfit."""

CHECK_SECONDS = 2.0


def operations(checks: Mapping[str, Check], registry: CollectorRegistry) -> list[BaseRoute]:
    """Return the routes `/healthz`, `/readyz` and `/metrics`."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        names = list(checks)
        answers = await asyncio.gather(*(_checked(checks[name]) for name in names))
        problems = {name: answer for name, answer in zip(names, answers, strict=True) if answer is not None}
        return JSONResponse(
            {"ready": not problems, "problems": problems}, status_code=503 if problems else 200
        )

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _checked(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS)
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001 - whatever a check raises means: not ready, and why
        return f"{type(error).__name__}: {error}"
