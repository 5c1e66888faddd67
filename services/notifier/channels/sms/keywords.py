"""The words that carriers want understood in a text that comes in, in the languages that people write.

Nothing is ever answered by SMS: two machines could answer each other for ever, and each answer is paid for.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from services.notifier.domain.incoming import Blocked, Unblocked

_STOP = (
    "stop stopall unsubscribe cancel end quit optout "
    "стоп відписатися відписатись відпишіть відписка скасувати "
    "отписаться отпишите отписка отмена отменить"
)
_START = "start unstop resume старт почати розпочати підписатися підписатись начать подписаться возобновить"
_KEYWORDS: Mapping[str, type[Blocked | Unblocked]] = MappingProxyType(
    dict.fromkeys(_STOP.split(), Blocked) | dict.fromkeys(_START.split(), Unblocked)
)
_LONGEST = 64
_MOST_WORDS = 3
_WORD = re.compile(r"[^\W_]+")


def wish_of(text: str) -> Blocked | Unblocked | None:
    """Return the wish to be left alone, or to be written to again; None for any other text.

    It is the first of at most three words: `STOP`, `Стоп!`, `stop please`; a sentence is nobody's keyword.
    """
    words = _WORD.findall(text[: _LONGEST + 1].casefold()) if len(text) <= _LONGEST else []
    if not 0 < len(words) <= _MOST_WORDS:
        return None
    wish = _KEYWORDS.get(words[0])
    if wish is None:
        return None
    return Blocked("stopped") if wish is Blocked else Unblocked()
