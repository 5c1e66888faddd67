"""`GET /v1/key`: whom a key stands for and what it may do."""

from datetime import datetime

from fastapi import APIRouter, Request

from services.ingest.keys.api_keys import ApiKey
from services.ingest.keys.gate import Gate
from services.ingest.web.answers import AnswerShape, problems


class KeyAnswer(AnswerShape):
    """Whom a key stands for; `source` of every event must be this publisher.

    `documents` and `offices`: what the key is limited to; null is no limit.
    """

    publisher: str
    name: str
    scopes: list[str]
    documents: list[str] | None
    offices: list[str] | None
    expires_at: datetime | None


def router(gate: Gate) -> APIRouter:
    """Return the route."""
    routes = APIRouter()

    @routes.get(
        "/v1/key",
        summary="Whom this key stands for",
        responses=problems(400, 401, 403, 409, 413, 422, 429, 503),
        tags=["keys"],
    )
    async def key(request: Request) -> KeyAnswer:
        """Every event's `source` must be the publisher named here."""
        return _answer(await gate.admit(request, None))

    return routes


def _answer(key: ApiKey) -> KeyAnswer:
    documents, offices = key.limits.documents, key.limits.offices
    return KeyAnswer(
        publisher=key.publisher,
        name=key.name,
        scopes=sorted(key.scopes),
        documents=None if documents is None else sorted(documents),
        offices=None if offices is None else sorted(offices),
        expires_at=key.expires_at,
    )
