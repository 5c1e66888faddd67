"""The registry of channels: the ways by which an agency can reach people, their names and links.

The catalogue, the links and the notifier are fed from it, or are held to it by tests.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

_LONGEST_NAME = 254


@dataclass(frozen=True)
class ChannelKind:
    """One channel.

    Attributes:
        code: as the catalogue, tables and metrics call it.
        title: as people call it; a brand, the same in every language.
        name: the regular expression of an account's public name there, whole: a bot's, or a sender's.
        naming: what such a name is, for a person who wrote another.
        called: how people read and find that name.
        link: the form of a deep link, with `{name}` of the bot and `{secret}` that it hands over; empty where
            it is our own page that people begin on.
        paid: a message that we begin may cost the agency money.
        exposed: others may read it, on a lock screen or in a shared mailbox.
        confirmed_by: what is sent to an address that somebody gives on our page, so that they prove that it
            is theirs; empty where nobody gives one there.
    """

    code: str
    title: str
    name: str
    naming: str
    called: str
    link: str
    paid: bool = False
    exposed: bool = False
    confirmed_by: Literal["", "link", "code"] = ""

    @property
    def on_page(self) -> bool:
        """Whether people begin on our own page; its address is `links.page_link`."""
        return not self.link

    def named(self, name: str) -> str:
        """Return a bot's public name; ValueError that says what one is for any other text."""
        if re.fullmatch(self.name, name) is None or len(name) > _LONGEST_NAME:
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

WEB = ChannelKind(
    code="web",
    title="Web",
    name="",
    naming="empty: the page has no name",
    called="",
    link="",
)
EMAIL = ChannelKind(
    code="email",
    title="E-mail",
    name=r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}",
    naming="the address that letters come from, like documents@agency.example",
    called="{name}",
    link="",
    exposed=True,
    confirmed_by="link",
)
SMS = ChannelKind(
    code="sms",
    title="SMS",
    name=r"(?=.{1,11}$)[0-9 ]*[A-Za-z][A-Za-z0-9 ]*|\+?[0-9]{3,15}",
    naming="what messages come from: a name of at most 11 letters and digits, or a number",
    called="{name}",
    link="",
    paid=True,
    exposed=True,
    confirmed_by="code",
)

CHANNELS: Mapping[str, ChannelKind] = MappingProxyType(
    {kind.code: kind for kind in (TELEGRAM, VIBER, WEB, EMAIL, SMS)}
)
"""By code."""


def known_channel(code: str) -> str:
    """Return the code of a channel; ValueError with those that there are for any other."""
    if code not in CHANNELS:
        raise ValueError(f"{code!r} is not a channel; the channels are {', '.join(CHANNELS)}")
    return code


def channel_of(account: str) -> str:
    """Return the channel of an account: `telegram` of `telegram.second`."""
    return account.partition(".")[0]
