"""What the bot says of itself: questions, short answers and help, each with the buttons that lead on."""

from uuid import UUID

from contracts.rpc import Followed
from services.notifier import taps
from services.notifier.channel import Button, Message
from services.notifier.markup import Html, bold, escaped, lines, paragraphs
from services.notifier.plans import Secret
from services.notifier.speech import Speech, Voice
from services.notifier.texts import document_line

Rows = tuple[tuple[Button, ...], ...]
LANGUAGE_NAMES = {"uk": "Українська", "ru": "Русский", "en": "English"}
COMMANDS = ("status", "stop", "language", "forget", "help")


def menu(speech: Speech) -> tuple[tuple[str, str], ...]:
    """Return the commands with their plain descriptions, for the messenger's own menu."""
    described = {
        "status": speech.say("Where is my document?"),
        "stop": speech.say("Stop the messages"),
        "language": speech.say("Change the language"),
        "forget": speech.say("Erase everything about me"),
        "help": speech.say("How this works"),
    }
    return tuple((name, described[name]) for name in COMMANDS)


def menus(voice: Voice) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the menu in every language of the agency."""
    return {language: menu(voice.speech(language)) for language in voice.languages}


def welcome(speech: Speech, *, follows: bool, replaces: str | None = None) -> Message:
    """Greet someone who opened the conversation without a receipt."""
    if follows:
        hello = speech.say("Hello again! We will write here as soon as something changes.")
        return Message(hello, _helpful(speech, follows=True), replaces)
    hello = speech.say(
        "Hello! This is {agency}. Here we tell you where your document is.", agency=_agency(speech)
    )
    return Message(paragraphs((hello, _how_to_begin(speech))), _strangers(speech), replaces)


def consent(
    voice: Voice, speech: Speech, kind: Secret, secret: str, *, again: bool, replaces: str | None = None
) -> Message:
    """Ask whether to follow; in full for a stranger, short for someone who has already agreed (`again`)."""
    answers = ((taps.consent(speech, kind, secret),), (taps.decline(speech),))
    if again:
        question = speech.say("Shall we write to you about this document too?")
        return Message(question, answers, replaces)
    others = tuple(
        taps.ask_again(language, LANGUAGE_NAMES.get(language, language), kind, secret)
        for language in voice.languages
        if language != speech.language
    )
    text = paragraphs(
        (
            bold(speech.say("Shall we write to you when there is news about your document?")),
            speech.say(
                "{agency} will tell you here what is happening with it and what you need to do.",
                agency=_agency(speech),
            ),
            speech.say(
                "For this we keep the address of this chat and your language. "
                "We do not need your name or your phone number."
            ),
            speech.say("You can stop at any time: just send /stop."),
            speech.say("We never ask for passwords, bank cards or codes from a text message."),
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
    return Message(lines(first, _change_of_mind(speech)), (), replaces)


def now_follows(speech: Speech, followed: Followed, *, created: bool, replaces: str | None) -> Message:
    """Tell that the document is followed; a document without any stage is told here as well."""
    told = (
        speech.say("Done. You now follow this document:")
        if created
        else speech.say("You already follow this document:")
    )
    what = lines(told, document_line(speech, followed.document_type, followed.masked))
    if followed.stage is None:
        after = speech.say("There is no news about it yet. We will write as soon as there is.")
        buttons = taps.under(speech, followed.subscription_id)
        return Message(paragraphs((what, after)), buttons, replaces, private=True)
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
    return Message(text, ((taps.help_(speech),),), replaces)


def not_understood(speech: Speech, *, follows: bool) -> Message:
    """Admit that a text was not understood."""
    text = speech.say("Sorry, we did not understand that. An automatic service answers here.")
    return Message(text, _helpful(speech, follows=follows))


def only_text(speech: Speech) -> Message:
    """Answer a picture, a voice message, a sticker."""
    text = speech.say(
        "Sorry, we can only read text here. If you have a receipt, please type the code printed on it."
    )
    return Message(text, ((taps.help_(speech),),))


def nothing_followed(speech: Speech) -> Message:
    """Tell somebody who follows nothing how to begin."""
    text = paragraphs((speech.say("You do not follow any document yet."), _how_to_begin(speech)))
    return Message(text, _strangers(speech))


def confirm_stop(speech: Speech, subscription: UUID | None) -> Message:
    """Ask before stopping: a tap by mistake must not cost anyone the news that matters."""
    text = (
        speech.say("Shall we stop writing about this document?")
        if subscription
        else speech.say("Shall we stop writing about all your documents?")
    )
    return Message(text, ((taps.confirm_stop(speech, subscription),), (taps.keep(speech),)))


def stopped(speech: Speech, ended: int, replaces: str | None) -> Message:
    """Tell how many documents are not followed any more."""
    if ended == 0:
        return Message(speech.say("There was nothing to stop. We are not writing to you."), (), replaces)
    text = lines(
        speech.count(
            "Done. We will no longer write about {n} document.",
            "Done. We will no longer write about {n} documents.",
            ended,
        ),
        _change_of_mind(speech),
    )
    return Message(text, (), replaces)


def kept(speech: Speech, replaces: str | None) -> Message:
    """Confirm that nothing was stopped."""
    return Message(
        speech.say("Good. Everything stays as it is, and we will keep writing to you."), (), replaces
    )


def confirm_forget(speech: Speech) -> Message:
    """Ask before everything is erased."""
    text = speech.say(
        "Shall we erase everything that we keep about you? "
        "You will get no more messages about any of your documents."
    )
    return Message(text, ((taps.forget(speech),), (taps.keep(speech),)))


def forgotten(speech: Speech, replaces: str | None) -> Message:
    """Tell what was erased and what is kept elsewhere, and why."""
    text = paragraphs(
        (
            speech.say(
                "Done. We have erased the address of this chat, your language "
                "and the messages that were waiting for you."
            ),
            speech.say(
                "The office keeps the papers of your application, as the law requires. "
                "They do not lead to this chat."
            ),
            _change_of_mind(speech),
        )
    )
    return Message(text, (), replaces)


def nothing_kept(speech: Speech) -> Message:
    """Tell a stranger that there is nothing to erase."""
    return Message(speech.say("There is nothing to erase. We keep nothing about you."))


def languages(voice: Voice, speech: Speech) -> Message:
    """Offer the agency's languages, each by its own name."""
    rows = tuple((taps.language(code, LANGUAGE_NAMES.get(code, code)),) for code in voice.languages)
    return Message(speech.say("Please choose a language:"), rows)


