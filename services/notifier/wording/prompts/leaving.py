"""Stopping, being forgotten, and what is kept about a person."""

from uuid import UUID

from services.notifier.domain.messages import Attachment, Message
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons, callback_data
from services.notifier.wording.markup import lines, paragraphs
from services.notifier.wording.notices import chosen
from services.notifier.wording.prompts.common import agency, change_of_mind
from services.notifier.wording.prompts.files import kept_for


def confirm_stop(speech: Speech, subscription: UUID | None) -> Message:
    """Ask before stopping: a tap by mistake must not cost anyone the news that matters."""
    own = None if subscription is None else speech.name_of(subscription)
    text = lines(
        chosen(own) if own else None,
        speech.say("Shall we stop writing about this document?")
        if subscription
        else speech.say("Shall we stop writing about all your documents?"),
    )
    return Message(text, ((buttons.confirm_stop(speech, subscription),), (buttons.keep(speech),)))


def stopped(speech: Speech, ended: int, replaces: str | None) -> Message:
    """Tell how many documents are not followed any more."""
    rows = ((buttons.status(speech), buttons.help_(speech)),)
    if ended == 0:
        return Message(speech.say("This is already stopped. We do not write about it."), rows, replaces)
    text = lines(
        speech.count(
            "Done. We will no longer write about {n} document.",
            "Done. We will no longer write about {n} documents.",
            ended,
        ),
        change_of_mind(speech),
    )
    return Message(text, rows, replaces)


def kept(speech: Speech, replaces: str | None) -> Message:
    """Confirm that nothing was stopped."""
    text = speech.say("Good. Everything stays as it is, and we will keep writing to you.")
    return Message(text, ((buttons.status(speech),),), replaces)


def confirm_forget(speech: Speech) -> Message:
    """Ask before everything is erased."""
    text = speech.say(
        "Shall we erase everything that we keep about you? "
        "You will get no more messages about any of your documents."
    )
    return Message(text, ((buttons.forget(speech),), (buttons.keep(speech),)))


def forgotten(speech: Speech, replaces: str | None) -> Message:
    """Tell what was erased and what is kept elsewhere, and why."""
    text = paragraphs(
        (
            speech.say(
                "Done. We have erased the addresses of your chats, your settings, "
                "which documents you followed and the messages that were waiting for you."
            ),
            speech.say("What you wrote to our staff, and their answers, is erased as well.")
            if speech.staffed
            else None,
            speech.say(
                "The office keeps the papers of your application, as the law requires. "
                "They do not lead to this chat."
            ),
            change_of_mind(speech),
        )
    )
    return Message(text, ((buttons.help_(speech),),), replaces)


def nothing_kept(speech: Speech) -> Message:
    """Tell a stranger that there is nothing to erase or to hand over."""
    return Message(speech.say("There is nothing: we keep nothing about you."), ((buttons.help_(speech),),))


def privacy(speech: Speech, *, follows: bool) -> Message:
    """Tell what is kept, what for, for how long, and what is not."""
    terms = speech.catalogue.agency.desk if speech.staffed else None
    text = paragraphs(
        (
            speech.say(
                "{agency} keeps this to write to you: the addresses of your chats with us, your settings, "
                "which documents you follow, and a record of which messages were sent.",
                agency=agency(speech),
            ),
            speech.say("We do not keep your name, your phone number or the number of your application."),
            speech.say("The addresses, your code phrase and your own names for documents are encrypted."),
            None
            if terms is None
            else speech.count(
                "What you and our staff write to each other is encrypted. It is kept for {n} day.",
                "What you and our staff write to each other is encrypted. It is kept for {n} days.",
                terms.keep_days,
            ),
            None if terms is None or terms.files is None else kept_for(speech, terms.files.keep_days),
            speech.say("Nobody else gets any of it. Who follows the same document does not see who you are."),
            speech.say(
                "/ways shows where we write to you. /export sends you everything as a file. "
                "/forget erases everything at once, in all messengers."
            ),
        )
    )
    own = (
        (buttons.button(speech.say("Send me everything"), callback_data.EXPORT),),
        (buttons.button(speech.say("Erase everything"), callback_data.ASK_FORGET),),
    )
    return Message(text, (*(own if follows else ()), (buttons.help_(speech),)))


def exported(speech: Speech, content: str) -> Message:
    """Hand over everything that is kept, as a file to read."""
    text = speech.say("This file holds everything that we keep about you.")
    file = Attachment("docwatch.txt", "text/plain", content)
    return Message(text, ((buttons.privacy(speech),),), private=True, attachment=file)
