"""Issuing receipts: remember who asked for which application, tell the tracker, show the secrets."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Literal, Protocol, assert_never

from pydantic import BaseModel, ConfigDict, StringConstraints

from contracts.claims import claim_hash
from contracts.links import deep_links, public_link
from contracts.messages.base import Code
from contracts.messages.ids import Publisher
from contracts.messages.rpc import IssueClaim, Issued, Refused, RevokeClaim, Revoked
from contracts.typed_code import grouped
from runtime.clock import Clock
from runtime.database.postgres import TRANSIENT
from runtime.logs import logger
from runtime.messaging.jetstream import RpcUnavailableError
from services.ingest.domain.events import Name, Rules
from services.ingest.domain.faults import Fault
from services.ingest.domain.key_limits import Limits
from services.ingest.domain.numbers import LONGEST, Application, application, mentions
from services.ingest.domain.receipt_secrets import SALT_BYTES, secrets_of
from services.ingest.metrics import Metrics
from services.ingest.receipts.store import ReceiptRow, ReceiptStore
from services.ingest.web.problem_kinds import FOREIGN, Kind
from services.ingest.web.problems import ProblemError, unavailable

LOG = logger(__name__)
MAX_RECEIPTS = 500
_AT_ONCE = 32
_PASSING: tuple[type[BaseException], ...] = (RpcUnavailableError, *TRANSIENT)


class ReceiptRequest(BaseModel):
    """What a receipt is asked for with; `receipt_id` is the publisher's own."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    receipt_id: Name
    application_number: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
    document_type: Code


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is printed: the links carry the token, the code is typed.

    `link` is what the QR code holds: the page with all channels, else the first one's deep link, None where
    there is neither. `links` are the deep links by channel, in the agency's order.
    """

    receipt_id: str
    token: str
    code: str
    link: str | None
    links: dict[str, str]
    masked: str
    document_type: str
    created: bool


@dataclass(frozen=True, slots=True)
class NoReceipt:
    """Why none is issued, with the HTTP status and the kind of problem that say so for a single one."""

    receipt_id: str | None
    status: Literal[403, 409, 422, 429]
    faults: tuple[Fault, ...]
    kind: Kind | None = None


class ClaimIssuer(Protocol):
    """The tracker, which keeps claims; both methods raise RpcUnavailableError where no answer comes."""

    async def issue(self, claim: IssueClaim) -> Issued | Refused:
        """Issue one claim, idempotent on its receipt; called whenever a receipt is issued or shown."""
        ...

    async def revoke(self, claim: RevokeClaim) -> Revoked | Refused:
        """End a receipt's claim, idempotent; called once the revocation is stored."""
        ...


@dataclass(frozen=True)
class ReceiptRules:
    """What receipts are made with; `public_url` is that of the page with all channels, None without one."""

    events: Rules
    receipt_key: bytes
    public_url: str | None = None

    def links(self, token: str) -> dict[str, str]:
        """Return the deep links that hand over a token, by channel."""
        return dict(deep_links(self.events.catalogue.agency, token))

    def link(self, token: str) -> str | None:
        """Return what the QR code of a receipt with this token holds."""
        if self.public_url is not None:
            return public_link(self.public_url, token)
        return next(iter(self.links(token).values()), None)


