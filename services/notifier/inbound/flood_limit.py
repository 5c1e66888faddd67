"""How much one person may write: some at once, then a little at a time; others are not kept waiting by it."""

from dataclasses import dataclass, field, replace
from typing import Literal

Verdict = Literal["serve", "tell", "drop"]
_MOST_PEOPLE = 10_000


@dataclass(frozen=True)
class _Account:
    left: float
    at: float
    notified: bool = False


@dataclass
class FloodLimit:
    """Serves `at_once` messages of a person and `a_second` more each second; says once when it is too much.

    What is dropped is never answered: whoever writes by the thousand gets one honest answer.
    """

    at_once: int = 20
    a_second: float = 1.0
    _people: dict[str, _Account] = field(default_factory=dict)

    def weigh(self, person: str, now: float) -> Verdict:
        """Return what to do with one more message; `now` in seconds that never go back."""
        account = self._people.get(person, _Account(self.at_once, now))
        left = min(self.at_once, account.left + (now - account.at) * self.a_second)
        if left >= 1:
            # Told anew only when a whole pause has passed.
            notified = account.notified and left < self.at_once
            self._keep(person, _Account(left - 1, now, notified))
            return "serve"
        self._keep(person, replace(account, left=left, at=now, notified=True))
        return "drop" if account.notified else "tell"

    def _keep(self, person: str, account: _Account) -> None:
        if len(self._people) >= _MOST_PEOPLE:
            full = self.at_once / self.a_second
            busy = {name: kept for name, kept in self._people.items() if account.at - kept.at < full}
            self._people = busy if len(busy) < _MOST_PEOPLE else {}
        self._people[person] = account
