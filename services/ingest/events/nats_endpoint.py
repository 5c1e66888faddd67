"""Stage events by request and reply over NATS, for publishers that have NATS themselves.

The publisher is the end of the subject, which the publisher's credentials allow, never what an event says.
Requests go to one of all processes, and each is judged and answered as over HTTP, at the cost of the same
rate and room. Nothing is queued: what is too much at once is refused as unknown at once.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.messages.ids import Publisher
from contracts.streams import EVENTS_SUBJECT
from runtime.logs import logger
from runtime.messaging.jetstream import settle
from services.ingest.domain.key_limits import ANYTHING
from services.ingest.events.accept import AcceptEvents
from services.ingest.events.accept_request import Caller, take
from services.ingest.events.answers import encoded
from services.ingest.events.content_modes import mode_of, size_limit
from services.ingest.keys.api_keys import is_publisher
from services.ingest.keys.rates import Rates
from services.ingest.metrics import Metrics
from services.ingest.web.body_memory import Room
from services.ingest.web.problems import PROBLEM_JSON, ProblemError, render, unavailable

LOG = logger(__name__)
QUEUE = "ingest"
MOST_AT_ONCE = 64
_USUAL = {"content-type": "application/cloudevents+json"}


class NatsEndpoint:
    """Answers requests of publishers, at most `most` at once; `rates` and `room` are shared with HTTP."""

    def __init__(
        self,
        client: Client,
        accept: AcceptEvents,
        rates: Rates,
        metrics: Metrics,
        *,
        room: Room | None = None,
        most: int = MOST_AT_ONCE,
    ) -> None:
        self._client = client
        self._accept = accept
        self._rates = rates
        self._metrics = metrics
        self._room = room or Room()
        self._most = most
        self._working: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until told to stop, then answer what was begun."""
        subscription = await self._client.subscribe(f"{EVENTS_SUBJECT}.>", queue=QUEUE, cb=self._on_request)
        await settle(self._client)
        LOG.info("publishers may send over NATS", subject=f"{EVENTS_SUBJECT}.>")
        await stop.wait()
        try:
            await subscription.unsubscribe()
        except nats.errors.Error as error:
            LOG.debug("unsubscribe", error=repr(error))
        await asyncio.gather(*self._working)

    async def _on_request(self, message: Msg) -> None:
        if not message.reply:
            self._metrics.refused.labels("unanswerable").inc()
            LOG.warning("an event that asks for no answer is not taken in", subject=message.subject)
            return
        if len(self._working) >= self._most:
            self._metrics.refused.labels("busy").inc()
            await self._refuse(
                message, unavailable("too many requests at once; send the identical one again")
            )
            return
        task = asyncio.create_task(self._serve(message))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _serve(self, message: Msg) -> None:
        try:
            body = await self._answer(message)
        except ProblemError as problem:
            await self._refuse(message, problem)
        except Exception:  # whatever it is, the publisher is told to ask again, and the log says why
            LOG.exception("a request over NATS failed")
            await self._refuse(
                message, ProblemError(500, "an unexpected error; sending the same again is safe")
            )
        else:
            self._metrics.post(HTTPStatus.ACCEPTED)
            await self._send(message, body, {"Content-Type": "application/json"})

    async def _answer(self, message: Msg) -> bytes:
        publisher = message.subject.removeprefix(f"{EVENTS_SUBJECT}.")
        if not is_publisher(publisher):
            raise ProblemError(404, "the subject does not end with a publisher's name")
        # Credentials of NATS are the publisher's own; a part of it is what keys are for.
        caller = Caller(Publisher(publisher), ANYTHING)
        self._rates.admit(caller.publisher)
        headers = {name.lower(): value for name, value in (message.headers or {}).items()}
        if "ce-specversion" not in headers:
            headers = {**_USUAL, **headers}
        mode = mode_of(headers)
        if mode == "lines":
            raise ProblemError(415, "lines are taken over HTTP only; send a batch")
        if len(message.data) > size_limit(mode):
            raise ProblemError(413, f"at most {size_limit(mode)} bytes at once")
        with self._room.hold(caller.publisher) as hold:
            hold.now(len(message.data))
            return encoded(
                await take(
                    self._accept, self._rates, caller=caller, mode=mode, headers=headers, body=message.data
                )
            )

    async def _refuse(self, message: Msg, problem: ProblemError) -> None:
        self._metrics.post(problem.status)
        shown = render(problem)
        when = shown.headers.get("Retry-After")
        headers = {"Content-Type": PROBLEM_JSON} | ({} if when is None else {"Retry-After": when})
        await self._send(message, bytes(shown.body), headers)

    async def _send(self, message: Msg, body: bytes, headers: Mapping[str, str]) -> None:
        try:
            await self._client.publish(message.reply, body, headers=dict(headers))
        except (nats.errors.Error, OSError) as error:
            LOG.warning("an answer was not sent", error=repr(error))
