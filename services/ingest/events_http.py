"""`POST /v1/events` as a plain ASGI route: the body is read once and validated once."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runtime.clock import Clock
from services.ingest import keys
from services.ingest.answers import events_answer
from services.ingest.auth import Gate
from services.ingest.bodies import MAX_BODY, WholeMode, mode_of, parse, parse_line, size_limit
from services.ingest.problems import ProblemError
from services.ingest.reading import read_body, read_lines
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
        key = await self._gate.admit(request.headers.get("authorization"), keys.Scope.EVENTS)
        mode = mode_of(request.headers)
        total = await (self._lines(request, key) if mode == "lines" else self._whole(request, key, mode))
        shown = events_answer(total)
        body = shown.model_dump_json(exclude={"left_out"} if shown.left_out is None else None).encode()
        headers = self._gate.rates.headers(key.key_id)
        return Response(body, status_code=202, media_type="application/json", headers=headers)

    async def _whole(self, request: Request, key: keys.ApiKey, mode: WholeMode) -> Total:
        items = parse(mode, request.headers, await read_body(request, size_limit(mode)))
        self._gate.rates.charge(key.key_id, len(items.found) - 1)
        answer = await self._accept.run(key.publisher, items.found, key.limits)
        if items.single and answer.rejected:
            raise ProblemError(422, "the event was not accepted", answer.rejected[0].faults)
        total = Total()
        total.add(answer, len(items.found))
        return total

    async def _lines(self, request: Request, key: keys.ApiKey) -> Total:
        """Take lines in as they come, so many at a time; whoever sends too fast is read more slowly."""
        total = Total()
        try:
            async for lines in read_lines(request, limit=MAX_BODY, count=LINES_AT_ONCE):
                await self._clock.sleep(self._gate.rates.charge(key.key_id, len(lines)))
                found = [parse_line(line) for line in lines]
                total.add(await self._accept.run(key.publisher, found, key.limits), len(found))
        except ProblemError as problem:
            # The rest is not read, so the connection cannot be used again.
            problem.headers = {**problem.headers, "Connection": "close"}
            raise
        return total