class IssueReceipts:
    """The use case behind `POST /v1/receipts`."""

    def __init__(
        self, rules: ReceiptRules, store: ReceiptStore, tracker: ClaimIssuer, clock: Clock, metrics: Metrics
    ) -> None:
        self._rules = rules
        self._store = store
        self._tracker = tracker
        self._clock = clock
        self._metrics = metrics

    async def run(
        self, publisher: Publisher, requests: Sequence[ReceiptRequest], limits: Limits
    ) -> list[Receipt | NoReceipt]:
        """Return one result a request, in order; ProblemError 503 where the fate of any is unknown."""
        judged = [self._judge(request, limits) for request in requests]
        wanted = {
            request.receipt_id: ReceiptRow(
                request.receipt_id,
                target.key,
                target.masked,
                request.document_type,
                secrets.token_bytes(SALT_BYTES),
                1,
            )
            for request, target in zip(requests, judged, strict=True)
            if isinstance(target, Application)
        }
        try:
            rows = await self._store.receipts(publisher, tuple(wanted.values()), self._clock.now())
        except TRANSIENT as error:
            raise unavailable("the database cannot be reached now; ask again") from error
        limit = asyncio.Semaphore(_AT_ONCE)

        async def issue(request: ReceiptRequest, target: Application | NoReceipt) -> Receipt | NoReceipt:
            if isinstance(target, NoReceipt):
                return target
            async with limit:
                return await self._issue(publisher, request, target, rows[request.receipt_id])

        try:
            results = await asyncio.gather(*map(issue, requests, judged))
        except RpcUnavailableError as error:
            self._metrics.receipts.labels("unavailable").inc()
            LOG.warning("receipts of unknown fate", publisher=publisher, error=str(error))
            raise unavailable("the tracker does not answer now; ask again") from error
        for result in results:
            self._metrics.receipts.labels(_result_name(result)).inc()
        return results

    def _judge(self, request: ReceiptRequest, limits: Limits) -> Application | NoReceipt:
        rules = self._rules.events
        number = rules.numbering.match_key(request.application_number)
        if number is None:
            fault = Fault("/application_number", "is not an application number of this agency")
            return NoReceipt(None, 422, (fault,))
        if mentions(request.receipt_id, number):
            fault = Fault("/receipt_id", "must not contain the application number, for ids are stored")
            return NoReceipt(None, 422, (fault,))
        if request.document_type not in rules.catalogue.documents:
            return NoReceipt(request.receipt_id, 422, (Fault("/document_type", "is not in the catalogue"),))
        barred = limits.document_faults(request.document_type, "/document_type")
        if barred:
            return NoReceipt(request.receipt_id, 422, barred)
        return application(rules.numbering, rules.pepper, number)

    async def _issue(
        self, publisher: Publisher, request: ReceiptRequest, target: Application, row: ReceiptRow
    ) -> Receipt | NoReceipt:
        if (row.application_key, row.document_type) != (target.key, request.document_type):
            fault = Fault("/receipt_id", "stands for another application or document type")
            return NoReceipt(request.receipt_id, 409, (fault,))
        return await self._issue_claim(publisher, replace(row, masked=target.masked))

    async def _issue_claim(self, publisher: Publisher, row: ReceiptRow) -> Receipt | NoReceipt:
        """Issue the receipt's claim, which is safe to repeat, and return what to print."""
        if row.revoked_at is not None:
            return NoReceipt(row.receipt_id, 409, (Fault("/receipt_id", "was revoked; issue it anew"),))
        key = self._rules.receipt_key
        receipt_secrets = secrets_of(key, row.salt, row.generation)
        reply = await self._tracker.issue(
            IssueClaim(
                publisher=publisher,
                receipt_id=row.receipt_id,
                generation=row.generation,
                application_key=row.application_key,
                masked=row.masked,
                document_type=row.document_type,
                token_hash=claim_hash(key, "token", receipt_secrets.token),
                code_hash=claim_hash(key, "code", receipt_secrets.code),
            )
        )
        if isinstance(reply, Refused):
            return _refusal(row.receipt_id, reply)
        return Receipt(
            row.receipt_id,
            receipt_secrets.token,
            grouped(receipt_secrets.code),
            self._rules.link(receipt_secrets.token),
            self._rules.links(receipt_secrets.token),
            row.masked,
            row.document_type,
            reply.created,
        )

    async def show(self, publisher: Publisher, receipt_id: str, limits: Limits) -> Receipt:
        """Return an issued receipt again; ProblemError 403, 404, 409 where it was revoked, 503."""
        async with _reporting_outages():
            row = await self._issued(publisher, receipt_id, limits)
            return _receipt_of(await self._issue_claim(publisher, row))

    async def reissue(self, publisher: Publisher, receipt_id: str, limits: Limits) -> Receipt:
        """Give a receipt other secrets, which end the earlier ones; ProblemError 403, 404, 409, 503."""
        async with _reporting_outages():
            await self._issued(publisher, receipt_id, limits)
            row = await self._store.reissue(publisher, receipt_id)
            return _receipt_of(None if row is None else await self._issue_claim(publisher, row))

    async def _issued(self, publisher: Publisher, receipt_id: str, limits: Limits) -> ReceiptRow:
        """Return a receipt that the caller may do something about."""
        row = await self._store.receipt(publisher, receipt_id)
        if row is None:
            raise _unknown()
        if not limits.allows_document(row.document_type):
            raise ProblemError(403, "this key is not for the document of this receipt")
        return row

    async def revoke(self, publisher: Publisher, receipt_id: str, limits: Limits) -> bool:
        """End a receipt; return whether it was valid until now; ProblemError 403, 404, 503."""
        async with _reporting_outages():
            row = await self._issued(publisher, receipt_id, limits)
            await self._store.revoke(publisher, receipt_id, self._clock.now())
            reply = await self._tracker.revoke(RevokeClaim(publisher=publisher, receipt_id=receipt_id))
        if isinstance(reply, Revoked):
            return reply.changed
        if reply.reason == "unavailable":
            raise unavailable("the tracker cannot revoke claims now; ask again")
        # The tracker never learned of it, so nobody can use it.
        return row.revoked_at is None


@asynccontextmanager
async def _reporting_outages() -> AsyncIterator[None]:
    try:
        yield
    except _PASSING as error:
        raise unavailable("the tracker or the database does not answer now; ask again") from error


def _unknown() -> ProblemError:
    return ProblemError(404, "there is no such receipt")


def _receipt_of(result: Receipt | NoReceipt | None) -> Receipt:
    if result is None:
        raise _unknown()
    if isinstance(result, NoReceipt):
        raise ProblemError(result.status, "the receipt cannot be shown", result.faults, kind=result.kind)
    return result


def _refusal(receipt_id: str, refused: Refused) -> NoReceipt:
    if refused.problem == "foreign":
        fault = Fault("/application_number", "belongs to another publisher")
        return NoReceipt(receipt_id, 403, (fault,), FOREIGN)
    match refused.reason:
        case "invalid":
            return NoReceipt(receipt_id, 409, (Fault("/receipt_id", "was issued otherwise before"),))
        case "limit" | "too_many":
            return NoReceipt(receipt_id, 429, (Fault("", "too many receipts at present"),))
        case "unavailable":
            raise RpcUnavailableError("the tracker cannot issue claims now")
        case _:
            assert_never(refused.reason)


def _result_name(result: Receipt | NoReceipt) -> str:
    if isinstance(result, NoReceipt):
        return "rejected"
    return "created" if result.created else "repeated"
