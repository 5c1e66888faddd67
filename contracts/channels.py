"""The registry of channels: the messengers by which an agency can reach people, their names and links.

The catalogue, the links and the notifier are fed from it, or are held to it by tests.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class ChannelKind:
    """One channel.

    Attributes:
        code: as the catalogue, tables and metrics call it.
        title: as people call it; a brand, the same in every language.
        name: the regular expression of a bot's public name there, whole.
        naming: what such a name is, for a person who wrote another.
        called: how people read and find a bot's name.
        link: the form of a deep link, with `{name}` of the bot and `{secret}` that it hands over.
        paid: a message that we begin may cost the agency money.
    """

    code: str
    title: str
    name: str
    naming: str
    called: str
    link: str
    paid: bool = False

    def named(self, name: str) -> str:
        """Return a bot's public name; ValueError that says what one is for any other text."""
        if re.fullmatch(self.name, name) is None:
            raise ValueError(f"{name!r} is not {self.naming}")
        return name


TELEGRAM = ChannelKind(
    code="telegram",
    title="Telegram",
    name=r"[A-Za-z][A-Za-z0-9_]{4,31}",
    naming="the name of a Telegram bot without @: 5 to 32 letters, digits and _, a letter first",
    called="@{name}",
    link="https://t.me/{name}?start={secret}",
)
VIBER = ChannelKind(
    code="viber",
    title="Viber",
    name=r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}",
    naming="the URI of a Viber bot (chatURI): at most 64 letters, digits, _, . and -",
    called="{name}",
    link="viber://pa?chatURI={name}&context={secret}",
    paid=True,
)

CHANNELS: Mapping[str, ChannelKind] = MappingProxyType({kind.code: kind for kind in (TELEGRAM, VIBER)})
"""By code."""


def known_channel(code: str) -> str:
    """Return the code of a channel; ValueError with those that there are for any other."""
    if code not in CHANNELS:
        raise ValueError(f"{code!r} is not a channel; the channels are {', '.join(CHANNELS)}")
    return code


def channel_of(account: str) -> str:
    """Return the channel of an account: `telegram` of `telegram.second`."""
    return account.partition(".")[0]
