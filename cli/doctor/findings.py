"""What the doctor says: one thing that is not as it should be, and how much that matters."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """A problem makes the installation unfit; a warning should be known and may be meant."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: what it is, why it matters, how to mend it."""

    area: str
    code: str
    severity: Severity
    what: str
    why: str
    fix: str

    @property
    def runbook(self) -> str:
        """The section of the operator's guide that goes through this area's findings one by one."""
        return f"docs/operations.md#doctor-{self.area}"


def problem(area: str, code: str, what: str, why: str, fix: str) -> Finding:
    """Return a finding that makes the installation unfit."""
    return Finding(area, code, Severity.PROBLEM, what, why, fix)


def warning(area: str, code: str, what: str, why: str, fix: str) -> Finding:
    """Return a finding that should be known and may be meant."""
    return Finding(area, code, Severity.WARNING, what, why, fix)
