"""The bot's profile at Telegram: descriptions and commands by language, within its limits.

Telegram shows the description in an empty chat and the short one on the bot's page. It limits how often they
are set, so only what differs is set.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from telegram.error import TelegramError

from services.notifier.wording.markup import PARAGRAPH
from services.notifier.wording.profiles import Profile

LONGEST_DESCRIPTION = 512
LONGEST_ABOUT = 120

Call = Callable[[str, Mapping[str, object]], Awaitable[Any]]
"""Calls a method of the Bot API and returns its result; raises TelegramError."""


async def present(call: Call, wanted: Mapping[str | None, Profile]) -> bool:
    """Set what Telegram does not say yet; tell whether now it says all of it."""
    worked = True
    for language, texts in wanted.items():
        where = {} if language is None else {"language_code": language}
        commands = [{"command": name, "description": what} for name, what in texts.commands]
        description, about = (
            {"description": description_of(texts)},
            {"short_description": about_of(texts)},
        )
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


def about_of(texts: Profile) -> str:
    """Return the short description, as long as Telegram takes it."""
    about = texts.about
    return about if len(about) <= LONGEST_ABOUT else f"{about[: LONGEST_ABOUT - 1]}…"


def description_of(texts: Profile) -> str:
    """Return as many paragraphs, from the first, as a description holds."""
    first, *rest = texts.description.split(PARAGRAPH)
    text = first[:LONGEST_DESCRIPTION]
    for part in rest:
        longer = f"{text}{PARAGRAPH}{part}"
        if len(longer) > LONGEST_DESCRIPTION:
            break
        text = longer
    return text
