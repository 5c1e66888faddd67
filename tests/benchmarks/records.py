"""Files of byte strings, prepared work for programs of benchmarks: four bytes of length, then each."""

from collections.abc import Iterable
from pathlib import Path

_LENGTH = 4


def write_records(path: Path, records: Iterable[bytes]) -> None:
    """Write byte strings one after the other."""
    path.write_bytes(b"".join(len(one).to_bytes(_LENGTH, "big") + one for one in records))


def read_records(path: Path) -> list[bytes]:
    """Return what was written, in order."""
    content, found, at = path.read_bytes(), [], 0
    while at < len(content):
        start = at + _LENGTH
        at = start + int.from_bytes(content[at:start], "big")
        found.append(content[start:at])
    return found
