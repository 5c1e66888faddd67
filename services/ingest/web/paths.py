"""Paths as they were sent: an id in a path is one piece, whatever it holds.

Routes are chosen by the raw path, in which `%2F` belongs to an id and `/` parts it from what is asked of it.
The framework chooses by the decoded one, where an id that ends in `/print` is a page to print.
"""

from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Path
from pydantic import BeforeValidator, StringConstraints
from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest.domain.faults import NOT_UTF8

_WITH_IDS = ("/v1/receipts/", "/v1/events/")


class RawPaths:
    """An ASGI layer that lets routes with ids see their paths as they were sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and scope["path"].startswith(_WITH_IDS):
            scope = {**scope, "path": scope["raw_path"].partition(b"?")[0].decode("latin-1")}
        await self._app(scope, receive, send)


def _decoded(raw: object) -> str:
    try:
        return unquote_to_bytes(str(raw).encode("latin-1")).decode()
    except UnicodeError:
        raise ValueError(NOT_UTF8) from None


Id = Annotated[
    str,
    Path(json_schema_extra={"minLength": 1, "maxLength": 128}),
    BeforeValidator(_decoded),
    StringConstraints(min_length=1, max_length=128),
]
"""The publisher's id of a receipt or an event, in a path; a slash in it is `%2F`."""
