"""What is left of a missed question for those who write answers: nothing that tells whose it was.

Out go words with a digit or a sign in them, codes, what somebody named themselves, and every word that may be
a name: one that our phrasings lack and that is written like a name, ends like one, or follows a word such as
"name".
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from contracts import lookalikes, typed_code
from contracts.messages.question import LONGEST_MISS
from language import fold, words_of

GONE = "…"
_LONGEST_READ = 1000
_LONGEST_WORD = 24
_MARKS = '.,;:!?()[]«»"“”„…'
_JOINS = "'’ʼ`-"
_WORD = re.compile(r"[^\W_]+")
_NAME_FOLLOWS = frozenset(
    {"звати", "звуть", "зовут", "зову", "name", "names", "прізвище", "прізвища", "прізвищем", "фамилия"}
    | {"фамилии", "фамилию", "імя", "імені", "имя", "имени", "surname", "called", "mr", "mrs", "пан", "пані"}
    | {"вулиця", "вулиці", "вул", "улица", "улице", "ул", "street", "живу", "проживаю", "мешкаю"}
)
_AFTER_IT = 3
_LIKE_A_NAME = re.compile(
    r"\w{2,}(?:енко|енка|енку|чук|чука|ський|ська|ської|цький|цька|ский|ская|ской|цкий|цкая|ович|овича|йович"
    r"|евич|евича|івна|івни|ївна|овна|овны|евна|евны|ишин|ішин)"
)


def scrubbed(text: str, known: Callable[[str], bool], own: Iterable[str] = ()) -> str:
    """Return what editors may read of a text of any length: at most LONGEST_MISS letters.

    `known` tells of a plain word whether our phrasings have it; `own` are what somebody named themselves.
    """
    said = unicodedata.normalize("NFKC", text[:_LONGEST_READ])[:_LONGEST_READ].split()
    codes, personal = _in_codes(said), {spelled for one in own for spelled in _spellings(one)}
    kept: list[str] = []
    nameless = 0
    for place, token in enumerate(said):
        word = token.strip(_MARKS)
        plain = words_of(word)
        telling = (
            place in codes
            or not _of_letters(word)
            or len(word) > _LONGEST_WORD
            or not personal.isdisjoint(_spellings(word))
            or (not all(map(known, plain)) and _may_be_a_name(word, after_one=nameless > 0))
        )
        nameless = _AFTER_IT if any(one in _NAME_FOLLOWS for one in plain) else nameless - 1
        if not telling:
            kept.append(word.lower())
        elif kept[-1:] != [GONE]:
            kept.append(GONE)
    return _cut(kept)


def _spellings(text: str) -> set[str]:
    """Return how the words of a text sound, and how they look."""
    return {fold(word) for word in words_of(text)} | set(_WORD.findall(lookalikes.plain(text)))


def _of_letters(word: str) -> bool:
    """Tell whether a word is letters alone, perhaps with an apostrophe or a hyphen between them."""
    return word[:1].isalpha() and word[-1:].isalpha() and all(one.isalpha() or one in _JOINS for one in word)


def _may_be_a_name(word: str, *, after_one: bool) -> bool:
    return after_one or word != word.lower() or _LIKE_A_NAME.fullmatch(word) is not None


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
