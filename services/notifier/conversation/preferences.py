"""One's own settings: what a tap or a typed word changes. Nothing of a stranger's is stored."""

from services.notifier.conversation.citizen import Citizen, say
from services.notifier.domain import time_zones
from services.notifier.domain.actions import Action, Reply
from services.notifier.domain.preferences import (
    LONGEST_NAME,
    Awaiting,
    SetLanguage,
    SetName,
    SetPhrase,
    SetQuiet,
    SetZone,
)
from services.notifier.wording import prompts
from services.notifier.wording.keyboard import callback_data
from services.notifier.wording.markup import cleaned, letters


def opened(data: str, citizen: Citizen) -> Action:
    """Return what a button of the settings opens or does; those that hold a value are `picked`."""
    person = citizen.person
    if person is None:
        return say(prompts.nothing_followed(citizen.speech))
    planned: Action
    match data:
        case callback_data.QUIET:
            planned = say(prompts.quiet_hours(citizen.speech, person, citizen.tapped))
        case callback_data.ZONE:
            planned = say(prompts.zones(citizen.speech, citizen.at, citizen.tapped))
        case callback_data.ZONE_TYPED:
            planned = Reply((prompts.type_city(citizen.speech),), Awaiting("zone"))
        case callback_data.PHRASE:
            planned = say(prompts.phrase(citizen.speech, person, citizen.tapped))
        case callback_data.PHRASE_TYPED:
            planned = Reply((prompts.type_phrase(citizen.speech),), Awaiting("phrase"))
        case callback_data.NO_PHRASE:
            planned = SetPhrase(None, citizen.tapped)
        case _:
            planned = say(prompts.settings(citizen.speech, person, citizen.tapped))
    return planned


def picked(
    tap: callback_data.PickLanguage | callback_data.PickQuiet | callback_data.PickZone, citizen: Citizen
) -> Action:
    """Return what a button with a value changes."""
    if isinstance(tap, callback_data.PickLanguage):
        return _language(tap.language, citizen)
    if not citizen.follows:
        return say(prompts.nothing_followed(citizen.speech))
    if isinstance(tap, callback_data.PickQuiet):
        return SetQuiet(tap.hours, citizen.tapped)
    if tap.zone is not None and time_zones.zone_of(tap.zone) is None:
        return say(prompts.zones(citizen.speech, citizen.at, citizen.tapped))
    return SetZone(tap.zone, citizen.tapped)


def typed(text: str, awaits: Awaiting, citizen: Citizen) -> Action:
    """Return what a text changes that somebody was asked for; a wrong one is asked for again."""
    said = cleaned(text)
    if awaits.what == "zone":
        planned = time_zones.find(said)
        return Reply((prompts.unknown_city(citizen.speech),), awaits) if planned is None else SetZone(planned)
    if not said or letters(said) > LONGEST_NAME:
        return Reply((prompts.too_long(citizen.speech),), awaits)
    if awaits.what == "name" and awaits.subscription is not None:
        return SetName(awaits.subscription, said)
    return SetPhrase(said)


def _language(language: str, citizen: Citizen) -> Action:
    if language not in citizen.known.languages:
        return say(prompts.languages(citizen.voice, citizen.speech))
    if citizen.person is None:
        # A stranger's choice is not stored: nothing is, before they say yes.
        other = citizen.in_language(language)
        return say(prompts.welcome(other.speech, follows=False, replaces=citizen.tapped))
    return SetLanguage(language, citizen.tapped)
