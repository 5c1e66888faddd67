"""The page's routes; each answer says the same to every cookie that opens nothing."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from contracts.channels import WEB
from contracts.links import RECEIPT_PATH
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from runtime.process.forms import RefusedError
from services.notifier.page.doing import Beginning, Doing
from services.notifier.page.gate import STRANGER
from services.notifier.page.looking import Looking
from services.notifier.page.parts import PageParts, by_script, security
from services.notifier.page.sending import OPEN_PATH
from services.notifier.page.views.templates import STATIC_PATH

LOG = logger(__name__)
TRY_AGAIN_SECONDS = 5
Answer = Callable[[Request], Awaitable[Response]]


class Page:
    """The page of one process; `counted` is called with the status of each answer."""

    def __init__(self, parts: PageParts, counted: Callable[[int], None]) -> None:
        self._parts = parts
        self._counted = counted

    def routes(self, further: Sequence[Route] = ()) -> list[Route]:
        """Return the routes to add to an application; `further` are those of other parts of the page."""
        looking = Looking(self._parts)
        doing, beginning = Doing(self._parts, looking), Beginning(self._parts)
        answered = {
            ("/", "GET"): looking.home,
            ("/p", "GET"): looking.page,
            ("/p/documents", "GET"): looking.documents,
            ("/p/events", "GET"): looking.events,
            ("/p/settings", "GET"): looking.settings,
            ("/p/open", "GET"): looking.open,
            (f"{OPEN_PATH}{{code}}", "GET"): looking.open,
            ("/p/farewell", "GET"): looking.farewell,
            ("/p/file/{message}", "GET"): looking.file,
            (f"{STATIC_PATH}/{{digest}}/{{name}}", "GET"): looking.static,
            (f"{RECEIPT_PATH}{WEB.code}/{{secret}}", "GET"): beginning.ask,
            (f"{RECEIPT_PATH}{WEB.code}/{{secret}}", "POST"): beginning.agree,
            ("/p/say", "POST"): doing.say,
            ("/p/tap", "POST"): doing.tap,
            ("/p/seen", "POST"): doing.seen,
            ("/p/settings", "POST"): doing.settings,
            ("/p/open", "POST"): doing.open,
        }
        own = [Route(path, self.guarded(one), methods=[method]) for (path, method), one in answered.items()]
        return [*further, *own]

    def guarded(self, answer: Answer) -> Answer:
        """Return what answers a request whatever becomes of it."""

        async def answered(request: Request) -> Response:
            try:
                response = await answer(request)
            except RefusedError as refused:
                response = await self._refused(request, refused.status)
            except TRANSIENT as error:
                LOG.warning("the page cannot be shown now", error=type(error).__name__)
                response = await self._refused(request, HTTPStatus.SERVICE_UNAVAILABLE)
            except Exception:  # a fault of ours is owned up to, and must not look like one of the browser
                LOG.exception("the page has a fault")
                response = await self._refused(request, HTTPStatus.INTERNAL_SERVER_ERROR)
            self._counted(response.status_code)
            return response

        return answered

    async def _refused(self, request: Request, status: HTTPStatus) -> Response:
        """Say kindly what is wrong, without asking anybody anything."""
        headers = (
            {"Retry-After": str(TRY_AGAIN_SECONDS)} if status >= HTTPStatus.INTERNAL_SERVER_ERROR else {}
        )
        if by_script(request) or status is HTTPStatus.METHOD_NOT_ALLOWED:
            return PlainTextResponse(f"{status.phrase}\n", status, {**security(), **headers})
        looker = await self._parts.looks.looker(request, STRANGER)
        speech = looker.speech
        match status:
            case HTTPStatus.NOT_FOUND:
                title = speech.say("This address is not complete")
                texts = [
                    speech.say(
                        "Scan the code on your receipt once more. Or find our bot by its name and send it "
                        "the code that is printed there."
                    )
                ]
            case HTTPStatus.FORBIDDEN | HTTPStatus.BAD_REQUEST | HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
                title = speech.say("This form is too old")
                texts = [speech.say("Nothing was changed. Please open the page anew and do it once more.")]
            case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                title = speech.say("This text is too long")
                texts = [speech.say("Nothing was sent. Please write less, at most 2000 letters.")]
            case _:
                title = speech.say("This does not work right now")
                texts = [
                    speech.say(
                        "Something went wrong here, and it is not your fault. Please try again in a minute."
                    )
                ]
        response = self._parts.told(looker, title, texts, status=status)
        response.headers.update(headers)
        return response
