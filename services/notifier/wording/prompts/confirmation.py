"""What is sent to an address so that its owner proves that it is theirs, and what they read afterwards."""

from services.notifier.domain.addresses.ways import Dropped
from services.notifier.domain.messages import Button, Message, Text, shown
from services.notifier.domain.preferences import Detail
from services.notifier.wording.i18n import Speech
from services.notifier.wording.markup import bold, lines, literal, paragraphs
from services.notifier.wording.prompts.common import agency, never_asked
from services.notifier.wording.prompts.ways import messenger


def confirm_by_link(speech: Speech, link: str, detail: Detail) -> Message:
    """Ask whose the address is; it is confirmed on the page that the link leads to."""
    text = paragraphs(
        (
            bold(speech.say("Is this address yours?")),
            speech.say(
                "Somebody asked {agency} to write here about a document. If that was you, please confirm it.",
                agency=agency(speech),
            ),
            how_much(speech, detail),
            speech.say("The link works for a day. If it was not you, do nothing: then nothing is kept."),
            never_asked(speech),
        )
    )
    subject = shown(speech.say("Please confirm your address"))
    confirm = Button(shown(speech.say("Confirm")), url=link)
    return Message(text, ((confirm,),), private=True, subject=subject, language=speech.language)


def how_much(speech: Speech, detail: Detail) -> Text:
    """Tell what was chosen to be told there."""
    return (
        speech.say("We would write here only that there is news, and not what it is.")
        if detail == "news"
        else speech.say("We would write here everything: the document, its stage and the office.")
    )


def confirm_by_code(speech: Speech, code: str, page: str) -> Message:
    """Hand a code over that is typed on our page; short enough for one text message."""
    text = speech.say(
        "{code} – your code for {page}. Tell it to nobody.", code=literal(code), page=literal(page)
    )
    return Message(text, private=True, subject=shown(speech.say("Please confirm your address")))


def begun(speech: Speech) -> Message:
    """Confirm that an address is written to, in words that others may read."""
    return Message(speech.say("Done. From now on we write to you here."))


def left_here(speech: Speech, done: Dropped) -> Message:
    """Confirm that an address is written to no more, and tell where the news come now."""
    return Message(
        lines(
            speech.say("Done. We will not write here any more."),
            speech.say("We now write to you here: {messenger}", messenger=messenger(speech, done.first)),
        )
    )


def left(speech: Speech) -> Message:
    """Confirm the same where it was the last address."""
    return Message(
        lines(
            speech.say("Done. We will not write here any more."),
            speech.say("It was your only address with us, so we keep nothing about you."),
        )
    )
