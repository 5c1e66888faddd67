"""Whom we talk to: what we know of them and the language that they read."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from services.notifier.domain.actions import Known, KnownRecipient, NotUnderstood, Reply
from services.notifier.domain.addresses.ways import takes_letters
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import SetLanguage, SetName, SetPhrase, SetQuiet, Setting, SetZone
from services.notifier.wording import prompts
from services.notifier.wording.i18n import Speech, Voice


@dataclass(frozen=True)
class Citizen:
    """Whom we talk to and when; `tapped` is the messenger's id of the message whose button was tapped."""

    known: Known
    voice: Voice
    speech: Speech
    at: datetime
    update: str
    tapped: str | None = None

    @property
    def person(self) -> KnownRecipient | None:
        """Return who it is; None for somebody who has not agreed to anything."""
        recipient = self.known.recipient
        return recipient if recipient is not None and recipient.consented else None

    @property
    def follows(self) -> bool:
        """Tell whether somebody has agreed to be written to."""
        return self.person is not None

    @property
    def kept(self) -> bool:
        """Tell whether anything is kept of somebody: they follow something, or asked people."""
        desk = self.known.desk
        return self.follows or (desk is not None and desk.held)

    @property
    def mails(self) -> bool:
        """Tell whether there is a channel that writes to mailboxes."""
        return any(takes_letters(account) for account in self.known.links.served)

    @property
    def today(self) -> date:
        """Return the day by the agency's clocks."""
        return self.at.astimezone(ZoneInfo(self.voice.catalogue.agency.time_zone)).date()

    def in_language(self, language: str) -> "Citizen":
        """Return the same, spoken to in another language."""
        return replace(self, speech=self.voice.to(self.known.reader(language)))


def citizen_of(incoming: Incoming, known: Known, voice: Voice) -> Citizen:
    """Return whom an answer goes to."""
    tapped = incoming.body.message if isinstance(incoming.body, Tapped) else None
    speech = voice.to(known.reader(language_of(incoming, known)))
    return Citizen(known, voice, speech, incoming.at, incoming.update, tapped)


def language_of(incoming: Incoming, known: Known) -> str:
    """Return the language to speak: the chosen one, else the messenger's, else the agency's first."""
    if known.recipient is not None and known.recipient.language in known.languages:
        return known.recipient.language
    primary = (incoming.language or "").lower().replace("_", "-").partition("-")[0]
    return primary if primary in known.languages else known.languages[0]


def changed(person: KnownRecipient, setting: Setting) -> KnownRecipient:
    """Return somebody as they are once a setting is stored."""
    match setting:
        case SetLanguage(language):
            return replace(person, language=language)
        case SetQuiet(hours):
            return replace(person, quiet=hours)
        case SetZone(zone):
            return replace(person, zone=zone)
        case SetPhrase(phrase):
            return replace(person, personal=replace(person.personal, phrase=phrase))
        case SetName(subscription, name):
            return replace(person, personal=person.personal.with_name(subscription, name))
        case _ as never:
            assert_never(never)


def not_understood(citizen: Citizen) -> NotUnderstood:
    """Return the action that says what can be said."""
    return NotUnderstood((prompts.not_understood(citizen.speech),))


def say(message: Message) -> Reply:
    """Return the action that just answers."""
    return Reply((message,))
