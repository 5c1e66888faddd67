"""Handing in a file, and what came of it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.publish.command import publish
from tests.integration.ingest.exporting import HEADER, Office, run

NAMES = HEADER.strip()
AT = "2026-01-05T09:00:00Z"


def row(number: int, *more: str) -> str:
    """Write a good row without its line's end."""
    return ",".join((f"e-{number}", "1234567890", "id_card", "printing", AT, *more))


def table(*rows: str, more: str = "firm", ends: str = "\n") -> str:
    """Write a file whose header has one more column; each row with its end."""
    return "".join(line + ends for line in (f"{NAMES},{more}" if more else NAMES, *rows))


def ids(*numbers: int) -> list[str]:
    """Return the ids of rows."""
    return [f"e-{number}" for number in numbers]


GOOD = table(row(1, "a"), row(2, "b"))


@dataclass(frozen=True)
class Done:
    """What arrived, the exit status, the report and the error, if any."""

    office: Office
    code: int
    report: dict[str, Any]
    error: str

    @property
    def rejected(self) -> list[int]:
        """The lines that were rejected."""
        return [finding["line"] for finding in self.report["rejected"]]


async def published(folder: Path, data: str | bytes, *options: str, name: str = "export.csv") -> Done:
    """Publish a file."""
    office, file = Office(), folder / name
    file.write_bytes(as_bytes(data))
    async with office.open() as url:
        result = await run(publish, str(file), "--url", url, "--json", *options)
    report = json.loads(result.stdout) if result.stdout.startswith("{") else {}
    return Done(office, result.exit_code, report, str(result.exception or ""))


def as_bytes(data: str | bytes) -> bytes:
    """Return a file's bytes."""
    return data if isinstance(data, bytes) else data.encode()
