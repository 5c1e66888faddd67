"""What the buttons of a consultation carry: all the answers so far, so that nothing is kept of anybody.

With them goes the version of the questions: an answer to a question of before is never taken for one to
another of today.
"""

import re
from dataclasses import dataclass
from typing import Literal

PREFIX = "pp"
_MOST = r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,31}"
_DATA = re.compile(
    rf"{PREFIX}:(?P<verb>[afmw]):(?P<version>[A-Za-z0-9_-]{{8}}):(?P<answers>[0-9a-z?-]{{0,16}}):(?P<code>{_MOST})"
)

Verb = Literal["go", "file", "mail", "where"]
_VERBS: dict[str, Verb] = {"a": "go", "f": "file", "m": "mail", "w": "where"}
_LETTERS: dict[Verb, str] = {meaning: letter for letter, meaning in _VERBS.items()}


@dataclass(frozen=True)
class Consulting:
    """A consultation by its code, the version of its questions, and the answers so far as a text.

    `go`: on with it; `file`: its result as a file; `mail`: by e-mail; `where`: the offices of its result.
    """

    verb: Verb
    code: str
    version: str
    answers: str = ""


def parse(data: str) -> Consulting | None:
    """Return what a button of a consultation means; None for any other."""
    found = _DATA.fullmatch(data)
    if found is None:
        return None
    return Consulting(_VERBS[found["verb"]], found["code"], found["version"], found["answers"])


def data(tap: Consulting) -> str:
    """Return what a button carries: at most 63 bytes."""
    return f"{PREFIX}:{_LETTERS[tap.verb]}:{tap.version}:{tap.answers}:{tap.code}"
