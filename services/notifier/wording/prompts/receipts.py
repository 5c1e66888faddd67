"""The ways in: the question before anything is stored, and what came of a receipt."""

from datetime import datetime

from contracts.messages.rpc import Followed
from services.notifier.domain.actions import Secret
from services.notifier.domain.messages import Message
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.keyboard import buttons
from services.notifier.wording.markup import bold, lines, paragraphs
from services.notifier.wording.notices import followed_line
from services.notifier.wording.prompts.common import agency, change_of_mind, never_asked


def consent(
    voice: Voice, speech: Speech, kind: Secret, secret: str, *, again: bool, replaces: str | None = None
) -> Message:
    """Ask whether to follow; in full for a stranger, short for someone who has already agreed (`again`)."""
    answers = ((buttons.consent(speech, kind, secret),), (buttons.decline(speech),))
    if again:
        question = speech.say("Shall we write to you about this document too?")
        return Message(question, answers, replaces)
    others = tuple(
        buttons.ask_again(language, kind, secret)
        for language in voice.languages
        if language != speech.language
    )
    text = paragraphs(
        (
            bold(speech.say("Shall we write to you when there is news about your document?")),
            speech.say(
                "{agency} will tell you here what is happening with it and what you need to do.",
                agency=agency(speech),
            ),
            speech.say(
                "For this we keep where to write to you and your language. "
                "We do not need your name or your phone number."
            ),
            speech.say("You can stop at any time: just send /stop."),
            never_asked(speech),
        )
    )
    return Message(text, (*answers, others) if others else answers, replaces)


def declined(speech: Speech, *, follows: bool, replaces: str | None) -> Message:
    """Answer a no kindly; somebody who follows other documents goes on following those."""
    first = (
        speech.say("All right, we will not write about this document.")
        if follows
        else speech.say("All right, we will not write to you. We have stored nothing.")
    )
    return Message(lines(first, change_of_mind(speech)), ((buttons.help_(speech),),), replaces)


def now_follows(speech: Speech, followed: Followed, *, created: bool, replaces: str | None) -> Message:
    """Tell that the document is followed; a document without any stage is told here as well."""
    told = (
        speech.say("Done. You now follow this document:")
        if created
        else speech.say("You already follow this document:")
    )
    what = lines(told, followed_line(speech, followed))
    rows = buttons.under(speech, followed.subscription_id)
    if followed.stage is None:
        after = speech.say("There is no news about it yet. We will write as soon as there is.")
        return Message(paragraphs((what, after)), rows, replaces, private=True)
    after = speech.say("We will write when something changes. Here is where it is now.")
    return Message(paragraphs((what, after)), (), replaces, private=True)


def not_found(speech: Speech, replaces: str | None = None) -> Message:
    """Say the same for a code that is wrong, used up or withdrawn: what to check."""
    text = paragraphs(
        (
            speech.say("We could not find a document by this code."),
            lines(
                speech.say("Please check:"),
                speech.say("• Is every letter and digit the same as on your receipt?"),
                speech.say("• Is it your newest receipt? A new one replaces the old one."),
            ),
            speech.say("If it still does not work, ask at the office for a new receipt."),
        )
    )
    return Message(text, ((buttons.help_(speech),),), replaces)


def slip(speech: Speech) -> Message:
    """Tell that a code has a slip of the finger in it: its check character says so."""
    text = lines(
        speech.say("There is a slip in this code: one of the letters or digits is not right."),
        speech.say("Please compare it with your receipt and send it once more. There are 13 of them."),
    )
    return Message(text, ((buttons.help_(speech),),))


def no_code(speech: Speech) -> Message:
    """Tell that a photo shows no code that we could read."""
    text = lines(
        speech.say("We could not find the square code of a receipt in this photo."),
        speech.say("Please take it closer, in good light, with the whole square in it."),
        speech.say("Or type the letters and digits printed under it."),
    )
    return Message(text, ((buttons.help_(speech),),))


def unread_photo(speech: Speech) -> Message:
    """Tell that a picture could not be read at all, and what to send in its place."""
    text = lines(
        speech.say("We could not read this picture."),
        speech.say("Please take a new photo of the square code on your receipt and send it here."),
        speech.say("Or type the letters and digits printed under it."),
    )
    return Message(text, ((buttons.help_(speech),),))


def fewer_photos(speech: Speech) -> Message:
    """Ask somebody who sends many photos to wait a little."""
    text = lines(
        speech.say("You have sent many photos in a short time, and we have not looked at this one."),
        speech.say("Please wait a minute and send one photo of the square code on your receipt."),
        speech.say("Or type the letters and digits printed under it."),
    )
    return Message(text, ((buttons.help_(speech),),))


def too_many(speech: Speech, replaces: str | None = None) -> Message:
    """Tell that one person can follow no more documents; the receipt is not used up by this."""
    text = paragraphs(
        (
            speech.say("You already follow as many documents as one person can."),
            speech.say("Stop one of them, then scan this code again. Your receipt stays good."),
        )
    )
    return Message(text, ((buttons.status(speech), buttons.help_(speech)),), replaces)


def too_many_tries(speech: Speech, again_at: datetime) -> Message:
    """Tell that no typed code is looked at for now, from when on it is, and what works meanwhile."""
    text = paragraphs(
        (
            speech.say("Too many codes were typed that are on no receipt."),
            speech.say("We look at typed codes again from {moment}.", moment=speech.moment(again_at)),
            speech.say(
                "The square code (QR) on your receipt works at any time: scan it, or send us a photo of it."
            ),
        )
    )
    return Message(text, ((buttons.help_(speech),),))
