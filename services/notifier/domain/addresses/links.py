"""Links that bring people to us with a payload; what reads them is `contracts/links.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Invitation(Protocol):
    """Makes links that open the conversation with one account, or a page that leads there."""

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along: 1 to 64 of `[A-Za-z0-9_-]`."""
        ...


@dataclass(frozen=True)
class Links:
    """The links that an account makes, where its public name is known.

    `served` are those of all accounts that carry messages, by account in the agency's order. `home` is the
    citizen's page.
    """

    own: Invitation | None = None
    served: Mapping[str, Invitation] = field(default_factory=dict)
    home: str | None = None


NO_LINKS = Links()
