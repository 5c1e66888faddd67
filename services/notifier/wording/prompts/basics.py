"""The first words, help, and what is said when something was not understood or does not work."""

from dataclasses import replace

from services.notifier.domain.messages import Message, shown
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons
from services.notifier.wording.markup import lines, literal, paragraphs
from services.notifier.wording.prompts.common import agency, how_to_begin, never_asked

COMMANDS = (
    "menu",
    "ask",
    "person",
    "status",
    "history",
    "hours",
    "papers",
    "settings",
    "ways",
    "mail",
    "language",
    "quiet",
    "zone",
    "phrase",
    "name",
    "share",
    "stop",
    "export",
    "forget",
    "privacy",
    "help",
)


def menu(speech: Speech, *, mail: bool = False) -> tuple[tuple[str, str], ...]:
    """Return the commands with their plain descriptions; `mail`: answers can be had by e-mail."""
    described = {
        "menu": speech.say("Everything that we can do for you"),
        "ask": speech.say("Ask a question in your own words"),
        "person": speech.say("Ask a person of our staff"),
        "status": speech.say("Where is my document?"),
        "history": speech.say("What happened so far, and who follows"),
        "hours": speech.say("When the office is open"),
        "papers": speech.say("What papers you need to apply"),
        "settings": speech.say("My settings"),
        "ways": speech.say("Where we write to you"),
        "mail": speech.say("The last answer by e-mail"),
        "language": speech.say("Change the language"),
        "quiet": speech.say("When not to wake me"),
        "zone": speech.say("My time zone"),
        "phrase": speech.say("My code phrase"),
        "name": speech.say("Give a document a name of my own"),
        "share": speech.say("Let somebody else follow too"),
        "stop": speech.say("Stop the messages"),
        "export": speech.say("Everything you keep about me, as a file"),
        "forget": speech.say("Erase everything about me"),
        "privacy": speech.say("What you keep about me"),
        "help": speech.say("How this works"),
    }
    if not speech.catalogue.consultations:
        del described["papers"]
    if not speech.staffed:
        del described["person"]
    if not mail:
        del described["mail"]
    return tuple((name, shown(described[name])) for name in COMMANDS if name in described)


def welcome(speech: Speech, *, follows: bool, replaces: str | None = None) -> Message:
    """Greet someone who opened the conversation without a receipt."""
    if follows:
        hello = speech.say("Hello again! We will write here as soon as something changes.")
        return Message(hello, buttons.services(speech), replaces)
    hello = speech.say(
        "Hello! This is {agency}. Here we tell you where your document is.", agency=agency(speech)
    )
    return Message(paragraphs((hello, how_to_begin(speech))), buttons.services(speech), replaces)


def not_understood(speech: Speech) -> Message:
    """Admit that a text was not understood, and tell what becomes of it."""
    text = lines(
        speech.say("Sorry, we did not understand that. An automatic service answers here."),
        speech.say(
            "We keep the question without numbers and names, so that the next time there is an answer. "
            "Perhaps you find what you need in the menu, or say it in other words."
        ),
    )
    # The first thing offered, and the reason with it: what nobody could answer goes to people.
    rest = buttons.services(replace(speech, staffed=False))
    return Message(text, (*buttons.people(speech, "missed"), *rest))


def withdrawn(speech: Speech) -> Message:
    """Tell that an answer is not given any more."""
    text = speech.say("This answer does not hold any more. Please ask once more in your own words.")
    return Message(text, ((buttons.menu(speech),),))


def unreadable(speech: Speech, what: str, *, follows: bool) -> Message:
    """Answer what the conversation has no use for, in words that fit it."""
    said = {
        "contact": speech.say("We do not need phone numbers and have not stored this one."),
        "location": speech.say("We do not need to know where you are and have not stored it."),
        "voice": speech.say("Sorry, we cannot listen to voice messages. Please write to us."),
        "video_note": speech.say("Sorry, we cannot listen to voice messages. Please write to us."),
        "edited_message": speech.say(
            "You have changed an earlier message. We read only new ones, so please send it again."
        ),
    }
    plain = speech.say("Sorry, we can only read text and photos of the code on your receipt.")
    return Message(said.get(what, plain), buttons.helpful(speech, follows=follows))


def nothing_followed(speech: Speech) -> Message:
    """Tell somebody who follows nothing how to begin."""
    text = paragraphs((speech.say("You do not follow any document yet."), how_to_begin(speech)))
    return Message(text, buttons.for_strangers(speech))


def help_(speech: Speech, *, follows: bool, mail: bool = False) -> Message:
    """Explain what the bot does, how to begin, how to stop and how to tell it from a fake.

    `mail`: answers can be had by e-mail.
    """
    commands = lines(
        *(literal(f"/{name} – {what}") for name, what in menu(speech, mail=mail) if name != "help")
    )
    text = paragraphs(
        (
            speech.say(
                "We write here when your document moves to the next step and when you need to do something."
            ),
            how_to_begin(speech),
            commands,
            lines(
                never_asked(speech),
                speech.say(
                    "To tell us from a fake, choose a code phrase: /phrase. We put it in every message."
                ),
            ),
        )
    )
    last = buttons.stop(speech, None) if follows else buttons.privacy(speech)
    rows = (*buttons.services(speech)[:-1], (buttons.languages(speech), last))
    return Message(text, rows)


def try_later(speech: Speech) -> Message:
    """Own up to an error on our side."""
    text = speech.say(
        "Something is not working on our side right now. Nothing is lost. Please try again in a few minutes."
    )
    return Message(text, ((buttons.status(speech), buttons.help_(speech)),))


def slower(speech: Speech) -> Message:
    """Ask somebody who writes faster than we answer to wait a little."""
    text = speech.say(
        "So many messages came from you that we have stopped reading for a moment. "
        "Please wait a minute and write once more. You will still get all the news."
    )
    return Message(text, ((buttons.status(speech), buttons.help_(speech)),))
