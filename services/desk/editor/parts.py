"""What the routes of the editor's page work with."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue
from runtime.clock import Clock
from services.desk.domain.finding import Rule
from services.desk.domain.viewers import Role
from services.desk.editor.proposals import Proposals
from services.desk.knowledge.shelf import Shelf
from services.desk.operators.editing import Editor

EDITING: frozenset[Role] = frozenset({"editor"})
SUGGESTING: frozenset[Role] = frozenset({"editor", "operator", "supervisor"})


@dataclass(frozen=True)
class EditorParts:
    """What the routes of one process work with; `four_eyes`: who changes an answer does not release it."""

    editor: Editor
    shelf: Shelf
    proposals: Proposals
    catalogue: Catalogue
    rule: Rule
    clock: Clock
    four_eyes: bool = False

    @property
    def today(self) -> date:
        """Return the day of the agency's calendar."""
        return self._local(self.clock.now()).date()

    def moment(self, at: datetime) -> str:
        """Return a time of the agency's clock as lists have it."""
        return f"{self._local(at):%Y-%m-%d %H:%M}"

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.catalogue.agency.time_zone))
