"""SQL lives in `.sql` files: named blocks, each with a one-line description.

A block starts with `-- name: what it does` and reaches to the next such line.
"""

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_HEAD = re.compile(r"^-- (?P<name>[a-z][a-z0-9_]*): (?P<what>\S.*)$", re.MULTILINE)


class SqlError(ValueError):
    """A queries file breaks the format, or does not have the query that is asked for."""


class Queries(dict[str, str]):
    """SQL text by name; an unknown name says which names there are."""

    def __missing__(self, name: str) -> str:
        raise SqlError(f"no query {name!r}; there are: {', '.join(sorted(self))}")


def parse(text: str) -> Queries:
    """Split the text of a queries file into its named blocks; raise SqlError on a repeated name."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    queries = Queries()
    for head, end in zip(heads, ends, strict=True):
        name = head["name"]
        if name in queries:
            raise SqlError(f"query {name!r} is defined twice")
        body = text[head.end() : end].strip()
        if not body:
            raise SqlError(f"query {name!r} is empty")
        queries[name] = body
    return queries


def load(package: str, file: str = "queries.sql") -> Queries:
    """Read a package's queries file."""
    return parse(files(package).joinpath(file).read_text(encoding="utf-8"))


def columns(rows: Iterable[Sequence[object]], width: int) -> list[tuple[object, ...]]:
    """Turn rows of so many values into columns, as `unnest` takes them."""
    return list(zip(*rows, strict=True)) or [()] * width


def columns_of(rows: "Sequence[DataclassInstance]", names: Sequence[str]) -> list[list[object]]:
    """Turn dataclasses into columns, as `unnest` takes them: one list per name, each in the rows' order.

    A name may be a path through nested dataclasses (`identity.publisher`). No rows give empty columns.
    An unknown name raises AttributeError.
    """
    return [list(map(attrgetter(name), rows)) for name in names]
