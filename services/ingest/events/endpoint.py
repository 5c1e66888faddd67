"""`POST /v1/events` as plain ASGI: the body is read once and validated once.

It stands before the framework's application, whose layers and routing cost as much as all that is done for
one event. What they do for the other routes is done here: every error is answered as a problem.
"""

from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from contracts.messages.ids import Publisher
from runtime.tracing import parent
from services.ingest.events.accept import AcceptEvents
from services.ingest.events.accept_request import Caller, take
from services.ingest.events.answers import Total, encoded
from services.ingest.events.bodies import parse_lines
from services.ingest.events.content_modes import header_text, mode_of, size_limit
from services.ingest.keys import api_keys
from services.ingest.keys.gate import Gate
from services.ingest.keys.rates import PUBLISHER, cost
from services.ingest.metrics import Metrics
from services.ingest.web.body_memory import Hold
from services.ingest.web.json_bodies import MAX_BODY
from services.ingest.web.places import Places
from services.ingest.web.problems import ProblemError, crashed, render
from services.ingest.web.request_body import Upload, read_body, read_lines

PATH = "/v1/events"
_JSON = [(b"content-type", b"application/json")]
LINES_AT_ONCE = 500


class EventsEndpoint:
    """An ASGI application for one path and method."""

    def __init__(self, gate: Gate, accept: AcceptEvents, metrics: Metrics, places: Places) -> None:
        self._gate = gate
        self._places = places
        self._metrics = metrics
        self._accept = accept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, unless its sender hung up. A fault of ours is answered, then raised."""
        # The first of several headers of one name counts.
        headers = {name.decode("latin-1"): header_text(value) for name, value in scope["headers"][::-1]}
        state: dict[str, Publisher] = {}
        upload = Upload(scope, receive)
        try:
            body, status, fields = encoded(await self._taken(headers, upload, state)), 202, _JSON
        except ClientDisconnect:
            return
        except ProblemError as problem:
            refusal = render(problem)
            body, status, fields = bytes(refusal.body), refusal.status_code, refusal.raw_headers
        except Exception:
            response = crashed()
            self._metrics.post(response.status_code)
            await response(scope, receive, send)
            raise
        self._metrics.post(status)
        if fields is _JSON:
            fields = [*_JSON, (b"content-length", str(len(body)).encode())]
        if PUBLISHER in state:
            fields = [*fields, *self._gate.rates.raw_headers(state[PUBLISHER])]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def _taken(self, headers: Mapping[str, str], upload: Upload, state: dict[str, Publisher]) -> Total:
        key = await self._gate.let_in(headers.get("authorization"), api_keys.Scope.EVENTS, state)
        mode = mode_of(headers)
        with self._gate.room.hold(key.publisher) as hold:
            if mode == "lines":
                # It is in work as soon as its first lines are there, for as long as more of them come.
                with self._places.work.hold(key.key_id):
                    return await self._lines(headers, upload, key, hold)
            with await self._places.for_body(key.key_id):
                body = await read_body(headers, upload, size_limit(mode), hold)
            caller = Caller(key.publisher, key.limits)
            with self._places.work.hold(key.key_id):
                return await take(
                    self._accept, self._gate.rates, caller=caller, mode=mode, headers=headers, body=body
                )

    async def _lines(
        self, headers: Mapping[str, str], upload: Upload, key: api_keys.ApiKey, hold: Hold
    ) -> Total:
        """Take lines in as they come, so many at a time; whoever sends too fast is read more slowly.

        What was taken in before a sender hung up is in, as after any request without an answer.
        """
        total = Total()
        try:
            async for part in read_lines(headers, upload, limit=MAX_BODY, count=LINES_AT_ONCE, hold=hold):
                tokens = cost(len(part.lines), part.size)
                await upload.wait(self._gate.rates.charge(key.publisher, tokens))
                if part.lines:
                    found = parse_lines(part.lines)
                    answer = await self._accept.run(key.publisher, found, key.limits, parent(headers))
                    total.add(answer, len(part.lines))
        except ProblemError as problem:
            # The rest is not read, so the connection cannot be used again.
            problem.headers = {**problem.headers, "Connection": "close"}
            raise
        return total
