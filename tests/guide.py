"""The guide for back offices as data: its blocks of code, in order, and its table of problems."""

import re
from dataclasses import dataclass
from pathlib import Path

GUIDE = Path("docs/back-office.md")
_BLOCK = re.compile(r"^```(?P<kind>[a-z]+)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is to be stored as, its text.

    `shown` tells that it stands right below the block before it: what that one prints.
    """

    kind: str
    name: str | None
    text: str
    shown: bool = False


def blocks() -> list[Block]:
    """Return every block of the guide."""
    text, end = GUIDE.read_text("utf-8"), 0
    found: list[Block] = []
    for one in _BLOCK.finditer(text):
        found.append(Block(one["kind"], one["name"], one["text"], shown=not text[end : one.start()].strip()))
        end = one.end()
    return found


def rows(first: str) -> list[list[str]]:
    """Return the cells of the table's rows whose first cell begins with `first`."""
    lines = [line for line in GUIDE.read_text("utf-8").splitlines() if line.startswith(f"| {first}")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
