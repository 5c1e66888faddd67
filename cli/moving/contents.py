"""What a saved installation consists of: the folder's table of contents and its files."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from cli.errors import CommandError
from runtime.embedded.private import OWNER_ONLY
from runtime.messaging.snapshots import Snapshot

CONTENTS, DATABASE = "contents.json", "database.dump"
"""Files of the folder: written last, so that a folder without contents is not whole; and the database."""


class SavedStream(BaseModel):
    """One stream as the server described it; `created` is when this life of it began."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")]
    created: datetime
    config: dict[str, Any]
    state: dict[str, Any]

    @property
    def snapshot(self) -> Snapshot:
        """What the server must be told to load it."""
        return Snapshot(self.config, self.state)


class Contents(BaseModel):
    """What was saved: by which version, since when (the database is no older), and whether services ran."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    version: str
    at: datetime
    running: bool
    database: bool
    streams: tuple[SavedStream, ...]

    def write(self, folder: Path) -> None:
        """Write the table of contents; what it names must be there already."""
        (folder / CONTENTS).write_text(self.model_dump_json(indent=1), "utf-8")


def make(folder: Path) -> None:
    """Make a folder that is its owner's alone; CommandError where there is something in it already."""
    if folder.exists() and any(folder.iterdir()):
        raise CommandError(f"{folder} is not empty: name a new folder")
    folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    folder.chmod(OWNER_ONLY)


def stream_file(folder: Path, name: str) -> Path:
    """Return where a stream lies."""
    return folder / f"{name}.stream"


def read(folder: Path) -> Contents:
    """Return what a folder holds; CommandError where that is nothing whole."""
    try:
        found = Contents.model_validate(json.loads((folder / CONTENTS).read_text("utf-8")))
    except FileNotFoundError:
        raise CommandError(f"{folder} holds no saved installation: {CONTENTS} is missing") from None
    except (ValidationError, ValueError) as error:
        raise CommandError(f"{folder / CONTENTS} cannot be read: {error}") from None
    files = [stream_file(folder, one.name) for one in found.streams]
    files += [folder / DATABASE] if found.database else []
    if missing := [str(one) for one in files if not one.is_file()]:
        raise CommandError(f"{folder} is not whole, these are missing: {', '.join(missing)}")
    return found
