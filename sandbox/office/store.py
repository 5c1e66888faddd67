"""The clerk's applications on disk, in the file of the simulated world, through a connection of their own."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from runtime.database.sql import load
from sandbox.office.model import Application


class DeskStore:
    """Reads and writes applications; opened at construction, closed by `close`."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or keep everything in memory where there is none."""
        self._sql = load("sandbox.office")
        self._database = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
        self._database.execute("PRAGMA busy_timeout=2000")
        self._database.executescript(self._sql["schema"])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def put(self, application: Application) -> None:
        """Write an application as it is now."""
        pending = None if application.pending is None else json.dumps(application.pending)
        receipt = (
            application.receipt_id,
            application.number,
            application.document_type,
            application.holder,
            application.office,
            application.code,
            application.link,
        )
        self._database.execute(self._sql["put"], (*receipt, json.dumps(application.stamped), pending))

    def applications(self) -> Iterator[Application]:
        """Yield every application, the newest first."""
        for row in self._database.execute(self._sql["all"]).fetchall():
            receipt_id, number, document_type, holder, office, code, link, stamped, pending = row
            yield Application(
                receipt_id=receipt_id,
                number=number,
                document_type=document_type,
                holder=holder,
                office=office,
                code=code,
                link=link,
                stamped=tuple(json.loads(stamped)),
                pending=None if pending is None else json.loads(pending),
            )

    def wipe(self) -> None:
        """Forget every application."""
        self._database.execute(self._sql["wipe"])
