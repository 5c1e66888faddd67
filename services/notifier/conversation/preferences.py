"""One's own settings: what a tap or a typed word changes. Nothing of a stranger's is stored."""

from services.notifier.conversation.citizen import Listener, say
from services.notifier.domain import time_zones
from services.notifier.domain.actions import (
    Plan,
    Reply,
    SetLanguage,
    SetName,
    SetPhrase,
    SetQuiet,
    SetZone,
)
from services.notifier.domain.preferences import LONGEST_NAME, Awaiting
from services.notifier.wording import callback_data, prompts
from services.notifier.wording.markup import cleaned, letters


def opened(data: str, to: Listener) -> Plan:
    """Return what a button of the settings opens or does; those that hold a value are `picked`."""
    person = to.person
    if person is None:
        return say(prompts.nothing_followed(to.speech))
    found: Plan
    match data:
        case callback_data.QUIET:
            found = say(prompts.quiet_hours(to.speech, person, to.tapped))
        case callback_data.ZONE:
            found = say(prompts.zones(to.speech, to.at, to.tapped))
        case callback_data.ZONE_TYPED:
            found = Reply((prompts.type_city(to.speech),), Awaiting("zone"))
        case callback_data.PHRASE:
            found = say(prompts.phrase(to.speech, person, to.tapped))
        case callback_data.PHRASE_TYPED:
            found = Reply((prompts.type_phrase(to.speech),), Awaiting("phrase"))
        case callback_data.NO_PHRASE:
            found = SetPhrase(None, to.tapped)
        case _:
            found = say(prompts.settings(to.speech, person, to.tapped))
    return found


def picked(
    tap: callback_data.PickLanguage | callback_data.PickQuiet | callback_data.PickZone, to: Listener
) -> Plan:
    """Return what a button with a value changes."""
    if isinstance(tap, callback_data.PickLanguage):
        return _language(tap.language, to)
    if not to.follows:
        return say(prompts.nothing_followed(to.speech))
    if isinstance(tap, callback_data.PickQuiet):
        return SetQuiet(tap.hours, to.tapped)
    if tap.zone is not None and time_zones.zone_of(tap.zone) is None:
        return say(prompts.zones(to.speech, to.at, to.tapped))
    return SetZone(tap.zone, to.tapped)


def typed(text: str, awaits: Awaiting, to: Listener) -> Plan:
    """Return what a text changes that somebody was asked for; a wrong one is asked for again."""
    said = cleaned(text)
    if awaits.what == "zone":
        found = time_zones.find(said)
        return Reply((prompts.unknown_city(to.speech),), awaits) if found is None else SetZone(found)
    if not said or letters(said) > LONGEST_NAME:
        return Reply((prompts.too_long(to.speech),), awaits)
    if awaits.what == "name" and awaits.subscription is not None:
        return SetName(awaits.subscription, said)
    return SetPhrase(said)


def _language(language: str, to: Listener) -> Plan:
    if language not in to.known.languages:
        return say(prompts.languages(to.voice, to.speech))
    if to.person is None:
        # A stranger's choice is not stored: nothing is, before they say yes.
        other = to.in_language(language)
        return say(prompts.welcome(other.speech, follows=False, replaces=to.tapped))
    return SetLanguage(language, to.tapped)
