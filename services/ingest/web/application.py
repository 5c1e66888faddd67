"""The HTTP application: routes put together, every error a problem, the description at `/docs`."""

from collections.abc import Iterable, Mapping
from functools import partial
from importlib.metadata import version

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from runtime.clock import Clock
from runtime.process.operations import Check, operations
from services.ingest.events.accept import AcceptEvents
from services.ingest.events.endpoint import PATH, Doors, EventsEndpoint
from services.ingest.keys.gate import Gate
from services.ingest.keys.rates import RateFields
from services.ingest.metrics import Metrics
from services.ingest.web.openapi import DESCRIPTION, describe
from services.ingest.web.paths import RawPaths
from services.ingest.web.problem_kinds import PATH as KINDS
from services.ingest.web.problems import (
    ProblemError,
    explain,
    on_crash,
    on_http_error,
    on_parameters,
    on_problem,
)


def application(
    *,
    gate: Gate,
    clock: Clock,
    accept: AcceptEvents,
    routers: Iterable[APIRouter],
    checks: Mapping[str, Check],
    metrics: Metrics,
) -> ASGIApp:
    """Return the application; events do not pass the framework, which only refuses other methods there."""
    # The subclass serves the page of /docs from this process, where FastAPI points at a public host.
    app = FastAPIOffline(
        title="Docwatch ingest", version=version("docwatch"), description=DESCRIPTION, redoc_url=None
    )
    app.add_middleware(RateFields, rates=gate.rates)
    app.add_middleware(RawPaths)
    events = EventsEndpoint(gate, accept, clock, metrics)
    app.router.routes.insert(0, Route(PATH, events, methods=["POST"]))
    for router in routers:
        app.include_router(router)
    app.router.routes.append(Route(f"{KINDS}{{name}}", explain))
    app.router.routes.extend(operations(checks, metrics.registry))
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(RequestValidationError, on_parameters)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_crash)
    app.openapi = partial(describe, app)  # type: ignore[method-assign] # FastAPI's documented way to extend it
    return Doors(events, app, metrics)
