"""What may be wrong with a catalogue: every problem has its file, line, path and a sentence for a person.

Exception tree: CatalogueError (a ValueError).
"""

from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where a value stands inside the catalogue: `("stages", "printing", "text", "ru")`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: `line` counts from 1 and is None where a whole file is meant; `path` is dotted."""

    file: str
    line: int | None
    path: str
    detail: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.path}: {self.detail}" if self.path else f"{place}: {self.detail}"


class CatalogueError(ValueError):
    """The catalogue cannot be used; `problems` lists everything found, in file and line order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems) or self.__class__.__doc__)


def dotted(path: Path) -> str:
    """Return a path as people write it: `stages.printing.text.ru`."""
    return ".".join(str(part) for part in path)
