"""`POST /v1/receipts`: the body is read raw and within limits."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter, ValidationError

from services.ingest.domain.faults import MOST_OF_AN_ANSWER
from services.ingest.keys.api_keys import Scope
from services.ingest.keys.gate import Gate
from services.ingest.keys.rates import cost
from services.ingest.receipts.answers import ReceiptAnswer, ReceiptsAnswer, receipt_answer, rejected_receipt
from services.ingest.receipts.issue import MAX_RECEIPTS, IssueReceipts, NoReceipt, Receipt, ReceiptRequest
from services.ingest.web.answers import problems
from services.ingest.web.json_bodies import BYTE_ORDER_MARK, MAX_BODY, check_readable, pruned
from services.ingest.web.problems import ProblemError, details, faults_of
from services.ingest.web.request_body import Upload, read_body

_REQUEST = TypeAdapter(ReceiptRequest)
_REQUESTS = TypeAdapter(Annotated[list[ReceiptRequest], Field(max_length=MAX_RECEIPTS)])
_MEMBERS = frozenset(ReceiptRequest.model_fields)


def router(gate: Gate, issue: IssueReceipts) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()

    @routes.post(
        "/v1/receipts",
        status_code=201,
        summary="Issue receipts: the right to follow an application",
        response_model=ReceiptAnswer | ReceiptsAnswer,
        responses={
            200: {"model": ReceiptAnswer | ReceiptsAnswer, "description": "issued before, or a list"},
            **problems(400, 401, 403, 409, 413, 422, 429, 503),
        },
        tags=["receipts"],
    )
    async def receipts(request: Request, response: Response) -> ReceiptAnswer | ReceiptsAnswer:
        """Idempotent on the publisher's `receipt_id`: the same receipt has the same link and code.

        A list is answered with `receipts` and `rejected`, a single one with itself or a problem.
        """
        key = await gate.admit(request, Scope.RECEIPTS)
        with gate.room.hold(key.publisher) as hold:
            upload = Upload(request.scope, request.receive)
            body = await read_body(request.headers, upload, MAX_BODY, hold)
            gate.rates.charge(key.publisher, cost(1, len(body)) - 1)
            wanted, single = _parse(body)
        results = await issue.run(key.publisher, wanted, key.limits)
        if not single:
            response.status_code = 200
            return ReceiptsAnswer(
                receipts=[receipt_answer(result) for result in results if isinstance(result, Receipt)],
                rejected=[
                    rejected_receipt(index, result)
                    for index, result in enumerate(results)
                    if isinstance(result, NoReceipt)
                ],
            )
        result = results[0]
        if isinstance(result, NoReceipt):
            raise ProblemError(result.status, "the receipt was not issued", result.faults, kind=result.kind)
        response.status_code = 201 if result.created else 200
        return receipt_answer(result)

    return routes


def _parse(body: bytes) -> tuple[list[ReceiptRequest], bool]:
    check_readable(body)
    text = pruned(body.removeprefix(BYTE_ORDER_MARK).lstrip(), _MEMBERS, MAX_RECEIPTS)
    single = not text.startswith(b"[")
    try:
        return ([_REQUEST.validate_json(text)], True) if single else (_REQUESTS.validate_json(text), False)
    except ValidationError as error:
        errors = details(error)
    head = errors[0]
    if head["type"] == "json_invalid":
        raise ProblemError(400, head["msg"])
    if head["type"] == "too_long" and not head["loc"]:
        raise ProblemError(413, f"at most {MAX_RECEIPTS} receipts at once")
    raise ProblemError(422, "the request has errors", faults_of(errors, most=MOST_OF_AN_ANSWER))
