"""Sentences that several answers share."""

from services.notifier.domain.messages import Text
from services.notifier.wording.i18n import Speech
from services.notifier.wording.markup import text_of


def agency(speech: Speech) -> Text:
    """Return the agency's name."""
    return text_of(speech.pick(speech.catalogue.agency.name), 160)


def how_to_begin(speech: Speech) -> Text:
    """Tell the ways in."""
    return speech.say(
        "To begin, scan the code on your receipt with the camera of your phone, or send a photo of it here. "
        "You can also type the letters and digits printed under it."
    )


def never_asked(speech: Speech) -> Text:
    """Tell what a fake would ask for."""
    return speech.say("We never ask for passwords, bank cards or codes from a text message.")


def change_of_mind(speech: Speech) -> Text:
    """Tell the way back."""
    return speech.say("If you change your mind, scan the code on your receipt again.")
