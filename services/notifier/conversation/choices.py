"""One's own settings: what a tap or a typed word changes. Nothing of a stranger's is stored."""

from services.notifier import prompts, taps, zones
from services.notifier.conversation.listener import Listener, say
from services.notifier.markup import cleaned, utf16_length
from services.notifier.person import LONGEST_NAME, Awaiting
from services.notifier.plans import Plan, Reply, SetLanguage, SetName, SetPhrase, SetQuiet, SetZone


def opened(data: str, to: Listener) -> Plan:
    """Return what a button of the settings opens or does; those that hold a value are `picked`."""
    person = to.person
    if person is None:
        return say(prompts.nothing_followed(to.speech))
    found: Plan
    match data:
        case taps.QUIET:
            found = say(prompts.quiet_hours(to.speech, person, to.tapped))
        case taps.ZONE:
            found = say(prompts.zones(to.speech, to.at, to.tapped))
        case taps.ZONE_TYPED:
            found = Reply((prompts.type_city(to.speech),), Awaiting("zone"))
        case taps.PHRASE:
            found = say(prompts.phrase(to.speech, person, to.tapped))
        case taps.PHRASE_TYPED:
            found = Reply((prompts.type_phrase(to.speech),), Awaiting("phrase"))
        case taps.NO_PHRASE:
            found = SetPhrase(None, to.tapped)
        case _:
            found = say(prompts.settings(to.speech, person, to.tapped))
    return found


def picked(tap: taps.PickLanguage | taps.PickQuiet | taps.PickZone, to: Listener) -> Plan:
    """Return what a button with a value changes."""
    if isinstance(tap, taps.PickLanguage):
        return _language(tap.language, to)
    if not to.follows:
        return say(prompts.nothing_followed(to.speech))
    if isinstance(tap, taps.PickQuiet):
        return SetQuiet(tap.hours, to.tapped)
    if tap.zone is not None and zones.zone_of(tap.zone) is None:
        return say(prompts.zones(to.speech, to.at, to.tapped))
    return SetZone(tap.zone, to.tapped)


def typed(text: str, awaits: Awaiting, to: Listener) -> Plan:
    """Return what a text changes that somebody was asked for; a wrong one is asked for again."""
    said = cleaned(text)
    if awaits.what == "zone":
        found = zones.find(said)
        return Reply((prompts.unknown_city(to.speech),), awaits) if found is None else SetZone(found)
    if not said or utf16_length(said) > LONGEST_NAME:
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
