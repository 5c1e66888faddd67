"""The README's table of values: a row for each, by the comment that stands before it in `values.yaml`."""

import json
from collections.abc import Iterator

from deploy.helm.schema import FREE
from deploy.helm.services import Json

_FREE = FREE | {"settings"}


def table(text: str, values: Json) -> str:
    """Return the rows in Markdown; ValueError names the values that no comment explains."""
    comments = dict(_comments(text))
    leaves = list(_leaves(values, ()))
    silent = [".".join(path) for path, _ in leaves if not comments.get(path)]
    if silent:
        raise ValueError(f"values.yaml says nothing of {', '.join(silent)}")
    rows = [f"| `{'.'.join(path)}` | `{json.dumps(value)}` | {comments[path]} |" for path, value in leaves]
    return "\n".join(["| value | default | |", "|---|---|---|", *(row.replace('`""`', "") for row in rows)])


def _leaves(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, one in value.items():
        if isinstance(one, dict) and one and key not in _FREE:
            yield from _leaves(one, (*path, key))
        else:
            yield (*path, key), one


def _comments(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each key of block style with the comment that ends on the line before it."""
    path: list[tuple[int, str]] = []
    said: list[str] = []
    for line in text.splitlines():
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if bare.startswith("#"):
            said.append(bare.lstrip("# "))
            continue
        key, colon, _ = bare.partition(":")
        if colon and not bare.startswith("-"):
            path = [*((depth, one) for depth, one in path if depth < indent), (indent, key)]
            yield tuple(one for _, one in path), " ".join(said)
        said = []
