"""Where one person is reached: the wishes about their addresses, and what came of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.channels import CHANNELS, channel_of
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Followed
from services.notifier.domain.preferences import Detail


@dataclass(frozen=True)
class Way:
    """An address as its owner sees it: the account, whether we can write there, when they last wrote.

    `detail` is how much they let us tell there; None: they did not say.
    """

    address_id: UUID
    account: str
    reachable: bool
    heard_at: datetime
    detail: Detail | None = None


@dataclass(frozen=True)
class Reached:
    """An address in clear, of one's own: the account, when one last wrote from it, how much is told there."""

    account: str
    address: str
    heard_at: datetime
    reachable: bool
    detail: Detail | None = None


@dataclass(frozen=True)
class ShowWays:
    """Tell somebody where we write to them; `replaces` is the messenger's id of the message to change."""

    replaces: str | None = None


@dataclass(frozen=True)
class PutFirst:
    """Write to one address before the others."""

    address_id: UUID
    replaces: str | None = None


@dataclass(frozen=True)
class TellThere:
    """Tell so much at one address from now on."""

    address_id: UUID
    detail: Detail
    replaces: str | None = None


@dataclass(frozen=True)
class AskToDrop:
    """Ask whether to write to one address no more."""

    address_id: UUID


@dataclass(frozen=True)
class DropWay:
    """The citizen confirmed: write to one address no more."""

    address_id: UUID
    replaces: str | None = None


@dataclass(frozen=True)
class Leave:
    """The citizen wants no more messages where this was said: asked for nothing more, for who only reads."""


@dataclass(frozen=True)
class AddWay:
    """Make links by which somebody adds an address."""


@dataclass(frozen=True)
class AskToJoin:
    """Somebody brought the secret of such a link: tell whom it joins, and ask; `language` is another one."""

    secret: str
    language: str | None = None
    replaces: str | None = None


@dataclass(frozen=True)
class Join:
    """The citizen confirmed: whoever gave this secret is the same person."""

    secret: str
    replaces: str | None = None


@dataclass(frozen=True)
class WriteLetter:
    """Write to an address of the citizen's own that takes letters: where their documents are.

    `last`: what they were answered last, where there is something. `tap`: what the button of this data says.
    """

    last: bool = False
    tap: str | None = None


Looking = ShowWays | AskToDrop | AddWay | AskToJoin | WriteLetter
"""Wishes that change nothing of anybody's addresses."""
Changing = PutFirst | TellThere | DropWay | Leave | Join
"""Wishes that are carried out in the transaction that answers them."""
AddressAction = Looking | Changing


@dataclass(frozen=True)
class Ways:
    """Where somebody is reached, in their order; `here` is the address that they asked from.

    `own_order`: they chose it; else it is the agency's.
    """

    all: Sequence[Way]
    here: UUID | None
    own_order: bool = False

    def named(self, address: UUID) -> tuple[int, Way] | None:
        """Return an address and which it is, from 1; None for one that is not theirs."""
        return next(((n, way) for n, way in enumerate(self.all, 1) if way.address_id == address), None)

    def alone(self, address: UUID) -> bool:
        """Tell whether nothing is left without an address: no other can be written to.

        One that cannot be written to itself may go where there is any other.
        """
        own = self.named(address)
        given_up = own is not None and not own[1].reachable
        return not any(given_up or way.reachable for way in self.all if way.address_id != address)


@dataclass(frozen=True)
class Dropped:
    """An address was taken off; `first` is where we write now. `here`: it was the one asked from."""

    account: str
    first: str
    here: bool


@dataclass(frozen=True)
class LeftAltogether:
    """The last address was ended from outside, so nothing of its owner is kept."""


@dataclass(frozen=True)
class LastWay:
    """An address cannot be taken off: it is the only one."""


@dataclass(frozen=True)
class Invitations:
    """Secrets by which somebody adds an address, by the account that each is for; none: there is no other."""

    secrets: Mapping[str, str]


@dataclass(frozen=True)
class Inviting:
    """Who gave a secret: from which account, and what they follow."""

    account: str
    followed: Sequence[Followed]


@dataclass(frozen=True)
class Lettered:
    """Where a letter goes, None where no address takes one; `shut`: there is one that takes none now."""

    way: Way | None
    shut: bool = False


@dataclass(frozen=True)
class Uninvited:
    """A secret that nobody gave, or that works no more: the two cannot be told apart.

    `forgotten`: whoever brought it is the same person as somebody who was forgotten, and so is forgotten.
    """

    forgotten: bool = False


@dataclass(frozen=True)
class OnePerson:
    """Who gave a secret and who brought it are the same; `already`: they were before."""

    already: bool


@dataclass(frozen=True)
class Agreed:
    """The tracker knows `people` as one, `into`, who is one of them or somebody whom one of them is already.

    `twice` maps a subscription that ended to the one that stays in its place.
    """

    people: frozenset[RecipientId]
    into: RecipientId
    twice: Mapping[UUID, UUID]


@dataclass(frozen=True)
class Unasked:
    """The tracker was asked nothing: whoever brings the secret is nobody on record."""


Left = Dropped | LeftAltogether | LastWay
Found = Ways | Left | Invitations | Inviting | Lettered | Uninvited | OnePerson | Agreed | Unasked


def letterbox_of(found: Iterable[Way]) -> Way | None:
    """Return the first address that takes letters: of a channel whose addresses are confirmed by a link."""
    return next((way for way in found if way.reachable and takes_letters(way.account)), None)


def takes_letters(account: str) -> bool:
    """Tell whether the addresses of an account are mailboxes."""
    kind = CHANNELS.get(channel_of(account))
    return kind is not None and kind.confirmed_by == "link"


def offered(served: Iterable[str], have: Iterable[Way]) -> tuple[str, ...]:
    """Return the accounts by which somebody can add an address: the first of each channel that they lack."""
    known = {channel_of(way.account) for way in have}
    found: dict[str, str] = {}
    for account in served:
        if channel_of(account) not in known:
            found.setdefault(channel_of(account), account)
    return tuple(found.values())
