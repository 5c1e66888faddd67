"""The catalogue as frozen models: an agency, its document types, their stages, offices and plain texts."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, time, timedelta
from functools import cached_property
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
)

from contracts.catalogue.booking import Appointments, Invitations
from contracts.catalogue.calls import CallTerms
from contracts.catalogue.channel_terms import ChannelTerms
from contracts.catalogue.consultations import Consultation
from contracts.catalogue.desk_terms import DeskTerms, Hours, Language
from contracts.catalogue.entries import BusinessDays, Entry, Texts
from contracts.catalogue.phrasing import Phrasing
from contracts.catalogue.values import (
    interval,
    known_time_zone,
    usable_pattern,
    written_date,
    written_duration,
)
from contracts.knowledge import Answer
from contracts.messages.base import AnswerId, Code

NumberPattern = Annotated[str, AfterValidator(usable_pattern)]
WrittenDate = Annotated[date, written_date]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
DEFAULT_NUMBER_PATTERNS = (r"^[0-9]{10}$", r"^[A-Z]{2}-?[0-9]{9}$")


class DaysFromTo(Entry):
    """A range of days, both ends in it."""

    first: WrittenDate
    last: WrittenDate


class Holidays(Entry):
    """Days without work: a country's public holidays (ISO 3166 code) and the agency's own dates.

    `moved` goes from a day that is worked to the day in whose place it is worked, which is off; `school` are
    the holidays of schools, for offices whose hours depend on them.
    """

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    dates: tuple[WrittenDate, ...] = ()
    moved: Mapping[WrittenDate, WrittenDate] = Field(default_factory=dict)
    school: tuple[Annotated[DaysFromTo, BeforeValidator(interval)], ...] = ()


class WallHours(Entry):
    """Hours of a day in local time; `start` later than `end` spans midnight, equal ones are no hours."""

    start: time
    end: time


class QuietHours(WallHours):
    """The hours when nobody is woken; `days_off` are those of days on which the agency does not work."""

    days_off: WallHours | None = None


class Limits(Entry):
    """How many documents one citizen may follow at a time, and how many people one document."""

    documents_per_citizen: int = Field(default=10, ge=1, le=1000)
    followers_per_document: int = Field(default=10, ge=1, le=1000)


class Agency(Entry):
    """Whose documents these are; the first of `languages` is the default one.

    `channels` are the accounts by which people are reached, in the order in which they are offered.
    `number_patterns` are regular expressions for an application number in its canonical spelling.
    `retention_days` after a document has come to its end nobody's link to it is left; `currency` (ISO 4217)
    is that of the fees. `desk`: on which terms people answer citizens; None: nobody does.
    is that of the fees. `calls` is how people are called by phone; None: nobody is, from here.
    """

    code: Code
    name: Texts
    languages: tuple[Language, ...] = Field(min_length=1)
    time_zone: Annotated[str, AfterValidator(known_time_zone)]
    holidays: Holidays = Holidays()
    channels: tuple[ChannelTerms, ...] = ()
    number_patterns: tuple[NumberPattern, ...] = Field(default=DEFAULT_NUMBER_PATTERNS, min_length=1)
    consent_version: Code
    quiet_hours: QuietHours | None = None
    limits: Limits = Limits()
    currency: Currency | None = None
    retention_days: int = Field(default=90, ge=1, le=3650)
    desk: DeskTerms | None = None
    calls: CallTerms | None = None

    @property
    def default_language(self) -> str:
        """The language for a person whose own is unknown."""
        return self.languages[0]

    @property
    def offered(self) -> tuple[ChannelTerms, ...]:
        """The first account of each channel, in order: those by which somebody new comes in."""
        first = {terms.channel: terms for terms in reversed(self.channels)}
        return tuple(terms for terms in self.channels if first[terms.channel] is terms)

    def channel(self, account_name: str) -> ChannelTerms | None:
        """Return the terms of an account; None for one that the agency does not have."""
        return next((terms for terms in self.channels if terms.account_name == account_name), None)

    def public_name(self, account_name: str) -> str | None:
        """Return the public name of an account's bot; None for an account that the agency does not have."""
        terms = self.channel(account_name)
        return None if terms is None else terms.name

    def named(self, channel: str, name: str | None) -> Self:
        """Return the agency with another public name of a channel's first account, which may be new to it."""
        if name is None:
            return self
        known = self.channel(channel)
        terms = ChannelTerms(channel=channel, name=name)
        if known is None:
            return self.model_copy(update={"channels": (*self.channels, terms)})
        renamed = known.model_copy(update={"name": terms.name})
        return self.model_copy(
            update={"channels": tuple(renamed if terms is known else terms for terms in self.channels)}
        )


class Stage(Entry):
    """One stage of a document's way.

    `text` is the sentence that tells it, `next` says what comes next or what to do. `actionable`: the
    citizen has something to do; `terminal`: the way ends here; `detour`: any other stage leaves it.
    `expected_days` are the business days usually spent here, only where the agency is to act; `ttl_hours` is
    how long a notice of it is worth sending, a larger `priority` goes first. `reach_within`: where a channel
    confirms what it delivers and did not in this time, the person's next address is tried; None: never.
    """

    code: Code
    rank: int = Field(ge=0)
    name: Texts
    text: Texts
    next: Texts
    actionable: bool = False
    terminal: bool = False
    detour: bool = False
    expected_days: BusinessDays | None = None
    ttl_hours: int = Field(default=168, ge=1)
    reach_within: Annotated[timedelta, written_duration] | None = None
    priority: int = 0


