"""The script of a test: what goes wrong with a command of SMTP, and the record of every letter's end."""

from dataclasses import dataclass
from typing import Literal, get_args

from sandbox.laid import Laid

Command = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data", "end"]
"""What is answered: `data` is the word, `end` the letter after it."""
FaultKind = Literal["refuse", "drop", "hang", "slow", "nonsense", "store_then_drop", "store_then_hang"]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True)
class Fault:
    """What shall go wrong with a command, of one recipient where that is given.

    `refuse` answers with `code` and `text`; `drop` breaks the connection instead of an answer, `hang` answers
    after so many seconds with nothing done before, `slow` the same with all done. The last two are for `end`.
    """

    kind: FaultKind
    command: Command = "end"
    code: int = 451
    text: str = "4.3.0 try again later"
    recipient: str | None = None
    nth: int = 1
    times: int = 1
    seconds: float = 1.0


class Script:
    """Faults that are laid, and how often each command came."""

    def __init__(self) -> None:
        self._faults = Laid(_matches)
        self.commands: dict[str, int] = {}

    def lay(self, fault: Fault) -> None:
        """Lay a fault."""
        self._faults.lay(fault)

    def strike(self, command: Command, recipient: str | None) -> Fault | None:
        """Count a command and return the fault that meets it, if any."""
        self.commands[command] = self.commands.get(command, 0) + 1
        return self._faults.strike((command, recipient))

    def reset(self) -> None:
        """Forget every fault and every count."""
        self._faults.clear()
        self.commands.clear()


def _matches(fault: Fault, occasion: tuple[Command, str | None]) -> bool:
    command, recipient = occasion
    return fault.command == command and fault.recipient in {None, recipient}
