"""The rules of a route: which accounts may carry a message, and when it may go on to the next address."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.catalogue import Agency
from contracts.channels import channel_of


@dataclass(frozen=True)
class Carriers:
    """The accounts of messengers that may carry notices.

    `everything` may carry all notices; None: the agency names no accounts, and each that is served may.
    `urgent` may carry only what one must act on. `order` is that in which the agency names its accounts.
    """

    everything: tuple[str, ...] | None = None
    urgent: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


def may_move_on(unknowns: int, *, actionable: bool) -> bool:
    """Tell whether a message may go on to another address.

    Where an attempt may have arrived without our knowing, a copy is worth it only for what one must act on.
    """
    return unknowns == 0 or actionable


def carriers_of(agency: Agency, known: Iterable[str]) -> Carriers:
    """Return which accounts carry what, as the agency's catalogue says.

    `known` are the accounts that a notifier may serve, this one or another: one that the catalogue does not
    name carries what its channel's first one does. An account of a channel that the agency does not offer
    carries nothing.
    """
    if not agency.channels:
        return Carriers()
    first = {terms.channel: terms.carries for terms in reversed(agency.channels)}
    carries = {name: first[channel_of(name)] for name in known if channel_of(name) in first}
    carries |= {terms.account_name: terms.carries for terms in agency.channels}
    return Carriers(
        tuple(name for name, what in carries.items() if what == "all"),
        tuple(name for name, what in carries.items() if what == "actionable"),
        tuple(terms.account_name for terms in agency.channels),
    )
