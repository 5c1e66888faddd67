"""SQL lives in `.sql` files: named blocks, each with a one-line description.

A block starts with `-- name: what it does` and reaches to the next such line.
"""

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files

_HEAD = re.compile(r"^-- (?P<name>[a-z][a-z0-9_]*): (?P<what>\S.*)$", re.MULTILINE)


class SqlError(ValueError):
    """A queries file breaks the format, or a query is asked for that does not exist."""


class Queries(dict[str, str]):
    """SQL text by name; an unknown name says which names there are."""

    def __missing__(self, name: str) -> str:
        raise SqlError(f"no query {name!r}; there are: {', '.join(sorted(self))}")


def parse(text: str) -> Queries:
    """Split the text of a queries file into its named blocks; raise SqlError on a repeated name."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = Queries()
    for head, end in zip(heads, ends, strict=True):
        name = head["name"]
        if name in found:
            raise SqlError(f"query {name!r} is defined twice")
        body = text[head.end() : end].strip()
        if not body:
            raise SqlError(f"query {name!r} is empty")
        found[name] = body
    return found


def load(package: str, file: str = "queries.sql") -> Queries:
    """Read a package's queries file."""
    return parse(files(package).joinpath(file).read_text(encoding="utf-8"))


def columns(rows: Iterable[Sequence[object]], width: int) -> list[tuple[object, ...]]:
    """Turn rows of so many values into columns, as `unnest` takes them."""
    return list(zip(*rows, strict=True)) or [()] * width
