"""`POST /v1/events` as a plain ASGI route: the body is read once and validated once."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.ingest import keys
from services.ingest.answers import events_answer
from services.ingest.auth import Gate
from services.ingest.bodies import mode_of, parse, size_limit
from services.ingest.problems import ProblemError
from services.ingest.reading import read_body
from services.ingest.usecases import AcceptEvents


class EventsEndpoint:
    """An ASGI application for one path and method."""

    def __init__(self, gate: Gate, accept: AcceptEvents) -> None:
        self._gate = gate
        self._accept = accept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nobody is answered who hung up."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        key = await self._gate.admit(request.headers.get("authorization"), keys.Scope.EVENTS)
        mode = mode_of(request.headers)
        items = parse(mode, request.headers, await read_body(request, size_limit(mode)))
        answer = await self._accept.run(key.publisher, items.found)
        if items.single and answer.rejected:
            raise ProblemError(422, "the event was not accepted", answer.rejected[0].faults)
        body = events_answer(answer).model_dump_json().encode()
        return Response(body, status_code=202, media_type="application/json")
