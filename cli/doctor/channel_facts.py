"""What the doctor knows of the ways to citizens: plain values, gathered once."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class BotFact:
    """An account's bot as the messenger knows it; `error` says why nothing else is known.

    `same_as` names the account whose token it has as well; nothing was asked then. `webhook`: updates are
    posted somewhere; `wanted`: where the settings want them, and `elsewhere` that they go to another address;
    `guessable`: the webhook's secret is too short to be one.
    """

    api: str
    simulated: bool
    account: str = "telegram"
    same_as: str | None = None
    error: str | None = None
    refused: bool = False
    username: str | None = None
    webhook: bool = False
    wanted: str | None = None
    elsewhere: bool = False
    guessable: bool = False
    waiting_updates: int = 0

    @property
    def channel(self) -> str:
        """Return the messenger."""
        return self.account.partition(".")[0]


@dataclass(frozen=True)
class MailFact:
    """A server of mail as the settings reach it, without a letter: `purpose` is what it is for.

    `setting` says what is wrong with the settings, and then nothing was asked; `refused` what the server said
    against us, `error` why it does not answer. `unread`: nobody reads what comes back.
    """

    purpose: Literal["letters", "reports"]
    server: str
    setting: str | None = None
    refused: str | None = None
    error: str | None = None
    no_page: bool = False
    unread: bool = False


@dataclass(frozen=True)
class SmsFact:
    """The provider of SMS as the settings reach it, without a text.

    `setting` says what is wrong with the settings, and then nothing was asked; `error` why it does not
    answer. `untold`: it tells nothing of what became of texts.
    """

    server: str
    setting: str | None = None
    error: str | None = None
    no_page: bool = False
    untold: bool = False
