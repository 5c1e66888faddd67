"""Who looks: a member of staff with what they may do and what they are good at."""

from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

Role = Literal["operator", "editor", "supervisor", "caller", "clerk"]
"""What somebody does here: answers people; writes the base; leads the others; calls; serves at an office."""
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A member of staff who is signed in.

    Attributes:
        staff_id: who, in the audit and in every table.
        name: as colleagues and the audit name them; never shown to citizens.
        public_name: as citizens read it under an answer; empty where the desk answers as one.
        roles: what they do; every route says which of them it wants.
        languages: codes of the languages in which they answer; none means all.
        topics: topics of the base that they know about; none means all.
        offices: codes of the catalogue's offices for which they work; none means all.
    """

    staff_id: UUID
    name: str
    public_name: str
    roles: frozenset[Role]
    languages: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()

    def is_any(self, roles: frozenset[Role] | None) -> bool:
        """Tell whether they have one of these roles; None asks for none."""
        return roles is None or not self.roles.isdisjoint(roles)

    def works_for(self, office: str) -> bool:
        """Tell whether an office is one of theirs."""
        return not self.offices or office in self.offices
