"""What is shown of conversations, in the words of who looks: rows of lists, what was said, the document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date

from contracts.catalogue import Catalogue, Texts
from contracts.channels import CHANNELS
from services.desk.conversations.views import About, Conversation, Held, Hit, SentFile, Utterance, Waiting
from services.desk.page.parts import PageParts

SOON = timedelta(hours=1)
_MEGABYTE = 1024 * 1024
Risk = Literal["broken", "soon", ""]


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list; times are those of the agency's clock, waits are minutes."""

    id: UUID
    title: str
    stage: str
    language: str
    channel: str
    reason: str
    urgent: bool
    waits: int | None
    due: str
    risk: Risk
    returned: int
    fits: bool
    until: str
    draft: bool


@dataclass(frozen=True, slots=True)
class File:
    """A file that the citizen sent: its `size` in MB; `until` when it is erased, empty where it was."""

    id: UUID
    picture: bool
    size: str
    until: str


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said or noted; `end` says how its delivery ended, empty as long as nobody knows.

    `file`: what the text only names.
    """

    kind: Literal["citizen", "staff", "note"]
    id: str
    author: str
    public_name: str
    text: str | None
    at: str
    iso: str
    end: str
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An office as the catalogue has it."""

    name: str
    address: str
    hours: str
    phone: str


@dataclass(frozen=True, slots=True)
class Document:
    """Where a document is; `text` and `next` are what the citizen was told of that."""

    title: str
    stage: str
    n: int
    m: int
    text: str
    next: str
    actionable: bool
    overdue: bool
    office: Place | None


@dataclass(frozen=True)
class Words:
    """The words and times of one look."""

    catalogue: Catalogue
    language: str
    zone: ZoneInfo
    now: datetime

    @classmethod
    def of(cls, parts: PageParts, language: str) -> "Words":
        """Return the words of somebody who looks now."""
        return cls(parts.catalogue, language, parts.zone, parts.clock.now())

    def pick(self, texts: Texts) -> str:
        """Return a text of the catalogue."""
        return self.catalogue.text(texts, self.language)

    def moment(self, at: datetime | None) -> str:
        """Return a time of today, or the day with it; nothing for none."""
        if at is None:
            return ""
        local = at.astimezone(self.zone)
        if local.date() == self.now.astimezone(self.zone).date():
            return f"{local:%H:%M}"
        return f"{format_date(local.date(), 'd MMM', locale=self._locale)} {local:%H:%M}"

    def named(self, language: str) -> str:
        """Return the name of a language in the reader's own."""
        return Locale.parse(language).get_language_name(self.language) or language

    def channel(self, about: About) -> str:
        """Return where the citizen writes, as people call it."""
        kind = CHANNELS.get(about.channel.partition(".")[0])
        return about.channel if kind is None else kind.title

    def topic(self, topic: str) -> str:
        """Return a topic by its document's name, the agency's own, or as it is called."""
        document, desk = self.catalogue.documents.get(topic), self.catalogue.agency.desk
        own = None if document is None else document.name
        if own is None and desk is not None:
            own = desk.topics.get(topic)
        return topic if own is None else self.pick(own)

    def title(self, about: About) -> str:
        """Return what a conversation is about; nothing where there is no document."""
        document = self.catalogue.documents.get(about.document or "")
        return "" if document is None else self.pick(document.name)

    def stage(self, about: About) -> str:
        """Return at which stage its document is; nothing where nobody knows."""
        known = about.document and about.stage and self.catalogue.knows(about.document, about.stage)
        return self.pick(self.catalogue.stages[about.stage or ""].name) if known else ""

    def waiting(self, one: Waiting, *, draft: bool) -> Row:
        """Return who waits for anybody."""
        return self._row(
            one.about,
            one.since,
            one.due,
            "",
            urgent=one.urgent,
            returned=one.returned,
            fits=one.fits,
            draft=draft,
        )

    def held(self, one: Held, *, draft: bool) -> Row:
        """Return what somebody holds."""
        urgent = one.about.actionable or one.about.overdue
        until = self.moment(one.until)
        return self._row(
            one.about, one.since, one.due, until, urgent=urgent, returned=0, fits=True, draft=draft
        )

    def hit(self, one: Hit) -> tuple[Row, str, str, str]:
        """Return what a search found: the row, where it stands, when it was said, and the words."""
        row = self._row(one.about, None, None, "", urgent=False, returned=0, fits=True, draft=False)
        return row, one.standing, self.moment(one.at), one.text

    def timeline(self, one: Conversation) -> Sequence[Said]:
        """Return what was said and noted, in order of time."""
        notes = [
            (note.at, Said("note", note.note_id.hex, note.author, "", note.text, *self._times(note.at), ""))
            for note in one.notes
        ]
        return [
            said for _, said in sorted([*map(self._said, one.utterances), *notes], key=lambda two: two[0])
        ]

    def document(self, about: About) -> Document | None:
        """Return where the document is; None where the conversation is about none."""
        kind = self.catalogue.documents.get(about.document or "")
        if kind is None:
            return None
        stage = None
        if about.stage is not None and self.catalogue.knows(kind.code, about.stage):
            stage = self.catalogue.stage_of(kind.code, about.stage)
        n, m = (kind.step_of(about.stage) if about.stage else None) or (0, 0)
        return Document(
            title=self.pick(kind.name),
            stage="" if stage is None else self.pick(stage.name),
            n=n,
            m=m,
            text="" if stage is None else self.pick(stage.text),
            next="" if stage is None else self.pick(stage.next),
            actionable=about.actionable,
            overdue=about.overdue,
            office=self._place(about),
        )

    def _place(self, about: About) -> Place | None:
        office = self.catalogue.offices.get(about.office or "")
        if office is None:
            return None
        return Place(self.pick(office.name), self.pick(office.address), office.hours, office.phone)

    def _row(
        self,
        about: About,
        since: datetime | None,
        due: datetime | None,
        until: str,
        *,
        urgent: bool,
        returned: int,
        fits: bool,
        draft: bool,
    ) -> Row:
        left = None if due is None else due - self.now
        risk: Risk = "" if left is None or left > SOON else "soon" if left > timedelta() else "broken"
        return Row(
            id=about.conversation_id,
            title=self.title(about),
            stage=self.stage(about),
            language=self.named(about.language),
            channel=self.channel(about),
            reason=about.reason,
            urgent=urgent,
            waits=None if since is None else max(0, int((self.now - since).total_seconds() // 60)),
            due=self.moment(due),
            risk=risk,
            returned=returned,
            fits=fits,
            until=until,
            draft=draft,
        )

    def _said(self, one: Utterance) -> tuple[datetime, Said]:
        end = "" if one.end is None else one.end.value
        said = one.utterance_id.hex, one.author, one.public_name, one.text, *self._times(one.at), end
        return one.at, Said(one.by, *said, self._file(one.file))

    def _file(self, one: SentFile | None) -> File | None:
        if one is None:
            return None
        until = self.moment(one.kept_until) if one.kept_until > self.now else ""
        return File(one.file_id, one.type != "pdf", f"{max(one.size / _MEGABYTE, 0.1):.1f}", until)

    def _times(self, at: datetime) -> tuple[str, str]:
        return self.moment(at), at.isoformat(timespec="minutes")

    @property
    def _locale(self) -> Locale:
        return Locale.parse("en_GB" if self.language == "en" else self.language)
