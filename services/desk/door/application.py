"""The door: every page behind it is asked for by who is signed in and may have it, or by nobody.

Whoever may not have a page is answered as if there were none.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from runtime.process.forms import RefusedError
from services.desk.domain.signing_in import Stage
from services.desk.door.gate import STRANGER, Gate, Visitor
from services.desk.door.routes import Asked, Route
from services.desk.door.views import Reader, Views

LOG = logger(__name__)
STEPS: dict[Stage, str] = {"first": "/password", "enrol": "/second", "factor": "/second", "open": "/"}
"""Where each stage of a sign-in goes on."""
SIGN_IN = "/sign-in"
Answer = Callable[[Request], Awaitable[Response]]
EVENTS = "text/event-stream"


class Door:
    """The application of one door; `counted` is called with the status of each answer."""

    def __init__(self, gate: Gate, views: Views, counted: Callable[[int], None]) -> None:
        self._gate = gate
        self._views = views
        self._counted = counted

    def application(self, open_paths: Sequence[Path], routes: Sequence[Route]) -> Starlette:
        """Return the application.

        `open_paths` are those of the sign-in, which judge by themselves who asks; `routes` are behind it.
        """
        outside = [
            Path(one.path, self.guarded(one.endpoint), methods=sorted((one.methods or set()) - {"HEAD"}))
            for one in open_paths
        ]
        inside = [
            Path(one.path, self.guarded(partial(self._inside, one)), methods=[one.method]) for one in routes
        ]
        return Starlette(routes=[*outside, *inside], exception_handlers={HTTPException: self._unknown})

    def guarded(self, answer: Answer) -> Answer:
        """Return what answers a request whatever becomes of it."""

        async def answered(request: Request) -> Response:
            try:
                self._gate.bounded(request)
                response = await answer(request)
            except RefusedError as refused:
                response = self._refused(request, refused.status)
            except TRANSIENT as error:
                LOG.warning("the desk cannot be shown now", error=type(error).__name__)
                response = self._refused(request, HTTPStatus.SERVICE_UNAVAILABLE)
            except Exception:  # a fault of ours is owned up to, and must not look like one of the browser
                LOG.exception("the desk has a fault")
                response = self._refused(request, HTTPStatus.INTERNAL_SERVER_ERROR)
            self._counted(response.status_code)
            return response

        return answered

    async def _inside(self, route: Route, request: Request) -> Response:
        form: dict[str, str] = {}
        if request.method == "POST":
            visitor, fields = await self._gate.posted(request, route.longest)
            form.update(fields)
        else:
            visitor = await self._gate.visitor(request)
        session = visitor.session
        if session is None or session.stage != "open":
            return self._not_in(request, visitor)
        viewer = session.account.viewer
        if not viewer.is_any(route.roles):
            raise RefusedError(HTTPStatus.NOT_FOUND)
        if EVENTS not in request.headers.get("accept", ""):
            await self._gate.sessions.touch(session)
        asked = Asked(
            request=request,
            viewer=viewer,
            form=form,
            language=self._views.language(request, session.account.reads),
            csrf=visitor.csrf,
            view=self._views,
            still=partial(self._gate.sessions.still, session),
        )
        return await route.handler(asked)

    def _not_in(self, request: Request, visitor: Visitor) -> Response:
        """Lead to the next step of the sign-in; a script is told that there is one."""
        if _by_script(request):
            return self._views.bare(HTTPStatus.UNAUTHORIZED)
        return self._views.goes(SIGN_IN if visitor.session is None else STEPS[visitor.session.stage])

    def _refused(self, request: Request, status: HTTPStatus) -> Response:
        """Say what is wrong, without asking anybody anything."""
        if _by_script(request):
            return self._views.bare(status)
        return self._views.told(request, Reader(self._views.language(request), STRANGER.csrf), status)

    async def _unknown(self, request: Request, error: Exception) -> Response:
        status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
        response = self._refused(request, status)
        self._counted(response.status_code)
        return response


def _by_script(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return accepted == "application/json" or EVENTS in accepted
