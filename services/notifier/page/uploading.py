"""A photo or document sent from the page to people who answer, by a form that needs no script.

Who sends, and that a conversation is open, is known before the first byte of a file is taken.
"""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from contracts.catalogue.desk_terms import FileTerms
from runtime.process.forms import RefusedError
from runtime.process.uploads import upload_of
from services.notifier.channels.web.messages import said_id
from services.notifier.channels.web.sessions import Session
from services.notifier.channels.web.uploads import Uploads
from services.notifier.domain.handover import Refusal
from services.notifier.domain.incoming import Document, Photo
from services.notifier.domain.messages import Text
from services.notifier.files.content import MEDIA_TYPES, Content, cleaned
from services.notifier.page.deeds import Deed, Deeds
from services.notifier.page.gate import Visitor
from services.notifier.page.parts import PageParts
from services.notifier.page.views.looks import Looker
from services.notifier.recipients.conversations import Conversations
from services.notifier.wording import prompts
from services.notifier.wording.markup import literal

SEND = "/p/send"
AT_ONCE = 8
"""Uploads that one process takes at once: each is held in memory until it is there."""
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class FileDoor:
    """On which terms people who answer take files, and where these wait; one conversation's at a time."""

    talks: Conversations
    terms: FileTerms
    uploads: Uploads
    busy: set[UUID] = field(default_factory=set)

    @contextmanager
    def turn(self, session: Session) -> Iterator[None]:
        """Hold a place while a session sends something; raise RefusedError where there is none."""
        if session.id in self.busy or len(self.busy) >= AT_ONCE:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
        self.busy.add(session.id)
        try:
            yield
        finally:
            self.busy.discard(session.id)


@dataclass(frozen=True)
class _Taken:
    content: Content
    identity: UUID
    once: str
    visitor: Visitor


class Uploading:
    """The form for files, and what is posted by it."""

    def __init__(self, parts: PageParts, door: FileDoor) -> None:
        self._parts = parts
        self._door = door
        self._deeds = Deeds(parts)

    async def form(self, request: Request) -> Response:
        """Show the form; to whoever has no conversation open, how to begin one."""
        looker = await self._parts.looks.looker(request, await self._parts.gate.visitor(request))
        if looker.session is None:
            return self._parts.goes("/p")
        return self._form(looker, is_open=await self._is_open(looker.session))

    async def send(self, request: Request) -> Response:
        """Take a file in, if it may be, as a messenger's picture is."""
        parts, door = self._parts, self._door
        parts.gate.only_ours(request)
        visitor = await parts.gate.visitor(request)
        looker = await parts.looks.looker(request, visitor)
        session = looker.session
        if session is None:
            return parts.goes("/p")
        if not await self._is_open(session):
            return self._form(looker, is_open=False)
        with door.turn(session):
            taken = await self._taken(request, visitor, session)
        if not isinstance(taken, _Taken):
            return self._form(looker, refused=taken)
        size = len(taken.content.data)
        kind = Document if taken.content.type == "pdf" else Photo
        named = literal(prompts.file_named(looker.speech, taken.content.type, size))
        deed = Deed(taken.once, [kind(str(taken.identity), size)], shown=named)
        return await self._deeds.do(request, taken.visitor, deed)

    async def _taken(self, request: Request, visitor: Visitor, session: Session) -> "_Taken | Refusal | None":
        """Return what was sent, once it waits to be dealt with; else why not, None for nothing."""
        terms = self._door.terms
        try:
            uploaded = await upload_of(request, "file", terms.most_bytes)
        except RefusedError as refused:
            if refused.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                return "large"
            raise
        visitor = self._parts.gate.proven(request, visitor, uploaded.fields)
        if not uploaded.file:
            return None
        content = await asyncio.to_thread(cleaned, uploaded.file)
        if isinstance(content, str):
            return content
        if content.type not in terms.types:
            return "type"
        once = uploaded.fields.get("once", "") or secrets.token_hex(8)
        identity = said_id(session.id, f"file\x1f{once}")
        if not await self._door.uploads.put(session.id, identity, content.data):
            return "full"
        return _Taken(content, identity, once, visitor)

    async def _is_open(self, session: Session) -> bool:
        looks = self._parts.looks
        person = await looks.recipients.find(looks.pool, session.address)
        desk = await self._door.talks.desk_of(looks.pool, None if person is None else person.id)
        return desk.open is not None

    def _form(self, looker: Looker, *, is_open: bool = True, refused: Refusal | None = None) -> Response:
        terms, speech = self._door.terms, looker.speech
        why: Text | None = None if refused is None else prompts.refusal(speech, refused, terms)
        values = {
            "is_open": is_open,
            "refused": why,
            "kept": prompts.kept_for(speech, terms.keep_days),
            "accept": ",".join(MEDIA_TYPES[one] for one in terms.types),
            "most": f"{terms.most_bytes / MEGABYTE:.1f}".removesuffix(".0"),
        }
        status = HTTPStatus.OK if refused is None else HTTPStatus.UNPROCESSABLE_ENTITY
        return self._parts.html("send.html", looker, values, status=status)
