"""What is left of a missed question for those who write answers: nothing that tells whose it was.

A name can be any word, so none is looked for. Only words stay that are known to be none: those of our
phrasings and answers, and plain ones of everyday matters, each with its endings. Out goes everything else, in
whatever letters, with words that have a digit or a sign in them, codes, and what somebody named themselves.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from contracts import lookalikes, typed_code
from contracts.messages.desk.question import LONGEST_MISS
from language import Vocabulary, fold, words_of

GONE = "…"
_LONGEST_READ = 1000
_MARKS = '.,;:!?()[]«»"“”„…'
_JOINS = "'’ʼ`-"
_WORD = re.compile(r"[^\W_]+")
_NAMES_TOO = frozenset(
    {"віра", "віри", "віру", "вірою", "вера", "веры", "веру", "верой", "надія", "надії", "надію", "надежда"}
    | {
        "надежды",
        "надежду",
        "надеждой",
        "любов",
        "любові",
        "любовь",
        "любви",
        "люба",
        "слава",
        "слави",
        "славу",
    }
    | {"славы", "роза", "розы", "рози", "розу", "мила", "лада", "лілія", "лилия", "злата", "віта", "вита"}
    | {"май", "майя", "мая", "мир", "лев", "лева", "льва", "rose", "grace", "faith", "hope", "joy", "mark"}
    | {"марта", "марти", "марту", "марті", "марте", "март", "сирота", "сироти", "сироту", "сироті", "сироты"}
    | {
        "сироте",
        "борода",
        "бороди",
        "бороду",
        "бородою",
        "бороды",
        "бородой",
        "лютого",
        "зима",
        "зими",
        "зиму",
    }
    | {"весна", "весни", "весну", "весны", "школа", "школи", "школу", "школы", "малий", "малого", "малому"}
    | {"frank", "grant", "bill", "jack", "rich", "mary", "mari", "женя", "жени", "жені", "женей"}
)
"""Words that may be in phrasings and are usual as names."""
_PLAIN = Path(__file__).with_name("plain_words.txt")


@cache
def plain_words() -> Vocabulary:
    """Return the words of everyday matters."""
    lines = (line for line in _PLAIN.read_text("utf-8").splitlines() if not line.startswith("#"))
    return Vocabulary({"plain": [word for line in lines for word in line.split()]})


def scrubbed(text: str, known: Callable[[str], bool], own: Iterable[str] = ()) -> str:
    """Return what editors may read of a text of any length: at most LONGEST_MISS letters.

    `known` tells of a plain word whether our phrasings and answers have it; `own` are what somebody named
    themselves.
    """
    said = unicodedata.normalize("NFKC", text[:_LONGEST_READ])[:_LONGEST_READ].split()
    codes, personal = _in_codes(said), {spelled for one in own for spelled in _spellings(one)}
    kept: list[str] = []
    for place, token in enumerate(said):
        word = token.strip(_MARKS)
        telling = (
            place in codes
            or not _of_letters(word)
            or not personal.isdisjoint(_spellings(word))
            or not all(_is_no_name(one, known) for one in words_of(word))
        )
        if not telling:
            kept.append(word.lower())
        elif kept[-1:] != [GONE]:
            kept.append(GONE)
    return _cut(kept)


def _is_no_name(word: str, known: Callable[[str], bool]) -> bool:
    return word not in _NAMES_TOO and (known(word) or plain_words().knows(word))


def _spellings(text: str) -> set[str]:
    """Return how the words of a text sound, and how they look."""
    return {fold(word) for word in words_of(text)} | set(_WORD.findall(lookalikes.plain(text)))


def _of_letters(word: str) -> bool:
    """Tell whether a word is letters alone, perhaps with an apostrophe or a hyphen between them."""
    return (
        word[:1].isalpha()
        and word[-1:].isalpha()
        and all((one.isalpha() and not one.isnumeric()) or one in _JOINS for one in word)
    )


def _in_codes(said: Sequence[str]) -> frozenset[int]:
    """Return the places of words that together are a receipt's code, with or without digits in it."""
    found: set[int] = set()
    plain = [lookalikes.plain(re.sub(r"[\W_]+", "", word)) for word in said]
    for start in range(len(plain)):
        joined = ""
        for end in range(start, len(plain)):
            joined += plain[end]
            if len(joined) > typed_code.LENGTH:
                break
            if typed_code.parse(joined) is not None:
                found.update(range(start, end + 1))
    return frozenset(found)


def _cut(words: Sequence[str]) -> str:
    text = ""
    for word in words:
        longer = f"{text} {word}".strip()
        if len(longer) > LONGEST_MISS:
            break
        text = longer
    return text
