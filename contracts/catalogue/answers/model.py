"""An answer as a file has it, and as everybody else knows it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.catalogue.entries import Entry
from contracts.catalogue.reading.gathering import Complain, entries_of
from contracts.catalogue.reading.tree import Tree
from contracts.catalogue.values import written_date
from contracts.knowledge import LONGEST_QUESTION, LONGEST_TEXT, MOST_VARIANTS, Answer
from contracts.messages.base import AnswerId, Code

SECTION = "answers"
_Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3}|mixed)$")]
_Variant = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUESTION, strip_whitespace=True)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT, strip_whitespace=True)]


class AnswerEntry(Entry):
    """One answer, under its id; what each key means stands at `Answer`."""

    code: AnswerId
    topic: Code
    questions: Mapping[_Language, Annotated[tuple[_Variant, ...], Field(max_length=MOST_VARIANTS)]]
    text: Mapping[str, _Text]
    documents: tuple[Code, ...] = ()
    stages: tuple[Code, ...] = ()
    valid_from: Annotated[date, written_date] | None = None
    valid_until: Annotated[date, written_date] | None = None

    def answer(self) -> Answer:
        """Return it as everybody knows it, with the version of what no staff has touched."""
        return Answer(id=self.code, **self.model_dump(exclude={"code"}))


def answers_of(entries: Mapping[str, Tree], complain: Complain) -> dict[str, Answer]:
    """Return the answers that could be made, by id; the others are complained of."""
    made = entries_of(AnswerEntry, entries, SECTION, complain)
    return {code: entry.answer() for code, entry in made.items()}