class StageOverride(Entry):
    """What one document type says differently about a stage; None keeps the stage's own value."""

    text: Texts | None = None
    next: Texts | None = None
    expected_days: BusinessDays | None = None
    ttl_hours: int | None = Field(default=None, ge=1)


class DocumentType(Entry):
    """A kind of document: `stages` is its main way in order (the m steps), `aside` what else may happen."""

    code: Code
    name: Texts
    stages: tuple[Code, ...] = Field(min_length=1)
    aside: tuple[Code, ...] = ()
    overrides: Mapping[Code, StageOverride] = Field(default_factory=dict)

    def knows(self, stage: str) -> bool:
        """Tell whether an application of this type can be at the stage."""
        return stage in self.stages or stage in self.aside

    def step_of(self, stage: str) -> tuple[int, int] | None:
        """Return (n, m) for step n of m, or None for a stage that is off the main way or unknown."""
        return (self.stages.index(stage) + 1, len(self.stages)) if stage in self.stages else None


class Office(Entry):
    """Where documents are handed over; `hours` in OpenStreetMap's `opening_hours`, coordinates WGS 84.

    `expected_days`: business days that some stages take at this office, by document type and stage.
    `appointments`: how people get a time there for a document that is ready; None: they come when it is open.
    `invitations`: how many are told on a day that their documents are ready; None: everybody at once.
    """

    code: Code
    name: Texts
    address: Texts
    hours: Hours
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()-]{2,24}$")]
    expected_days: Mapping[Code, Mapping[Code, BusinessDays]] = Field(default_factory=dict)
    appointments: Appointments | None = None
    invitations: Invitations | None = None


class Sayings(Entry):
    """The short texts that events name by code: `notes` say why, `papers` what to bring."""

    notes: Mapping[Code, Texts] = Field(default_factory=dict)
    papers: Mapping[Code, Texts] = Field(default_factory=dict)


class Catalogue(Sayings, Phrasing):
    """Everything the agency says about its documents; all mappings go from a code to its entry.

    `phrases` and `words` are what the agency adds to ours; they are no part of what it says, nor of the hash.
    """

    agency: Agency
    documents: Mapping[Code, DocumentType]
    stages: Mapping[Code, Stage]
    offices: Mapping[Code, Office] = Field(default_factory=dict)
    consultations: Mapping[Code, Consultation] = Field(default_factory=dict)
    answers: Mapping[AnswerId, Answer] = Field(default_factory=dict)

    def knows(self, document_type: str, stage: str) -> bool:
        """Tell whether the document type is known and can be at the stage."""
        document = self.documents.get(document_type)
        return document is not None and stage in self.stages and document.knows(stage)

    def steps(self, document_type: str) -> tuple[str, ...]:
        """Return the codes of the main way in order; empty for an unknown document type."""
        document = self.documents.get(document_type)
        return () if document is None else document.stages

    def step_of(self, document_type: str, stage: str) -> tuple[int, int] | None:
        """Return (n, m) for step n of m; None off the main way or for anything unknown."""
        document = self.documents.get(document_type)
        return None if document is None else document.step_of(stage)

    def rank(self, stage: str) -> int:
        """Return the stage's rank; KeyError for an unknown stage."""
        return self.stages[stage].rank

    def stage_of(self, document_type: str, stage: str) -> Stage:
        """Return the stage as this document type tells it; KeyError for an unknown one."""
        plain = self.stages[stage]
        override = self.documents[document_type].overrides.get(stage)
        if override is None:
            return plain
        own = {name: value for name in type(override).model_fields if (value := getattr(override, name))}
        return plain.model_copy(update=own)

    def ready(self, document_type: str, stage: str) -> bool:
        """Tell whether a document at this stage waits for its owner: they must act, and its way goes on."""
        if not self.knows(document_type, stage):
            return False
        reached = self.stages[stage]
        return reached.actionable and not reached.detour and not reached.terminal

    def appointments(self, document_type: str, stage: str | None, office: str | None) -> Appointments | None:
        """Return how a document that is ready is handed over by appointment; None where there are none."""
        at = self.offices.get(office or "")
        if at is None or stage is None or not self.ready(document_type, stage):
            return None
        return at.appointments

    def expected_days(self, document_type: str, stage: str, office: str | None) -> int | None:
        """Return the business days usually spent in a stage, the office's own first; None: nobody says."""
        if not self.knows(document_type, stage):
            return None
        at = self.offices.get(office or "")
        own = None if at is None else at.expected_days.get(document_type, {}).get(stage)
        override = self.documents[document_type].overrides.get(stage)
        typed = None if override is None else override.expected_days
        return own or typed or self.stages[stage].expected_days

    def text(self, texts: Texts, language: str | None) -> str:
        """Return the text in that language, or in the agency's default one."""
        own = None if language is None else texts.get(language)
        return texts[self.agency.default_language] if own is None else own

    @cached_property
    def content_hash(self) -> str:
        """64 hex digits over the meaning; neither the files' layout nor comments change it."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def with_agency(self, agency: Agency) -> Self:
        """Return the same catalogue for another agency, as for a bot name known only at start."""
        return self.model_copy(update={"agency": agency})