def language_set(speech: Speech, replaces: str | None) -> Message:
    """Confirm the language, in that language."""
    return Message(speech.say("Done. From now on we will write in English."), (), replaces)


def help_(speech: Speech, *, follows: bool) -> Message:
    """Explain what the bot does, how to begin, how to stop and how to tell it from a fake."""
    commands = lines(*(Html(f"/{name} – {what}") for name, what in menu(speech) if name != "help"))
    text = paragraphs(
        (
            speech.say(
                "We write here when your document moves to the next step and when you need to do something."
            ),
            _how_to_begin(speech),
            commands,
            speech.say("We never ask for passwords, bank cards or codes from a text message."),
        )
    )
    rows = ((taps.status(speech),), (taps.stop(speech, None),)) if follows else _strangers(speech)
    return Message(text, rows)


def try_later(speech: Speech) -> Message:
    """Own up to an error on our side."""
    text = speech.say(
        "Something is not working on our side right now. Nothing is lost. Please try again in a few minutes."
    )
    return Message(text)


def _agency(speech: Speech) -> Html:
    return escaped(speech.pick(speech.catalogue.agency.name), 160)


def _how_to_begin(speech: Speech) -> Html:
    return speech.say(
        "To begin, scan the code on your receipt with the camera of your phone. "
        "Or type the letters and digits printed under it and send them here."
    )


def _strangers(speech: Speech) -> Rows:
    return ((taps.languages(speech), taps.help_(speech)),)


def _helpful(speech: Speech, *, follows: bool) -> Rows:
    if not follows:
        return _strangers(speech)
    return ((taps.status(speech),), (taps.languages(speech), taps.help_(speech)))


def _change_of_mind(speech: Speech) -> Html:
    return speech.say("If you change your mind, scan the code on your receipt again.")
