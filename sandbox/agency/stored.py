"""The month that an installation plays: made once, so that a second start goes on with the same one."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from contracts.catalogue import Catalogue
from sandbox.agency.files import write
from sandbox.agency.generate import generate
from sandbox.agency.month import Month, Options


@dataclass
class Progress:
    """How far the month was played: lines sent, follows done, and each citizen's chat in the phone."""

    lines: int = 0
    follows: int = 0
    chats: dict[int, int] = field(default_factory=dict)


class StoredMonth:
    """A month in a directory: its options, its export files and how far it was played."""

    def __init__(self, directory: Path, catalogue: Catalogue, fresh: Options) -> None:
        self._directory = directory
        self._progress_file = directory / "progress.json"
        options_file = directory / "options.json"
        if not options_file.exists():
            write(generate(fresh, catalogue), directory)
            options_file.write_text(json.dumps({**asdict(fresh), "until": fresh.until.isoformat()}))
        known = json.loads(options_file.read_text())
        options = Options(**{**known, "until": datetime.fromisoformat(known["until"])})
        self.month: Month = generate(options, catalogue)
        self.progress = self._read_progress()

    @property
    def export(self) -> Path:
        """The export file, as the back office would hand it over."""
        return self._directory / "events.jsonl"

    def _read_progress(self) -> Progress:
        if not self._progress_file.exists():
            return Progress()
        known = json.loads(self._progress_file.read_text())
        return Progress(known["lines"], known["follows"], {int(k): v for k, v in known["chats"].items()})

    def save(self) -> None:
        """Keep the progress; what was done since the last call is done again after a crash, harmlessly."""
        draft = self._progress_file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self.progress)))
        draft.replace(self._progress_file)
