"""Time zones by name, and by what people call the city they live in."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel.core import Locale, get_global

COMMON = (
    "Europe/Kyiv",
    "Europe/Warsaw",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Istanbul",
    "Asia/Tbilisi",
    "Asia/Jerusalem",
    "America/New_York",
    "America/Los_Angeles",
)
"""Where many of those live who wait for a document."""
_SPOKEN = ("uk", "ru", "en", "pl", "de")
_SHORTEST_BEGINNING = 4
# Large cities that no zone is called after.
_OTHERS = {
    "Europe/Kyiv": "Харків Харьков Kharkiv Одеса Одесса Odesa Дніпро Днепр Dnipro Львів Львов Lviv",
    "Europe/Warsaw": "Краків Краков Kraków Вроцлав Wrocław Гданськ Гданьск Gdańsk Познань Poznań",
    "Europe/Berlin": "Мюнхен Munich München Гамбург Hamburg Франкфурт Frankfurt Кельн Кёльн Cologne Köln",
    "Europe/Rome": "Мілан Милан Milan Milano Неаполь Naples Napoli",
    "Europe/Madrid": "Барселона Barcelona Валенсія Валенсия Valencia",
    "Europe/Prague": "Брно Brno",
    "Asia/Jerusalem": "Хайфа Haifa",
    "America/Toronto": "Оттава Ottawa Монреаль Montreal",
    "America/New_York": "Вашингтон Washington Бостон Boston Маямі Майами Miami",
}


@lru_cache(maxsize=1024)
def zone_of(name: str | None) -> ZoneInfo | None:
    """Return the zone of that name; None for no name and for one that there is not."""
    if name is None or "/" not in name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def city_of(name: str, locale: Locale) -> str:
    """Return what a zone's city is called in a language."""
    names = locale.time_zones.get(name) or locale.time_zones.get(_former_name(name)) or {}
    return str(names.get("city") or name.rpartition("/")[2].replace("_", " "))


def offset_of(name: str, at: datetime) -> str:
    """Return how far a zone's clocks are from Greenwich at an instant: `UTC+2`, `UTC+5:30`."""
    offset = at.astimezone(ZoneInfo(name)).utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def find(typed: str) -> str | None:
    """Return the zone of the city that somebody typed, in any of the languages; None for an unknown one.

    The beginning of a name is enough where it is long and leads to one zone only.
    """
    wanted = _plain(typed)
    cities = _cities()
    if wanted in cities:
        return cities[wanted]
    if len(wanted) < _SHORTEST_BEGINNING:
        return None
    zones = {zone for city, zone in cities.items() if city.startswith(wanted)}
    return zones.pop() if len(zones) == 1 else None


@lru_cache(maxsize=1024)
def _former_name(name: str) -> str | None:
    """Return what a zone was called before; some locales know it by that only."""
    aliases: Mapping[str, str] = get_global("zone_aliases")
    return next((former for former, now in aliases.items() if now == name), None)


@lru_cache(maxsize=1)
def _cities() -> Mapping[str, str]:
    """Return every city that a zone is called after, in plain letters; the common zones win."""
    table: dict[str, str] = {}
    current: Mapping[str, str] = get_global("zone_aliases")
    locales: Sequence[Locale] = [Locale.parse(language) for language in _SPOKEN]
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    for name in (*COMMON, *names):
        table.setdefault(_plain(name.rpartition("/")[2]), current.get(name, name))
        for locale in locales:
            table.setdefault(_plain(city_of(name, locale)), current.get(name, name))
    for name, others in _OTHERS.items():
        table.update((_plain(city), name) for city in others.split())
    return table


def _plain(text: str) -> str:
    """Return letters and digits only, small, without accents: `São Paulo` and `sao paulo` are the same."""
    plain = unicodedata.normalize("NFKD", text[:100].casefold().replace("ё", "е"))
    return "".join(character for character in plain if character.isalnum())
