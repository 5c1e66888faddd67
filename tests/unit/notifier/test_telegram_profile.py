"""The bot's own descriptions and commands: within Telegram's limits, set only where they differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from telegram.error import TelegramError

from contracts.catalogue import Catalogue
from services.notifier.channels.telegram.profile import (
    LONGEST_ABOUT,
    LONGEST_DESCRIPTION,
    about_of,
    description_of,
    present,
)
from services.notifier.wording.i18n import Voice, load_voice
from services.notifier.wording.profiles import profile, profiles
from services.notifier.wording.prompts import menu

FIELDS = {"MyDescription": "description", "MyShortDescription": "short_description", "MyCommands": "commands"}


@dataclass
class Account:
    """What Telegram knows of a bot, and the settings that it was asked to change."""

    known: dict[tuple[str, object], object] = field(default_factory=dict)
    changed: list[tuple[str, object]] = field(default_factory=list)
    broken: frozenset[str] = frozenset()

    async def call(self, method: str, wanted: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
        """Answer as the Bot API does."""
        if method in self.broken:
            raise TelegramError("down")
        what, where = method[3:], (method[3:], wanted.get("language_code"))
        if method.startswith("Set"):
            self.known[where] = wanted[FIELDS[what]]
            self.changed.append(where)
            return True
        if what == "MyCommands":
            return self.known.get(where, [])
        return {FIELDS[what]: self.known.get(where, "")}


async def test_every_language_is_presented_once(voice: Voice) -> None:
    """At the first start all is set, for everybody else and in each language; at the next nothing is."""
    account = Account()
    wanted = profiles(voice)

    worked = await present(account.call, wanted)
    first, account.changed = account.changed, []
    again = await present(account.call, wanted)

    assert (True, True) == (worked, again)
    assert {(what, language) for what in FIELDS for language in (None, "uk", "ru", "en")} == set(first)
    assert [] == account.changed


async def test_only_what_differs_is_set(voice: Voice) -> None:
    """A text that changed is set again, alone."""
    account, wanted = Account(), dict(profiles(voice))
    await present(account.call, wanted)
    account.changed.clear()

    await present(account.call, wanted | {"ru": replace(wanted["ru"], about="Иначе")})

    assert [("MyShortDescription", "ru")] == account.changed


@pytest.mark.parametrize("broken", ["GetMyDescription", "SetMyCommands"])
async def test_a_failure_is_told_and_stops_nothing(voice: Voice, broken: str) -> None:
    """Where one call fails the others are made all the same, and the result says that not all worked."""
    account = Account(broken=frozenset({broken}))

    worked = await present(account.call, profiles(voice))

    assert not worked
    assert {what for what in FIELDS if what not in broken} == {what for what, _ in account.changed}


@pytest.mark.parametrize("language", ["uk", "ru", "en"])
def test_the_texts_say_whose_the_bot_is(voice: Voice, language: str) -> None:
    """Both descriptions name the agency, the longer one the ways in and what a fake would ask for."""
    name = voice.catalogue.agency.name[language]

    found = profile(voice.speech(language))

    assert name in description_of(found)
    assert name in found.about
    assert 3 == len(description_of(found).split("\n\n"))
    assert [name for name, _ in menu(voice.speech(language))] == [name for name, _ in found.commands]


def test_a_long_name_is_cut(catalogue: Catalogue) -> None:
    """However long the agency's name is, and whatever signs are in it, Telegram's limits hold."""
    name = dict.fromkeys(("uk", "ru", "en"), "Служба <A & B> " * 40)
    agency = catalogue.agency.model_copy(update={"name": name})
    found = profiles(load_voice(catalogue.with_agency(agency)))

    for texts in found.values():
        assert len(description_of(texts)) <= LONGEST_DESCRIPTION
        assert len(about_of(texts)) <= LONGEST_ABOUT
        assert "Служба <A & B>" in description_of(texts)
        assert all(len(what) <= 256 for _, what in texts.commands)
