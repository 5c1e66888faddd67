"""How people ask: labelled phrasings, and groups of words that mean the same; the product's and the agency's.

An agency adds lines to ours (`phrases`, `words` of its catalogue), under our labels or its own.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.catalogue.reading.problems import Path
from contracts.messages.base import Code

MOST_LABELS = 1_000
MOST_LINES = 200
_Said = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
_Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3}|mixed)$")]
_ONE_WORD = r"[^\W_]+(['’ʼ][^\W_]+)*"
_Word = Annotated[str, StringConstraints(pattern=rf"^{_ONE_WORD}( {_ONE_WORD}){{0,4}}\*?$", max_length=60)]
_Lines = Annotated[tuple[_Said, ...], Field(min_length=1, max_length=MOST_LINES)]
_Words = Annotated[tuple[_Word, ...], Field(min_length=1, max_length=MOST_LINES)]
_ByLanguage = Mapping[_Language, _Lines]


class Phrasing(BaseModel):
    """`phrases`: label, language (or `mixed`), lines. `words`: meaning, words (`word*` for its beginning)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phrases: Annotated[Mapping[Code, _ByLanguage], Field(max_length=MOST_LABELS)] = Field(
        default_factory=dict, exclude=True
    )
    words: Annotated[Mapping[Code, _Words], Field(max_length=MOST_LABELS)] = Field(
        default_factory=dict, exclude=True
    )

    def lines(self) -> Iterator[tuple[Path, str]]:
        """Yield every phrasing with its path: `("phrases", label, language, index)`."""
        for label, by_language in self.phrases.items():
            for language, lines in by_language.items():
                for index, line in enumerate(lines):
                    yield ("phrases", label, language, index), line

    def with_more(self, more: "Phrasing") -> "Phrasing":
        """Return these lines and words, and then those of another."""
        phrases = {label: dict(by_language) for label, by_language in self.phrases.items()}
        for label, by_language in more.phrases.items():
            mine = phrases.setdefault(label, {})
            for language, lines in by_language.items():
                mine[language] = (*mine.get(language, ()), *lines)
        words = dict(self.words)
        for meaning, entries in more.words.items():
            words[meaning] = (*words.get(meaning, ()), *entries)
        return Phrasing.model_construct(phrases=phrases, words=words)
