"""What the buttons of answers carry: which one is wanted, or was it, and the document that it is about."""

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Verb = Literal["tell", "yes", "no"]
_VERBS: dict[str, Verb] = {"n": "tell", "y": "yes", "x": "no"}
_LETTERS: dict[Verb, str] = {meaning: letter for letter, meaning in _VERBS.items()}
_DATA = re.compile(r"a(?P<verb>[nyx]):(?P<code>[a-z0-9_]{1,40})(?::(?P<document>[0-9a-f]{12}))?")
_ENDING = 12


@dataclass(frozen=True)
class Answering:
    """An answer by its id, or what the bot does by its label: to be told, or whether it was the one wanted.

    `document` is the end of the name under which somebody follows the document that is meant.
    """

    verb: Verb
    code: str
    document: str | None = None


def parse(data: str) -> Answering | None:
    """Return what a button of an answer means; None for any other."""
    found = _DATA.fullmatch(data)
    return None if found is None else Answering(_VERBS[found["verb"]], found["code"], found["document"])


def data(tap: Answering) -> str:
    """Return what a button carries: at most 56 bytes."""
    return f"a{_LETTERS[tap.verb]}:{tap.code}" + (f":{tap.document}" if tap.document else "")


def ending(subscription: UUID) -> str:
    """Return how a subscription's name ends: enough to tell a person's few documents apart."""
    return subscription.hex[-_ENDING:]
