"""Whether somebody whom a message did not reach is still to be called; pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from contracts.messages.desk.calls import Settled


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one notice that reached nobody.

    Attributes:
        known: whether it is in the ledger; nothing else counts where not.
        called: whether the calls about it ended.
        arrived: whether it arrived after all, or a later one of the same person did.
        stopped: whether the person follows the document no more.
        withdrawn: whether its event was withdrawn.
        current: whether its event is the one that made the document's present state.
        stage: where the document is now.
    """

    known: bool
    called: bool = False
    arrived: bool = False
    stopped: bool = False
    withdrawn: bool = False
    current: bool = True
    stage: str | None = None


def settled(standing: Standing, final: AbstractSet[str]) -> Settled | None:
    """Return why nobody is to be called about it any more, None where somebody is; `final` ends the way.

    A person who wants to hear nothing comes before everything, then what they have heard already, then what
    is not true any more. A document that ended with this very event is worth a call.
    """
    answers: tuple[tuple[bool, Settled], ...] = (
        (not standing.known, "unknown"),
        (standing.stopped, "stopped"),
        (standing.called, "called"),
        (standing.arrived, "reached"),
        (standing.withdrawn, "withdrawn"),
        (not standing.current and standing.stage in final, "finished"),
        (not standing.current, "moved"),
    )
    return next((why for holds, why in answers if holds), None)
