"""What is sent to a gateway, filled in: values for `{places}`, secrets for `${NAMES}`, all in one pass.

A value is put into a tree of JSON or into a field, never into their text, so nothing that a text holds can be
taken for more than a text.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | None
Tree: TypeAlias = "Value | list[Tree] | dict[str, Tree]"
Values: TypeAlias = Mapping[str, Value]
Fill: TypeAlias = Callable[[Values], Tree]

PLACES = ("number", "text", "sender", "key", "unicode", "posts")
_NAMED = re.compile(r"\$\{([^{}]*)\}|\{([a-z_]+)\}")


class TemplateError(ValueError):
    """A template names what there is not; the message says what there is, and holds no secret."""


def places_in(tree: Tree) -> frozenset[str]:
    """Return the places that a tree names."""
    if isinstance(tree, str):
        return frozenset(match[2] for match in _NAMED.finditer(tree) if match[2] in PLACES)
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return frozenset().union(*map(places_in, parts))


def names_secret(text: str) -> bool:
    """Tell whether a text refers to a secret."""
    return any(match[1] is not None for match in _NAMED.finditer(text))


def filler(tree: Tree, secrets: Mapping[str, str]) -> Fill:
    """Return what fills a tree in.

    A text that is one place alone becomes its value as it is, a number or a truth; in a longer one it is
    written out. Raises TemplateError.
    """
    if isinstance(tree, str):
        return _text(tree, secrets)
    if isinstance(tree, dict):
        fields = {name: filler(part, secrets) for name, part in tree.items()}
        return lambda values: {name: fill(values) for name, fill in fields.items()}
    if isinstance(tree, list):
        items = [filler(part, secrets) for part in tree]
        return lambda values: [fill(values) for fill in items]
    return partial(_same, tree)


def revealed(text: str, secrets: Mapping[str, str]) -> str:
    """Return a text with its secrets; it has no places. Raises TemplateError."""
    filled = filler(text, secrets)({place: f"{{{place}}}" for place in PLACES})
    return str(filled)


def _same(tree: Tree, values: Values) -> Tree:  # noqa: ARG001 - a Fill
    return tree


def _text(text: str, secrets: Mapping[str, str]) -> Fill:
    pieces: list[tuple[bool, str]] = []
    end = 0
    for match in _NAMED.finditer(text):
        pieces.append((False, text[end : match.start()]))
        pieces.append((False, _secret(match[1], secrets)) if match[1] is not None else (True, match[2]))
        if match[2] is not None and match[2] not in PLACES:
            raise TemplateError(
                f"names {{{match[2]}}}; there are {', '.join(f'{{{one}}}' for one in PLACES)}"
            )
        end = match.end()
    pieces.append((False, text[end:]))
    pieces = [piece for piece in pieces if piece[0] or piece[1]]
    if len(pieces) == 1 and pieces[0][0]:
        return lambda values: values[pieces[0][1]]
    return lambda values: "".join([written(values[piece]) if place else piece for place, piece in pieces])


def _secret(name: str, secrets: Mapping[str, str]) -> str:
    if name not in secrets:
        raise TemplateError(f"names ${{{name[:40]}}}; the secrets are {', '.join(secrets)}")
    if not secrets[name]:
        raise TemplateError(f"names ${{{name}}}, which is not set; set it for the notifiers")
    return secrets[name]


def written(value: Tree) -> str:
    """Return a value as it stands in a longer text, or in a form."""
    return str(value).lower() if isinstance(value, bool) else str(value)
