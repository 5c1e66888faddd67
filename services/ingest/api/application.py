"""The HTTP application: routes put together, every error a problem, the description at `/docs`."""

from collections.abc import Iterable
from functools import partial
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from runtime.process.operations import healthz
from services.ingest.api.description import DESCRIPTION, describe
from services.ingest.api.doors import Doors
from services.ingest.events.accept import AcceptEvents
from services.ingest.events.endpoint import PATH, EventsEndpoint
from services.ingest.keys.gate import Gate
from services.ingest.keys.rates import RateFields
from services.ingest.metrics import Metrics
from services.ingest.web.paths import RawPaths
from services.ingest.web.places import Places
from services.ingest.web.problem_kinds import PATH as KINDS
from services.ingest.web.problems import (
    ProblemError,
    explain,
    on_crash,
    on_http_error,
    on_parameters,
    on_problem,
)

TITLE = "Docwatch ingest"


def application(
    *,
    gate: Gate,
    accept: AcceptEvents,
    routers: Iterable[APIRouter],
    metrics: Metrics,
    places: Places,
    docs: bool,
) -> tuple[ASGIApp, FastAPI]:
    """Return the application, and the framework's one in it that can describe itself.

    Events do not pass the framework, which only refuses other methods there. With `docs` the description can
    be read beside what it describes.
    """
    app = _framework(docs=docs)
    app.add_middleware(RateFields, rates=gate.rates)
    app.add_middleware(RawPaths)
    events = EventsEndpoint(gate, accept, metrics, places)
    app.router.routes.insert(0, Route(PATH, events, methods=["POST"]))
    for router in routers:
        app.include_router(router)
    app.router.routes.append(Route(f"{KINDS}{{name}}", explain))
    # All that a balancer may know; whether we are ready is said to operators.
    app.router.routes.append(Route("/healthz", healthz))
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(RequestValidationError, on_parameters)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_crash)
    app.openapi = partial(describe, app)  # type: ignore[method-assign] # FastAPI's documented way to extend it
    return Doors(events, app, gate, places), app


def described(app: FastAPI) -> list[BaseRoute]:
    """Return the routes that show the description of an application which does not show it itself."""
    shown = _framework(docs=True)
    shown.openapi = app.openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it
    return [Mount("/", shown)]


def _framework(*, docs: bool) -> FastAPI:
    number = version("docwatch")
    if not docs:
        return FastAPI(title=TITLE, version=number, description=DESCRIPTION, openapi_url=None)
    # The subclass serves the page of /docs from this process, where FastAPI points at a public host.
    return FastAPIOffline(title=TITLE, version=number, description=DESCRIPTION, redoc_url=None)
