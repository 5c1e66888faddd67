"""The accounts that a notifier sends through: each is on when its credential is set.

An account that cannot be opened keeps no other from working.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from contracts.catalogue import Agency
from runtime.clock import Clock
from runtime.errors import StartError
from runtime.logs import logger
from services.notifier.channels.base import Channel, PostedUpdates, UnusableError
from services.notifier.delivery.sending.claiming import Pace

LOG = logger(__name__)


@dataclass(frozen=True)
class Opened:
    """A channel that is open, how fast it may be used, and its door where updates are posted to us.

    `typed` returns an address as it is kept from what a person types into the form on our page, and None for
    what is none; without it there is no such form for the account. `identity` tells whose account it is with
    its provider, where the setting of its credential does not.
    """

    channel: Channel
    pace: Pace
    posts: PostedUpdates | None
    typed: Callable[[str], str | None] | None = None
    identity: str | None = None


@dataclass(frozen=True)
class Account:
    """One account: `role` names the lease of its owner, `bot` its public name where that is known."""

    name: str
    role: str
    bot: str | None
    opened: Opened


@dataclass(frozen=True)
class Unusable:
    """An account that cannot be opened, and why; `reason` holds no secret."""

    name: str
    reason: str


@dataclass(frozen=True)
class Accounts:
    """The accounts in the order of the catalogue."""

    usable: Sequence[Account]
    unusable: Sequence[Unusable]


@dataclass(frozen=True)
class Entry:
    """An account that may be on: what its credential's setting is called, and how it is opened with it.

    `bot` is its public name where the settings say another than the catalogue.
    """

    name: str
    setting: str
    credential: SecretStr | None
    open: Callable[[str, str, Clock], AbstractAsyncContextManager[Opened]]
    bot: str | None = None

    @property
    def secret(self) -> str:
        """Return the credential; empty where the account is off."""
        return "" if self.credential is None else self.credential.get_secret_value().strip()


@asynccontextmanager
async def open_accounts(entries: Sequence[Entry], agency: Agency, clock: Clock) -> AsyncIterator[Accounts]:
    """Open every account whose credential is given, for the length of the block; none is asked anything yet.

    Raises StartError where no credential is given.
    """
    usable: list[Account] = []
    unusable: list[Unusable] = []
    owners: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for entry in _in_order(entries, agency):
            same = owners.setdefault(entry.secret, entry.name)
            if same != entry.name:
                unusable.append(Unusable(entry.name, f"{entry.setting} is the credential of {same} as well"))
                continue
            try:
                opened = await stack.enter_async_context(entry.open(entry.name, entry.secret, clock))
            except UnusableError as error:
                unusable.append(Unusable(entry.name, str(error)))
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, the others must work
                # The error's own text may hold the credential.
                reason = f"it cannot be opened: {type(error).__name__}; look at {entry.setting}"
                unusable.append(Unusable(entry.name, reason))
                continue
            bot = entry.bot or agency.public_name(entry.name)
            usable.append(Account(entry.name, _role(entry, opened), bot, opened))
        yield Accounts(usable, unusable)


def _in_order(entries: Sequence[Entry], agency: Agency) -> list[Entry]:
    given = [entry for entry in entries if entry.secret]
    if not given:
        names = ", ".join(entry.setting for entry in entries)
        raise StartError(f"no messenger can be used: none of {names} is given")
    listed = [terms.account_name for terms in agency.channels]
    return sorted(given, key=lambda entry: listed.index(entry.name) if entry.name in listed else len(listed))


def _role(entry: Entry, opened: Opened) -> str:
    """Return the role of the account's owner; under another credential it is another role."""
    identity = entry.secret if opened.identity is None else opened.identity
    return f"{entry.name}:{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
