"""The rules of a route: which accounts may carry a message, and when it may go on to the next address."""

from dataclasses import dataclass

from contracts.catalogue import Agency


@dataclass(frozen=True)
class Carriers:
    """The accounts of messengers that may carry notices.

    `everything` may carry all notices; None: the agency names no accounts, and each that is served may.
    `urgent` may carry only what one must act on.
    """

    everything: tuple[str, ...] | None = None
    urgent: tuple[str, ...] = ()


def may_move_on(unknowns: int, *, actionable: bool) -> bool:
    """Tell whether a message may go on to another address.

    Where an attempt may have arrived without our knowing, a copy is worth it only for what one must act on.
    """
    return unknowns == 0 or actionable


def carriers_of(agency: Agency) -> Carriers:
    """Return which accounts carry what, as the agency's catalogue says."""
    if not agency.channels:
        return Carriers()
    return Carriers(
        tuple(terms.account_name for terms in agency.channels if terms.carries == "all"),
        tuple(terms.account_name for terms in agency.channels if terms.carries == "actionable"),
    )
