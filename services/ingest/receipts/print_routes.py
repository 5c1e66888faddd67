"""One receipt again: shown, as QR code, as a page to print; revoked and issued anew."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from contracts.catalogue import Texts
from contracts.links import names_of
from services.ingest.keys.api_keys import Scope
from services.ingest.keys.gate import Gate
from services.ingest.receipts.answers import ReceiptAnswer, RevokedAnswer, receipt_answer
from services.ingest.receipts.issue import IssueReceipts, Receipt, ReceiptRules
from services.ingest.receipts.prints import Language, page, qr_png, qr_svg
from services.ingest.web.answers import problems
from services.ingest.web.paths import Id

# Secrets are on it: no cache may keep it, and it may load nothing.
_PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_PROBLEMS = problems(401, 403, 404, 409, 422, 429, 503)
_LANGUAGES: tuple[Language, ...] = ("uk", "ru", "en")


def _described(kind: str) -> dict[int | str, dict[str, object]]:
    content = {kind: {"schema": {"type": "string"}}}
    return {200: {"content": content, "description": "to be printed"}, **_PROBLEMS}


def router(gate: Gate, receipts: IssueReceipts, rules: ReceiptRules) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["receipts"])
    catalogue = rules.events.catalogue

    async def shown(request: Request, receipt_id: str) -> Receipt:
        key = await gate.admit(request, Scope.RECEIPTS)
        return await receipts.show(key.publisher, receipt_id, key.limits)

    @routes.get(
        "/v1/receipts/{receipt_id:path}/qr.svg",
        summary="The QR code as SVG",
        response_class=Response,
        responses=_described("image/svg+xml"),
    )
    async def svg(request: Request, receipt_id: Id) -> Response:
        """Scales to its place; the quiet zone is part of it."""
        picture = qr_svg(await shown(request, receipt_id))
        return Response(picture, media_type="image/svg+xml", headers=_PRIVATE)

    @routes.get(
        "/v1/receipts/{receipt_id:path}/qr.png",
        summary="The QR code as PNG",
        response_class=Response,
        responses=_described("image/png"),
    )
    async def png(
        request: Request,
        receipt_id: Id,
        scale: Annotated[int, Query(ge=1, le=40, description="dots a module")] = 8,
    ) -> Response:
        """The quiet zone is part of it."""
        picture = qr_png(await shown(request, receipt_id), scale)
        return Response(picture, media_type="image/png", headers=_PRIVATE)

    @routes.get(
        "/v1/receipts/{receipt_id:path}/print",
        summary="A page of A5 to print",
        response_class=Response,
        responses=_described("text/html"),
    )
    async def printed(
        request: Request, receipt_id: Id, language: Annotated[Language | None, Query()] = None
    ) -> Response:
        """QR code, typed code and what to do, in the given language or the agency's first."""
        receipt = await shown(request, receipt_id)
        agency = catalogue.agency
        chosen = language or _first(agency.languages)
        document = catalogue.documents.get(receipt.document_type)
        html = page(
            receipt,
            chosen,
            agency=_text(agency.name, chosen),
            document=receipt.document_type if document is None else _text(document.name, chosen),
            bots=names_of(agency),
            public_url=rules.public_url,
        )
        return Response(html, media_type="text/html", headers=_PRIVATE)

    @routes.post(
        "/v1/receipts/{receipt_id:path}/reissue",
        status_code=201,
        summary="Give a receipt a new link and code",
        responses=_PROBLEMS,
    )
    async def reissue(request: Request, receipt_id: Id) -> ReceiptAnswer:
        """The earlier link and code end; who follows already keeps following. Each call makes new ones."""
        key = await gate.admit(request, Scope.RECEIPTS)
        return receipt_answer(await receipts.reissue(key.publisher, receipt_id, key.limits))

    @routes.get("/v1/receipts/{receipt_id:path}", summary="A receipt again", responses=_PROBLEMS)
    async def show(request: Request, receipt_id: Id) -> ReceiptAnswer:
        """The same link and code as when it was issued."""
        return receipt_answer(await shown(request, receipt_id))

    @routes.delete("/v1/receipts/{receipt_id:path}", summary="Revoke a receipt", responses=_PROBLEMS)
    async def revoke(request: Request, receipt_id: Id) -> RevokedAnswer:
        """Nobody can use its link or code any more; who follows already keeps following."""
        key = await gate.admit(request, Scope.RECEIPTS)
        changed = await receipts.revoke(key.publisher, receipt_id, key.limits)
        return RevokedAnswer(receipt_id=receipt_id, revoked=True, changed=changed)

    return routes


def _first(languages: Sequence[str]) -> Language:
    return next((language for language in _LANGUAGES if language == languages[0]), "en")


def _text(texts: Texts, language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")
