"""One's own settings: language, quiet hours, time zone and code phrase, changed in place by buttons."""

from datetime import datetime, time

from services.notifier.domain.actions import KnownRecipient
from services.notifier.domain.messages import Message, Text
from services.notifier.domain.preferences import LONGEST_NAME
from services.notifier.domain.quiet_hours import Hours, OwnHours
from services.notifier.domain.time_zones import COMMON, city_of, offset_of
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.keyboard import buttons, callback_data
from services.notifier.wording.markup import (
    bold,
    lines,
    literal,
    paragraphs,
    text_of,
)
from services.notifier.wording.notices import chosen
from services.notifier.wording.prompts.common import never_asked

NEVER_QUIET = OwnHours(time(0), time(0))
OFFERED_HOURS = (
    OwnHours(time(21), time(8)),
    OwnHours(time(22), time(8)),
    OwnHours(time(22), time(7)),
    OwnHours(time(23), time(9)),
)


def settings(speech: Speech, person: KnownRecipient, replaces: str | None) -> Message:
    """Show what somebody has chosen, with a button to change each."""
    text = lines(
        bold(speech.say("My settings")),
        speech.say("Language: {language}", language=buttons.language_name(speech.language)),
        speech.say("Quiet hours: {hours}", hours=_quiet(speech, person.quiet)),
        speech.say("Time zone: {zone}", zone=city_of(speech.zone.key, speech.locale)),
        speech.say("Code phrase: {phrase}", phrase=person.personal.phrase or speech.say("none")),
    )
    rows = (
        (buttons.languages(speech), buttons.button(speech.say("Quiet hours"), callback_data.QUIET)),
        (
            buttons.button(speech.say("Time zone"), callback_data.ZONE),
            buttons.button(speech.say("Code phrase"), callback_data.PHRASE),
        ),
        (buttons.button(speech.say("Names of documents"), callback_data.NAMES), buttons.privacy(speech)),
        (buttons.button(speech.say("Where we write to you"), callback_data.WAYS), buttons.status(speech)),
    )
    return Message(text, rows, replaces)


def languages(voice: Voice, speech: Speech, replaces: str | None = None) -> Message:
    """Offer the agency's languages, each by its own name."""
    rows = tuple(
        (buttons.button(literal(buttons.language_name(code)), callback_data.language(code)),)
        for code in voice.languages
    )
    return Message(speech.say("Please choose a language:"), rows, replaces)


def language_set(speech: Speech, replaces: str | None) -> Message:
    """Confirm the language, in that language."""
    return _done(speech, speech.say("Done. From now on we will write in English."), replaces)


def quiet_hours(speech: Speech, person: KnownRecipient, replaces: str | None) -> Message:
    """Offer hours in which news wait until morning."""
    text = paragraphs(
        (
            speech.say("In quiet hours we do not write. You get the news when they end."),
            speech.say("Now: {value}", value=_quiet(speech, person.quiet)),
        )
    )
    offered = [buttons.button(_span(hours), callback_data.quiet(hours)) for hours in OFFERED_HOURS]
    rows = (
        (offered[0], offered[1]),
        (offered[2], offered[3]),
        (
            buttons.button(speech.say("Write at any time"), callback_data.quiet(NEVER_QUIET)),
            buttons.button(speech.say("As usual"), callback_data.quiet(None)),
        ),
        (buttons.settings(speech),),
    )
    return Message(text, rows, replaces)


def quiet_set(speech: Speech, hours: OwnHours | None, replaces: str | None) -> Message:
    """Confirm the quiet hours."""
    return _done(speech, speech.say("Done. Quiet hours: {hours}", hours=_quiet(speech, hours)), replaces)


