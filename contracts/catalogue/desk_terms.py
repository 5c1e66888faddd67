"""When people of the agency answer citizens, in which languages, and how long what was said is kept."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contracts.catalogue.entries import Entry, Texts
from contracts.messages.base import Code

Hours = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]

FileType = Literal["jpeg", "png", "webp", "pdf"]
"""What may be taken from citizens: each is known by its first bytes and needs no decoding to be handed on."""

MOST_FILE_BYTES = 10 * 1024**2


class FileTerms(Entry):
    """Which files citizens may send while a conversation with people is open.

    A file has at most `most_bytes` and is erased `keep_days` after it came, or with its conversation; of one
    conversation at most `most_a_conversation` are kept at a time.
    """

    types: tuple[FileType, ...] = Field(default=("jpeg", "png", "webp", "pdf"), min_length=1)
    most_bytes: int = Field(default=5 * 1024**2, ge=64 * 1024, le=MOST_FILE_BYTES)
    most_a_conversation: int = Field(default=10, ge=1, le=50)
    keep_days: int = Field(default=7, ge=1, le=90)


class DeskTerms(Entry):
    """On which terms people of the agency answer citizens.

    `hours` in OpenStreetMap's `opening_hours`; holidays and moved days are the agency's. An answer is
    promised within `promise_hours` after the question; days on which nobody answers do not count. What was
    said is kept for `keep_days` after a conversation's end; one that was answered and in which the citizen
    says nothing for `silent_hours` is ended. No `languages` are all of the agency's.

    An answer takes its writer `usual_minutes`, until enough of them were measured. `topics`, with their
    names, are those to which a conversation may be passed on besides documents and the topics of answers.
    `four_eyes`: a change of the knowledge base is released by another editor than the one who made it.
    `files`: what citizens may send beside words; None: nothing.
    """

    hours: Hours
    promise_hours: int = Field(default=24, ge=1, le=720)
    keep_days: int = Field(default=30, ge=1, le=3650)
    silent_hours: int = Field(default=24, ge=1, le=720)
    usual_minutes: int = Field(default=5, ge=1, le=240)
    languages: tuple[Language, ...] = ()
    topics: Mapping[Code, Texts] = Field(default_factory=dict)
    four_eyes: bool = False
    files: FileTerms | None = None
