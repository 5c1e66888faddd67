"""A world on disk: one SQLite file, written through at every change, so a killed process loses nothing.

`synchronous=OFF` leaves the flushing to the operating system: only a power cut could lose the last writes,
which is fine for a simulator and keeps a write at some tens of microseconds. One connection, one thread; each
simulated provider has tables of its own, and several may share the file.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from runtime.database.sql import load

T = TypeVar("T")


class WorldStore:
    """Reads and writes a world; opened at construction, closed by `close`.

    `package` has the statements, `schema` and `wipe` among them.
    """

    def __init__(self, path: Path | None, package: str) -> None:
        """Open the file, or a world in memory where there is none."""
        self._sql = load(package)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "busy_timeout=2000"):
            self._database.execute("PRAGMA " + pragma)
        self._database.executescript(self._sql["schema"])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def wipe(self) -> None:
        """Forget everything."""
        self._database.executescript(self._sql["wipe"])

    def _all(self, adapter: TypeAdapter[T], query: str, *values: object) -> Iterator[T]:
        # All rows are fetched: a statement left half-read would hold its transaction open.
        return (adapter.validate_json(row[0]) for row in self._run(query, *values).fetchall())

    def _run(self, query: str, *values: object) -> sqlite3.Cursor:
        return self._database.execute(self._sql[query], values)
