"""Every kind of error that ingest answers with: what caused it and what to do, for people and for `type`.

The `type` of a problem is a reference to the page on which the running service explains it.
"""

from dataclasses import dataclass

PATH = "/problems/"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; `again` tells whether the identical request may succeed later."""

    name: str
    status: int
    title: str
    cause: str
    cure: str
    again: bool = False

    @property
    def type(self) -> str:
        """The problem's `type`, relative to the service."""
        return PATH + self.name

    @property
    def page(self) -> str:
        """What a person reads under the problem's `type`."""
        repeat = "yes, that is safe" if self.again else "no, it would be refused again"
        return (
            f"{self.title} ({self.status})\n\nCause: {self.cause}\nCure: {self.cure}\n"
            f"Send the identical request again: {repeat}.\n"
        )


FOREIGN = Kind(
    "foreign",
    403,
    "The application is another publisher's",
    "Another publisher named this application first, by an event or receipt, and does not share with yours.",
    "Compare the number; a corrected one goes under another id. Where you share work the operator grants it.",
)

KINDS = (
    Kind(
        "malformed",
        400,
        "The body cannot be read",
        "It is not JSON in UTF-8, is nested too deeply, has too many lists, or its compression is broken.",
        "Look at the bytes that you send; the detail names the place. Nothing of the request was taken in.",
    ),
    Kind(
        "key",
        401,
        "No valid key",
        "The header Authorization: Bearer dw_... is missing, or the key is mistyped, expired or revoked.",
        "Send the key; ask the operator for another one where it has ended.",
    ),
    Kind(
        "not-allowed",
        403,
        "The key may not do this",
        "The key lacks the scope that the detail names, or is for other documents or offices.",
        "Ask the operator for a key with that scope or for that document or office.",
    ),
    FOREIGN,
    Kind(
        "not-found",
        404,
        "Nothing is here",
        "The path is wrong, or your publisher has nothing under this id.",
        "Compare the path with /docs; an id belongs to the publisher of the key.",
    ),
    Kind(
        "method",
        405,
        "The path has no such method",
        "A GET where a POST is wanted, or the other way round.",
        "Use the method that /docs shows.",
    ),
    Kind(
        "conflict",
        409,
        "The id stands for something else",
        "A receipt_id was used for another application or document type before, or was revoked.",
        "Give every receipt an id of its own; issue a revoked one anew.",
    ),
    Kind(
        "gone",
        410,
        "Outcomes were missed",
        "Outcomes behind this cursor are older than the agency keeps and were purged.",
        "Ask without after to go on from the oldest kept; ask GET /v1/events/{event_id} for what was missed.",
    ),
    Kind(
        "too-large",
        413,
        "Too large",
        "The body or an event has too many bytes, also unpacked, or a batch has too many items.",
        "Send smaller batches, or lines of JSON (application/x-ndjson), which may be of any number.",
    ),
    Kind(
        "content-type",
        415,
        "The form is not known",
        "The Content-Type or the Content-Encoding is none of those that the detail names.",
        "Name what you send; for compressed bodies use gzip.",
    ),
    Kind(
        "invalid",
        422,
        "Fields are wrong",
        "The request can be read but fields break the rules; errors names each by JSON pointer.",
        "Correct the fields. Values are never repeated in an answer, so look them up on your side.",
    ),
    Kind(
        "too-fast",
        429,
        "Too fast",
        "The publisher used up its rate or has too much in work, or asked for too many receipts.",
        "Wait for the seconds in Retry-After, then send the identical request.",
        again=True,
    ),
    Kind(
        "crash",
        500,
        "A fault of the service",
        "Something unexpected happened; the operator finds it in the log.",
        "Send the identical request again; tell the operator where that does not help.",
        again=True,
    ),
    Kind(
        "unavailable",
        503,
        "Unknown: ask again",
        "The stream, the database or the tracker did not answer in time. Part may have been taken in.",
        "Send the identical request again after Retry-After seconds, as often as needed.",
        again=True,
    ),
)

BY_STATUS = {kind.status: kind for kind in KINDS if kind is not FOREIGN}
BY_NAME = {kind.name: kind for kind in KINDS}
