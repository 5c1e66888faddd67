"""The shapes of answers about receipts."""

from services.ingest.receipts.issue import NoReceipt, Receipt
from services.ingest.web.answers import AnswerShape, ErrorShape, Index, errors
from services.ingest.web.problem_kinds import BY_STATUS


class ReceiptAnswer(AnswerShape):
    """What to print; `created` is False where the receipt was issued before.

    `link` is what the QR code holds, null where the agency has no channel; `links` lead to one channel each.
    """

    receipt_id: str
    token: str
    code: str
    link: str | None
    links: dict[str, str]
    masked: str
    created: bool


class RejectedReceipt(AnswerShape):
    """A receipt that was not issued; `status` and `type` are what a single request would have got."""

    index: Index
    receipt_id: str | None
    status: int
    type: str
    errors: list[ErrorShape]


class ReceiptsAnswer(AnswerShape):
    """The answer to a list: the receipts issued, in order, and those that were not."""

    receipts: list[ReceiptAnswer]
    rejected: list[RejectedReceipt]


class RevokedAnswer(AnswerShape):
    """`changed` is False where the receipt was revoked before."""

    receipt_id: str
    revoked: bool
    changed: bool


def receipt_answer(receipt: Receipt) -> ReceiptAnswer:
    """Return one issued receipt."""
    return ReceiptAnswer(
        receipt_id=receipt.receipt_id,
        token=receipt.token,
        code=receipt.code,
        link=receipt.link,
        links=receipt.links,
        masked=receipt.masked,
        created=receipt.created,
    )


def rejected_receipt(index: int, refused: NoReceipt) -> RejectedReceipt:
    """Return why a receipt of a list was not issued."""
    return RejectedReceipt(
        index=index,
        receipt_id=refused.receipt_id,
        status=refused.status,
        type=(refused.kind or BY_STATUS[refused.status]).type,
        errors=errors(refused.faults),
    )