def zones(speech: Speech, at: datetime, replaces: str | None) -> Message:
    """Offer time zones by their cities, each with its distance from Greenwich."""
    text = lines(
        speech.say("We show times and keep quiet hours by the clock of your city."),
        speech.say("Now: {value}", value=_city(speech, speech.zone.key, at)),
    )
    offered = [buttons.button(_city(speech, name, at), callback_data.zone(name)) for name in COMMON]
    pairs = tuple(tuple(offered[start : start + 2]) for start in range(0, len(offered), 2))
    rows = (
        *pairs,
        (buttons.button(speech.say("Another city"), callback_data.ZONE_TYPED),),
        (buttons.settings(speech),),
    )
    return Message(text, rows, replaces)


def zone_set(speech: Speech, replaces: str | None) -> Message:
    """Confirm the time zone."""
    city = city_of(speech.zone.key, speech.locale)
    return _done(speech, speech.say("Done. Times are now those of this city: {city}", city=city), replaces)


def type_city(speech: Speech) -> Message:
    """Ask for a city."""
    text = speech.say("Please send the name of a large city where the clock shows the same time as yours.")
    return Message(text, ((buttons.cancel(speech),),))


def unknown_city(speech: Speech) -> Message:
    """Tell that we do not know a city, and go on asking."""
    text = speech.say(
        "We do not know this city. Please send the capital or another large city with that time."
    )
    rows = (
        (buttons.button(speech.say("Choose from the list"), callback_data.ZONE),),
        (buttons.cancel(speech),),
    )
    return Message(text, rows)


def phrase(speech: Speech, person: KnownRecipient, replaces: str | None) -> Message:
    """Explain the code phrase and offer to choose one."""
    own = person.personal.phrase
    text = paragraphs(
        (
            speech.say(
                "A code phrase is a few words that only you and we know. We put it in every message. "
                "A message without it is not from us."
            ),
            speech.say("Now: {value}", value=chosen(own)) if own else speech.say("You have none yet."),
            never_asked(speech),
        )
    )
    choose = buttons.button(speech.say("Choose a phrase"), callback_data.PHRASE_TYPED)
    drop = buttons.button(speech.say("Without a phrase"), callback_data.NO_PHRASE)
    return Message(text, ((choose,), *(((drop,),) if own else ()), (buttons.settings(speech),)), replaces)


def type_phrase(speech: Speech) -> Message:
    """Ask for the words of a code phrase."""
    text = lines(
        speech.say("Please send the words of your code phrase, for example “grandma’s garden”."),
        speech.say("Do not use a password."),
    )
    return Message(text, ((buttons.cancel(speech),),))


def phrase_set(speech: Speech, replaces: str | None) -> Message:
    """Confirm the code phrase, which stands below as in every message."""
    if speech.personal.phrase is None:
        return _done(speech, speech.say("Done. Our messages come without a code phrase now."), replaces)
    text = speech.say("Done. From now on every message from us has your code phrase in it.")
    return _done(speech, text, replaces)


def too_long(speech: Speech) -> Message:
    """Ask for fewer letters."""
    text = speech.count(
        "Please send it shorter: at most {n} letter.",
        "Please send it shorter: at most {n} letters.",
        LONGEST_NAME,
    )
    return Message(text, ((buttons.cancel(speech),),))


def cancelled(speech: Speech, replaces: str | None, *, follows: bool) -> Message:
    """Confirm that nothing was changed."""
    return Message(
        speech.say("All right, nothing was changed."), buttons.helpful(speech, follows=follows), replaces
    )


def _done(speech: Speech, text: Text, replaces: str | None) -> Message:
    return Message(text, ((buttons.settings(speech), buttons.status(speech)),), replaces)


def _quiet(speech: Speech, own: OwnHours | None) -> Text:
    hours: Hours | None = own if own is not None else speech.catalogue.agency.quiet_hours
    if hours is None or hours.start == hours.end:
        return speech.say("none, we write at any time")
    return _span(hours)


def _span(hours: Hours) -> Text:
    return literal(f"{hours.start:%H:%M}–{hours.end:%H:%M}")


def _city(speech: Speech, name: str, at: datetime) -> Text:
    return text_of(f"{city_of(name, speech.locale)} ({offset_of(name, at)})")
