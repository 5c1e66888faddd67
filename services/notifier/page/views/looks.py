"""What a look at the page shows: who looks, their documents, their conversation, each rendered as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from starlette.requests import Request

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool
from services.notifier.channels.web.messages import Line, Messages
from services.notifier.channels.web.sessions import Session
from services.notifier.domain.messages import Button
from services.notifier.domain.preferences import Reader
from services.notifier.page.gate import Visitor
from services.notifier.page.views.documents import Document, document_of
from services.notifier.page.views.facts import Facts, Shown
from services.notifier.page.views.languages import language_of
from services.notifier.page.views.markup import html_of, paragraphs_of
from services.notifier.page.views.templates import Templates
from services.notifier.recipients.addresses import Recipient, Recipients
from services.notifier.wording.i18n import Speech, Voice

SQL = sql.load("services.notifier.page.views", "looks.sql")
ANSWERABLE = 3
"""So many of our newest messages bear their buttons; those of all would hide what is said."""


@dataclass(frozen=True)
class Looker:
    """Who looks: the session, whose it is on record (None for a guest), and the words that they read."""

    visitor: Visitor
    person: Recipient | None
    speech: Speech

    @property
    def session(self) -> Session | None:
        """Return the session; None for a stranger."""
        return self.visitor.session


@dataclass(frozen=True)
class ShownLine:
    """One message as the template takes it."""

    id: str
    place: int
    version: int
    ours: bool
    private: bool
    html: Markup
    file: str | None
    rows: Sequence[Sequence[Button]]
    at: str
    iso: str


@dataclass(frozen=True)
class Looks:
    """Makes what is shown, for one process."""

    pool: Pool
    recipients: Recipients
    messages: Messages
    facts: Facts
    voice: Voice
    templates: Templates
    clock: Clock

    async def looker(self, request: Request, visitor: Visitor) -> Looker:
        """Return who looks; a session that has come to be somebody's is noted as theirs."""
        session, person = visitor.session, None
        if session is not None:
            person = await self.recipients.find(self.pool, session.address)
            if person is not None and person.consented_at is None:
                person = None
            if person is not None and session.address_id != person.address_id:
                await self.pool.execute(SQL["own"], session.id, person.address_id)
        asked = language_of(request, self.voice.languages)
        if person is not None:
            reader = Reader(person.language or asked, person.zone, person.personal)
        else:
            reader = Reader((session.language if session else None) or asked)
        return Looker(visitor, person, self.voice.to(reader))

    async def documents(self, looker: Looker) -> tuple[Shown, list[Document]]:
        """Return what the tracker says, and it as it is shown."""
        if looker.session is None or looker.person is None:
            return Shown(()), []
        shown = await self.facts.of(looker.session.id, looker.person.id)
        now = self.clock.now()
        return shown, [document_of(one, looker.speech, now) for one in shown.documents]

    def documents_html(self, looker: Looker, shown: Shown, documents: Sequence[Document]) -> str:
        """Return the part of the page with the documents."""
        values = self.documents_values(looker, shown, documents)
        return self.templates.render(
            "documents.html", looker.speech, {**values, "token": looker.visitor.token}
        )

    def documents_values(
        self, looker: Looker, shown: Shown, documents: Sequence[Document]
    ) -> dict[str, object]:
        """Return what the template of the documents takes."""
        known_at = None if shown.known_at is None else looker.speech.moment(shown.known_at)
        return {
            "documents": documents,
            "fresh": shown.fresh,
            "known_at": known_at,
        }

    def lines(self, lines: Sequence[Line], speech: Speech) -> list[ShownLine]:
        """Return messages as they are shown, of which the newest of ours can be answered."""
        ours = sorted((line.version for line in lines if line.ours), reverse=True)
        oldest = ours[min(len(ours), ANSWERABLE) - 1] if ours else 0
        return [self.line(line, speech, answerable=line.version >= oldest) for line in lines]

    def line(self, line: Line, speech: Speech, *, answerable: bool = True) -> ShownLine:
        """Return one message as it is shown."""
        message = line.message
        rows = message.buttons if line.ours and answerable else ()
        return ShownLine(
            id=line.id.hex,
            place=line.place,
            version=line.version,
            ours=line.ours,
            private=message.private,
            html=paragraphs_of(message.text),
            file=message.attachment.name if message.attachment is not None else None,
            rows=rows,
            at=self._clock_time(line.at, speech),
            iso=line.at.isoformat(timespec="minutes"),
        )

    def line_html(self, line: Line, looker: Looker) -> str:
        """Return the HTML of one message."""
        values = {"line": self.line(line, looker.speech), "token": looker.visitor.token}
        return self.templates.render("line.html", looker.speech, values)

    def _clock_time(self, at: datetime, speech: Speech) -> str:
        local = at.astimezone(speech.zone)
        if local.date() == self.clock.now().astimezone(speech.zone).date():
            return f"{local:%H:%M}"
        return str(html_of(speech.moment(at)))
