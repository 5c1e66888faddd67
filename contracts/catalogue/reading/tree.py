"""YAML as a plain tree that remembers lines: mappings, lists and the scalars' own spelling.

Only the parser's events are used: nothing is constructed, so no tag can make an object, `no` stays the
language and `21:00` stays an hour. Anchors are refused, for an alias can make a small file endless.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Literal

import yaml

from contracts.catalogue.reading.problems import Path, Problem, dotted

Tree = str | None | list["Tree"] | dict[str, "Tree"]
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_DEEPEST = 12
_FAST: type[yaml.CSafeLoader] | None = getattr(yaml, "CSafeLoader", None)
_TOLD_APART = re.compile(r"[\t\ufeff]|[|>][-+0-9]*#")
"""What libyaml takes where the parser in Python does not."""


@dataclass(slots=True)
class Document:
    """One file read: its tree, the line (from 1) of every path, and what was wrong on the way."""

    file: str
    tree: Tree = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, line: int | None, path: Path, detail: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.file, line, dotted(path), detail))


@dataclass(slots=True)
class _Node:
    """A value as it was read; `children` of a mapping are key, value, key, value in turn."""

    line: int
    kind: Literal["scalar", "list", "mapping"]
    text: str | None = None
    null: bool = False
    children: list["_Node"] = field(default_factory=list)
    faults: tuple[str, ...] = ()


def read_document(path: FilePath, name: str) -> Document:
    """Read one YAML file; never raises, whatever the bytes: what is wrong is in `problems`."""
    document = Document(name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        document.complain(None, (), f"cannot be read: {error.strerror}")
        return document
    except UnicodeDecodeError as error:
        document.complain(None, (), f"is not UTF-8 text: byte {error.start} cannot be read")
        return document
    try:
        roots = _nodes(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.complain(mark.line + 1 if mark else None, (), f"is not YAML: {error.problem}")
        return document
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.complain(line, (), f"has a character that YAML forbids: {error.reason}")
        return document
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets chr() and int() fail on absurd escapes and directives.
        document.complain(None, (), f"is not YAML: {error}")
        return document
    if len(roots) > 1:
        document.complain(roots[1].line, (), "has a second YAML document; use another file")
    if roots:
        document.tree = _plain(roots[0], (), document)
    return document


def _nodes(text: str) -> list[_Node]:
    """Return the root of every document in the text, by libyaml where both parsers say the same for sure."""
    nodes = _fast_nodes(text)
    return _built(yaml.parse(text, Loader=yaml.SafeLoader)) if nodes is None else nodes


def _fast_nodes(text: str) -> list[_Node] | None:
    """Return what libyaml reads; None where the parser in Python, whose words we pass on, may differ."""
    if _FAST is None or _TOLD_APART.search(text):
        return None
    try:
        return _built(_alike(yaml.parse(text, Loader=_FAST)))
    except (yaml.YAMLError, ValueError, OverflowError):
        return None


def _alike(events: Iterable[yaml.Event]) -> Iterator[yaml.Event]:
    """Yield events as long as both parsers agree on such ones; ValueError at the first of another kind."""
    flows: list[bool] = []
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            flows.append(bool(event.flow_style))
        elif isinstance(event, yaml.CollectionEndEvent):
            flows.pop()
        flowing = bool(flows) and flows[-1]
        if isinstance(event, yaml.NodeEvent) and (
            isinstance(event, yaml.AliasEvent)
            or event.anchor is not None
            or getattr(event, "tag", None) is not None
            or (
                isinstance(event, yaml.ScalarEvent) and not event.style and _odd(event.value, flowing=flowing)
            )
        ):
            raise ValueError(event)
        yield event


def _odd(plain: str, *, flowing: bool) -> bool:
    """Tell whether only libyaml takes such a scalar without quotes, or puts it at another place."""
    return not plain or (flowing and "?" in plain)


def _built(events: Iterable[yaml.Event]) -> list[_Node]:
    """Return the roots that events tell of; the stack is ours, so depth breaks nothing."""
    root = _Node(0, "list")
    stack = [root]
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, line)
            stack[-1].children.append(node)
            if isinstance(event, yaml.CollectionStartEvent):
                stack.append(node)
    return root.children


def _node(event: yaml.NodeEvent, line: int) -> _Node:
    if isinstance(event, yaml.AliasEvent):
        return _Node(line, "scalar", "*", faults=("is an alias (*); write the value out",))
    faults = []
    if event.anchor is not None:
        faults.append("has an anchor (&); write the value out")
    tag = event.tag if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) else None
    if tag is not None:
        faults.append(f"has the tag {tag!r}; tags are not used here")
    if isinstance(event, yaml.ScalarEvent):
        if any("\ud800" <= character <= "\udfff" for character in event.value):
            return _Node(line, "scalar", null=True, faults=(*faults, "has half of a character (a surrogate)"))
        null = not event.style and event.value in _NULLS
        return _Node(line, "scalar", event.value, null=null, faults=tuple(faults))
    kind: Literal["list", "mapping"] = "list" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
    return _Node(line, kind, faults=tuple(faults))


def _plain(node: _Node, path: Path, document: Document) -> Tree:
    document.lines.setdefault(path, node.line)
    for fault in node.faults:
        document.complain(node.line, path, fault)
    if node.kind == "scalar":
        return None if node.null else node.text
    if len(path) >= _DEEPEST:
        document.complain(node.line, path, f"is nested more than {_DEEPEST} levels deep")
        return None
    if node.kind == "list":
        return [_plain(child, (*path, index), document) for index, child in enumerate(node.children)]
    return _mapping(node, path, document)


def _mapping(node: _Node, path: Path, document: Document) -> dict[str, Tree]:
    result: dict[str, Tree] = {}
    for key, value in zip(node.children[::2], node.children[1::2], strict=True):
        for fault in key.faults:
            document.complain(key.line, path, f"a key {fault}")
        if key.text is None:
            if not key.faults:
                document.complain(key.line, path, "has a list or mapping for a key; a key is a word")
        elif key.text in result:
            first = document.lines[*path, key.text]
            document.complain(key.line, (*path, key.text), f"is given twice; the first is on line {first}")
        else:
            document.lines[*path, key.text] = key.line
            result[key.text] = _plain(value, (*path, key.text), document)
    return result
