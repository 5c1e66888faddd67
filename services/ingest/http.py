"""The HTTP application: routes put together, every error a problem, the description at `/docs`."""

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.routing import Route

from runtime.http import Check, operations
from services.ingest.auth import Gate
from services.ingest.events_http import EventsEndpoint
from services.ingest.metrics import Metrics
from services.ingest.openapi import DESCRIPTION, describe
from services.ingest.problems import ProblemError, on_crash, on_http_error, on_problem
from services.ingest.receipts import IssueReceipts
from services.ingest.receipts_http import router
from services.ingest.usecases import AcceptEvents


def application(
    gate: Gate, accept: AcceptEvents, issue: IssueReceipts, checks: Mapping[str, Check], metrics: Metrics
) -> FastAPI:
    """Return the application; the route of events comes first and is plain ASGI."""
    # The subclass serves the page of /docs from this process, where FastAPI points at a public host.
    app = FastAPIOffline(
        title="Docwatch ingest", version=version("docwatch"), description=DESCRIPTION, redoc_url=None
    )
    app.router.routes.insert(0, Route("/v1/events", EventsEndpoint(gate, accept), methods=["POST"]))
    app.include_router(router(gate, issue))
    app.router.routes.extend(operations(checks, metrics.registry))
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_crash)
    app.openapi = partial(describe, app)  # type: ignore[method-assign] # FastAPI's documented way to extend it
    return app
