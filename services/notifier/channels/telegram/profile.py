"""What the bot says about itself before anybody has spoken with it: descriptions and commands by language.

Telegram shows the description in an empty chat and the short one on the bot's page. It limits how often they
are set, so only what differs is set.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telegram.error import TelegramError

from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.markup import Html, shown
from services.notifier.wording.prompts import menu
from services.notifier.wording.prompts.common import agency, how_to_begin, never_asked

LONGEST_DESCRIPTION = 512
LONGEST_ABOUT = 120

Call = Callable[[str, Mapping[str, object]], Awaitable[Any]]
"""Calls a method of the Bot API and returns its result; raises TelegramError."""


@dataclass(frozen=True)
class Profile:
    """One language's texts; `about` is the short description, a command is its name and what it does."""

    description: str
    about: str
    commands: Sequence[tuple[str, str]]


def profile(speech: Speech) -> Profile:
    """Return the profile in one language, within Telegram's limits."""
    purpose = speech.say(
        "{agency} writes to you here when your document moves to the next step "
        "and when you need to do something.",
        agency=agency(speech),
    )
    about = shown(speech.say("Where your document is and what to do next: {agency}.", agency=agency(speech)))
    return Profile(
        description=_fitting((purpose, how_to_begin(speech), never_asked(speech))),
        about=about if len(about) <= LONGEST_ABOUT else f"{about[: LONGEST_ABOUT - 1]}…",
        commands=tuple((name, shown(what)) for name, what in menu(speech)),
    )


def profiles(voice: Voice) -> Mapping[str | None, Profile]:
    """Return the profile of each language, that of the default one under None for everybody else."""
    everybody: tuple[str | None, ...] = (None, *voice.languages)
    return {language: profile(voice.speech(language or voice.languages[0])) for language in everybody}


async def present(call: Call, wanted: Mapping[str | None, Profile]) -> bool:
    """Set what Telegram does not say yet; tell whether now it says all of it."""
    worked = True
    for language, texts in wanted.items():
        where = {} if language is None else {"language_code": language}
        commands = [{"command": name, "description": what} for name, what in texts.commands]
        description, about = {"description": texts.description}, {"short_description": texts.about}
        for what, known, said in (
            ("MyDescription", description, description),
            ("MyShortDescription", about, about),
            ("MyCommands", commands, {"commands": commands}),
        ):
            worked = await _put(call, what, where, known, said) and worked
    return worked


async def _put(
    call: Call, what: str, where: Mapping[str, object], known: object, said: Mapping[str, object]
) -> bool:
    """Set one text where Telegram has another; `known` is what it answers once it has this one."""
    try:
        if await call(f"Get{what}", where) != known:
            await call(f"Set{what}", {**where, **said})
    except TelegramError:
        return False
    return True


def _fitting(parts: Sequence[Html]) -> str:
    """Return as many paragraphs, from the first, as a description holds."""
    text = shown(parts[0])[:LONGEST_DESCRIPTION]
    for part in parts[1:]:
        longer = f"{text}\n\n{shown(part)}"
        if len(longer) > LONGEST_DESCRIPTION:
            break
        text = longer
    return text
