"""What people mean by their own words: pure look-up of word beginnings in three languages at once.

A slip of one letter is forgiven in a question, never in what would stop or erase; those need words that say
so plainly, and a no before them, or a why, turns them off. A `word` stands for whole words, a `word*` for
beginnings; words joined by `_` follow each other.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal

Intent = Literal["where", "when", "bring", "hours", "stop", "forget", "language", "help", "cancel"]
_LONGEST = 400
_MOST_WORDS = 80
_WORD = re.compile(r"[^\W_]+(?:['’ʼ-][^\W_]+)*")
_FORGIVING = 4
_SHORT = 2
Words = Sequence[str]


def _table(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(entry.split("_")) for entry in text.split())


_NO = _table("не ні нет don't dont not never без")
_WHY = _table("чому почему why did зачем навіщо")
_WRITE_ME = _table("пишіть пиши пишите присилайте присылайте надсилайте шліть шлите шли write send text")
_LETTERS = _table("повідомлен* сообщен* уведомлен* сповіщен* message* notification* sms смс sending texting")
_UNSUBSCRIBE = _table("відпис* відпиш* отпис* отпиш* unsubscrib*")
_STOP = _table("стоп stop")
_ENOUGH = _table(
    "відключ* отключ* вимкн* вимик* выключ* хватит досить годі припин* прекрат* перестан* stop turn_off"
)
_NEEDLESS = _table("не_треба не_потрібн* не_надо не_нужн* don't_want dont_want not_want don't_need no_more")
_ERASE = _table("сотр* стер* зітр* видал* удал* erase delete remove forget забудь*")
_ABOUT_ME = _table("про_мене обо_мне меня мене about_me me дані_про мої_дані мои_данные my_data данные_обо")
_TONGUE = _table(
    "мова мову мови мовою язык* языке language* english англійськ* английск* по-англ* ukrainian українськ* "
    "украинск* по-укра* russian русск* російськ* по-рус* по-рос*"
)
_DOCUMENT = _table(
    "паспорт* загранпаспорт* документ* посвідк* карт* вид справк* заявк* заявлен* passport* document* "
    "permit* card* application*"
)
_OFFICE = _table("відділенн* отделени* office* центр")
_OPEN = _table(
    "графік* график* години часы_работы годин*_робот* розклад* расписан* працю* работает работаете "
    "відчинен* открыт* open opening closed закрыт* зачинен* hours адрес* address"
)
_BRING = _table(
    "взяти взять брати брать нести принести приносити приносить приніс* bring bringing take_with при_собі "
    "при_себе з_собою с_собой shall_take need_my with_me"
)
_PAPERS = _table("документ* папер* бумаг* довідк* справк* papers document*")
_NEEDED = _table("потрібн* нужн* треба надо need needed required понадоб*")
_WHEN = _table(
    "коли когда when довго долго термін* строк* срок* дата дату date скоро soon how_long how_much_longer "
    "скільки_ще скільки_чекати сколько_еще сколько_ждать which_day what_day what_date до_якого до_какого "
    "який_день какой_день якого_числа какого_числа"
)
_WHERE = _table(
    "де где where статус status стан состояни* етап* этап* stage готов* ready happening новин* новост* news "
    "що_з шо_з що_там что_с что_там пришел пришёл пришла прийшов прийшла arrived update progress"
)
_PLACE = _table("де где where")
_HELP = _table("допомог* помощь помоги* help привіт* привет* вітаю hello")
_CANCEL = _table("скасу* отмен* cancel передума* неважно")


def understood(text: str) -> Intent | None:
    """Return what a text most likely asks for, None where nobody could tell; any text of any length."""
    found = _WORD.findall(unicodedata.normalize("NFC", text[:_LONGEST]).lower())
    said = [_plain(word) for word in found[:_MOST_WORDS]]
    return next((intent for intent, fits in _RULES if fits(said)), None)


def _plain(word: str) -> str:
    return word.replace("ё", "е").replace("’", "'").replace("ʼ", "'")


def _stops(said: Words) -> bool:
    if _strictly(said, _WHY):
        return False
    if len(said) <= _SHORT and _at(said, _STOP) is not None and not _strictly(said, _NO):
        return True
    if _wanted(said, _UNSUBSCRIBE):
        return True
    if _strictly(said, _LETTERS) and (_wanted(said, _ENOUGH) or _strictly(said, _NEEDLESS)):
        return True
    place = _at(said, _WRITE_ME)
    return place is not None and _refused(said, place) and not _strictly(said, _ENOUGH)


def _forgets(said: Words) -> bool:
    return _wanted(said, _ERASE) and _strictly(said, _ABOUT_ME) and not _strictly(said, _DOCUMENT)


def _asks_for_language(said: Words) -> bool:
    return _strictly(said, _TONGUE) and not (_strictly(said, _DOCUMENT) or _strictly(said, _WHERE))


def _asks_for_hours(said: Words) -> bool:
    return _strictly(said, _OPEN) or (_strictly(said, _OFFICE) and _strictly(said, _PLACE))


def _asks_what_to_bring(said: Words) -> bool:
    return _roughly(said, _BRING) or (_roughly(said, _NEEDED) and _roughly(said, _PAPERS))


_RULES: tuple[tuple[Intent, Callable[[Words], bool]], ...] = (
    ("stop", _stops),
    ("forget", _forgets),
    ("language", _asks_for_language),
    ("bring", _asks_what_to_bring),
    ("hours", _asks_for_hours),
    ("when", lambda said: _roughly(said, _WHEN)),
    ("where", lambda said: _roughly(said, _WHERE) or _only_a_document(said)),
    ("cancel", lambda said: _strictly(said, _CANCEL)),
    ("help", lambda said: _strictly(said, _HELP)),
)


def _only_a_document(said: Words) -> bool:
    return len(said) <= _SHORT and _roughly(said, _DOCUMENT)


def _wanted(said: Words, table: tuple[tuple[str, ...], ...]) -> bool:
    """Tell whether one of the entries is said without a no shortly before it."""
    place = _at(said, table)
    return place is not None and not _refused(said, place)


def _refused(said: Words, place: int) -> bool:
    return _strictly(said[max(0, place - 2) : place], _NO)


def _strictly(said: Words, table: tuple[tuple[str, ...], ...]) -> bool:
    return _at(said, table) is not None


def _at(said: Words, table: tuple[tuple[str, ...], ...]) -> int | None:
    """Return where the first entry of a table begins that is said letter by letter."""
    for place in range(len(said)):
        for entry in table:
            if _follows(said, place, entry, _same):
                return place
    return None


def _roughly(said: Words, table: tuple[tuple[str, ...], ...]) -> bool:
    """Tell whether an entry is said, give or take a letter in its longer words."""
    return any(_follows(said, place, entry, _alike) for place in range(len(said)) for entry in table)


def _follows(said: Words, place: int, entry: Sequence[str], fits: Callable[[str, str], bool]) -> bool:
    words = said[place : place + len(entry)]
    return len(words) == len(entry) and all(map(fits, words, entry))


def _same(word: str, wanted: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def _alike(word: str, wanted: str) -> bool:
    if _same(word, wanted):
        return True
    stem = wanted.rstrip("*")
    if len(stem) < _FORGIVING + 1 or word[0] != stem[0]:
        return False
    ends = {len(stem) - 1, len(stem), len(stem) + 1} if wanted.endswith("*") else {len(word)}
    return any(_one_slip(word[:end], stem) for end in ends)


def _one_slip(one: str, other: str) -> bool:
    """Tell whether two words differ by one letter more, less, other or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    first, second = one[start:], other[start:]
    if len(one) != len(other):
        return first[1:] == second or first == second[1:]
    return first[1:] == second[1:] or (first[:2] == second[1::-1] and first[2:] == second[2:])
