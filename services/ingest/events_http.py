"""`POST /v1/events` as a plain ASGI route: the body is read once and validated once."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runtime.clock import Clock
from runtime.tracing import parent
from services.ingest import keys
from services.ingest.auth import Gate
from services.ingest.bodies import MAX_BODY, WholeMode, mode_of, parse_line, size_limit
from services.ingest.problems import ProblemError
from services.ingest.reading import read_body, read_lines
from services.ingest.taking import Caller, encoded, take
from services.ingest.usecases import AcceptEvents, Total

LINES_AT_ONCE = 500


class EventsEndpoint:
    """An ASGI application for one path and method."""

    def __init__(self, gate: Gate, accept: AcceptEvents, clock: Clock) -> None:
        self._gate = gate
        self._accept = accept
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nobody is answered who hung up."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        key = await self._gate.admit(request, keys.Scope.EVENTS)
        mode = mode_of(request.headers)
        total = await (self._lines(request, key) if mode == "lines" else self._whole(request, key, mode))
        return Response(encoded(total), status_code=202, media_type="application/json")

    async def _whole(self, request: Request, key: keys.ApiKey, mode: WholeMode) -> Total:
        body = await read_body(request, size_limit(mode))
        caller = Caller(key.key_id, key.publisher, key.limits)
        return await take(
            self._accept, self._gate.rates, caller=caller, mode=mode, headers=request.headers, body=body
        )

    async def _lines(self, request: Request, key: keys.ApiKey) -> Total:
        """Take lines in as they come, so many at a time; whoever sends too fast is read more slowly."""
        total = Total()
        try:
            async for lines in read_lines(request, limit=MAX_BODY, count=LINES_AT_ONCE):
                await self._clock.sleep(self._gate.rates.charge(key.key_id, len(lines)))
                found = [parse_line(line) for line in lines]
                answer = await self._accept.run(key.publisher, found, key.limits, parent(request.headers))
                total.add(answer, len(found))
        except ProblemError as problem:
            # The rest is not read, so the connection cannot be used again.
            problem.headers = {**problem.headers, "Connection": "close"}
            raise
        return total
