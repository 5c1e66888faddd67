"""What the bot says about itself before anybody has spoken with it, in each language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.notifier.domain.messages import shown
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.markup import paragraphs
from services.notifier.wording.prompts import menu
from services.notifier.wording.prompts.common import agency, how_to_begin, never_asked


@dataclass(frozen=True)
class Profile:
    """One language's texts; a command is its name and what it does.

    The first paragraph of the description matters most: messengers have room for few.
    """

    description: str
    about: str
    commands: Sequence[tuple[str, str]]


def profile(speech: Speech) -> Profile:
    """Return the profile in one language."""
    purpose = speech.say(
        "{agency} writes to you here when your document moves to the next step "
        "and when you need to do something.",
        agency=agency(speech),
    )
    about = speech.say("Where your document is and what to do next: {agency}.", agency=agency(speech))
    return Profile(
        description=shown(paragraphs((purpose, how_to_begin(speech), never_asked(speech)))),
        about=shown(about),
        commands=menu(speech),
    )


def profiles(voice: Voice) -> Mapping[str | None, Profile]:
    """Return the profile of each language, that of the default one under None for everybody else."""
    everybody: tuple[str | None, ...] = (None, *voice.languages)
    return {language: profile(voice.speech(language or voice.languages[0])) for language in everybody}
