"""What stops, erases or takes back, by rules alone: words that say so plainly, and nothing that denies them.

A no shortly before them, a why, or an hour of the day (then it is about quiet hours) turns them off. A `word`
stands for itself, a `word*` for beginnings; words joined by `_` follow each other. No slip is forgiven here.
"""

from collections.abc import Sequence
from typing import Literal

from language import words_of

Leaving = Literal["stop", "forget", "cancel"]

_SHORT = 2
_BRIEF = 5
Words = Sequence[str]
Table = tuple[tuple[str, ...], ...]


def _table(text: str) -> Table:
    return tuple(tuple(entry.split("_")) for entry in text.split())


_NO = _table("не ні нет dont not never без doesnt didnt")
_WHY = _table("чому почему why did зачем навіщо хіба разве")
_HOURS = _table(
    "ніч ніччю нічн* ноч* вноч* уноч* вечор* вечер* ввечері увечері ранк* ранок вранці зранку утр* вдень "
    "днем night* evening* morning* daytime після после after before до_* вихідн* выходн* weekend* сплю "
    "sleep* рано раніше раньше early earlier"
)
_WRITE_ME = _table(
    "пишіть пиши пишите присилайте присылайте присилай присылай надсилайте надсилай шліть шлите шли шліт "
    "турбуйте беспокойте write send text_me message_me"
)
_LETTERS = _table(
    "повідомлен* сообщен* уведомлен* сповіщен* message* notification* sms смс смск* sending texting writing "
    "messaging writing розсил* рассыл* писат* писать слати слать надсилати присылать присилати update updates"
)
_UNSUBSCRIBE = _table("відпис* відпиш* отпис* отпиш* unsubscrib*")
_STOP = _table("стоп stop")
_ENOUGH = _table(
    "відключіть відключи відключити отключите отключи отключить вимкніть вимкни вимкнути вимкнить вимикай* "
    "выключите выключи выключить хватит досить годі припиніть припини припинити прекратите прекрати "
    "прекратить перестань перестаньте stop turn_off disable mute switch_off"
)
_NEEDLESS = _table(
    "не_треба не_потрібн* не_надо не_нужн* не_хочу_більше не_хочу_больше не_хочу_отрим* "
    "не_хочу_получ* "
    "dont_want_these dont_want_any dont_want_your dont_want_more dont_want_message* dont_want_notification* "
    "dont_want_to_get dont_want_to_receive not_want_these not_want_any not_want_your not_want_more "
    "not_want_message* not_want_notification* not_want_to_get not_want_to_receive dont_need no_more"
)
_CALL_OFF = _table("скасу* отмен* cancel")
_SUBSCRIPTION = _table("підписк* подписк* subscription*")
_ERASE = _table(
    "зітріть зітри зітерти стерти сотрите сотри стереть видаліть видали видалити видаліт удалите удали "
    "удалить сотріть удаліть erase delete remove forget забудь забудьте стирайте"
)
_ERASED = _table("видалили удалили стерли зітерли прибрали erased deleted removed forgotten")
_SO_THAT = _table("щоб чтобы чтоб шоб want")
_ABOUT_ME = _table(
    "про_мене обо_мне меня мене about_me on_me me дані_про мої_дан* мої_дані мои_данн* мои_данные my_data "
    "данные_обо персональн*_дан* персональні_дані персональные_данные особисті_дані личные_данные "
    "personal_data my_details my_information my_info моїх_даних моих_данных"
)
_DOCUMENT = _table(
    "паспорт* загранпаспорт* документ* посвідк* карт* вид справк* заявк* заявлен* passport* document* "
    "permit* card* application*"
)
_CANCEL = _table("скасу* отмен* cancel передума* неважно")
_BOOKING = _table(
    "запис* прийом* прием* візит* визит* черг* очеред* оплат* платеж* платіж* "
    "appointment* booking* visit* slot* payment*"
)


def leaving(text: str) -> Leaving | None:
    """Return the wish to stop, to be forgotten or to take back that a text of any length says plainly."""
    said = words_of(text)
    if _stops(said):
        return "stop"
    if _forgets(said):
        return "forget"
    return "cancel" if _takes_back(said) else None


def _stops(said: Words) -> bool:
    if _says(said, _WHY) or _says(said, _HOURS):
        return False
    if len(said) <= _SHORT and _says(said, _STOP) and not _says(said, _NO):
        return True
    if _wanted(said, _UNSUBSCRIBE) or (_wanted(said, _CALL_OFF) and _says(said, _SUBSCRIPTION)):
        return True
    if _says(said, _LETTERS) and (_wanted(said, _ENOUGH) or _says(said, _NEEDLESS)):
        return True
    place = _at(said, _WRITE_ME)
    return place is not None and _refused(said, place) and not _says(said, _ENOUGH)


def _forgets(said: Words) -> bool:
    if _says(said, _WHY) or _says(said, _DOCUMENT) or not _says(said, _ABOUT_ME):
        return False
    return _wanted(said, _ERASE) or (_wanted(said, _ERASED) and _says(said, _SO_THAT))


def _takes_back(said: Words) -> bool:
    """What somebody wants called off by its name is a question about it, not what was just asked."""
    return len(said) <= _BRIEF and _says(said, _CANCEL) and not _says(said, (*_DOCUMENT, *_BOOKING))


def _wanted(said: Words, table: Table) -> bool:
    """Tell whether one of the entries is said without a no shortly before it."""
    place = _at(said, table)
    return place is not None and not _refused(said, place)


def _refused(said: Words, place: int) -> bool:
    return _says(said[max(0, place - 2) : place], _NO)


def _says(said: Words, table: Table) -> bool:
    return _at(said, table) is not None


def _at(said: Words, table: Table) -> int | None:
    """Return where the first entry of a table that is said letter by letter begins."""
    for place in range(len(said)):
        for entry in table:
            words = said[place : place + len(entry)]
            if len(words) == len(entry) and all(map(_same, words, entry)):
                return place
    return None


def _same(word: str, wanted: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted
