"""`POST /v1/receipts` and `GET /v1/key`, as FastAPI routes whose bodies are read raw and within limits."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter, ValidationError

from services.ingest.events.accept import MOST_FAULTS
from services.ingest.events.bodies import MARK, check, slim
from services.ingest.events.forms import MAX_BODY
from services.ingest.keys.api_keys import Scope
from services.ingest.keys.gate import Gate
from services.ingest.keys.rates import cost
from services.ingest.receipts.issue import (
    MAX_RECEIPTS,
    IssueReceipts,
    NoReceipt,
    Receipt,
    ReceiptRequest,
)
from services.ingest.web.answers import (
    KeyAnswer,
    ReceiptAnswer,
    ReceiptsAnswer,
    key_answer,
    receipt_answer,
    rejected_receipt,
)
from services.ingest.web.openapi import PROBLEMS, RECEIPTS_BODY
from services.ingest.web.problems import ProblemError, details, faults_of
from services.ingest.web.request_body import read_body

_ONE = TypeAdapter(ReceiptRequest)
_MANY = TypeAdapter(Annotated[list[ReceiptRequest], Field(max_length=MAX_RECEIPTS)])


def router(gate: Gate, issue: IssueReceipts) -> APIRouter:
    """Return the routes."""
    found = APIRouter()

    @found.post(
        "/v1/receipts",
        status_code=201,
        summary="Issue receipts: the right to follow an application",
        response_model=ReceiptAnswer | ReceiptsAnswer,
        responses={
            200: {"model": ReceiptAnswer | ReceiptsAnswer, "description": "issued before, or a list"},
            **PROBLEMS,
        },
        openapi_extra={"requestBody": RECEIPTS_BODY},
        tags=["receipts"],
    )
    async def receipts(request: Request, response: Response) -> ReceiptAnswer | ReceiptsAnswer:
        """Idempotent on the publisher's `receipt_id`: the same receipt has the same link and code.

        A list is answered with `receipts` and `rejected`, a single one with itself or a problem.
        """
        key = await gate.admit(request, Scope.RECEIPTS)
        with gate.room.hold(key.publisher) as hold:
            body = await read_body(request.headers, request.receive, MAX_BODY, hold)
            gate.rates.charge(key.publisher, cost(1, len(body)) - 1)
            wanted, single = _parse(body)
        results = await issue.run(key.publisher, wanted, key.limits)
        if not single:
            response.status_code = 200
            return ReceiptsAnswer(
                receipts=[receipt_answer(one) for one in results if isinstance(one, Receipt)],
                rejected=[
                    rejected_receipt(index, one)
                    for index, one in enumerate(results)
                    if isinstance(one, NoReceipt)
                ],
            )
        result = results[0]
        if isinstance(result, NoReceipt):
            raise ProblemError(result.status, "the receipt was not issued", result.faults, kind=result.kind)
        response.status_code = 201 if result.created else 200
        return receipt_answer(result)

    @found.get("/v1/key", summary="Whom this key stands for", responses=PROBLEMS, tags=["keys"])
    async def key(request: Request) -> KeyAnswer:
        """Every event's `source` must be the publisher named here."""
        return key_answer(await gate.admit(request, None))

    return found


def _parse(body: bytes) -> tuple[list[ReceiptRequest], bool]:
    check(body)
    text = slim(body.removeprefix(MARK).lstrip())
    single = not text.startswith(b"[")
    try:
        return ([_ONE.validate_json(text)], True) if single else (_MANY.validate_json(text), False)
    except ValidationError as error:
        problems = details(error)
    head = problems[0]
    if head["type"] == "json_invalid":
        raise ProblemError(400, head["msg"])
    if head["type"] == "too_long" and not head["loc"]:
        raise ProblemError(413, f"at most {MAX_RECEIPTS} receipts at once")
    raise ProblemError(422, "the request has errors", faults_of(problems, most=MOST_FAULTS))
