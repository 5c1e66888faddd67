"""Invented people: first names by language, and an initial, never a surname."""

from collections.abc import Mapping
from random import Random

FIRST_NAMES: Mapping[str, tuple[str, ...]] = {
    "uk": (
        *("Олена", "Андрій", "Ірина", "Тарас", "Оксана", "Богдан", "Марія", "Остап", "Наталія", "Юрій"),
        *("Соломія", "Дмитро", "Леся", "Назар", "Ганна", "Роман", "Дарина", "Максим", "Віра", "Степан"),
    ),
    "ru": (
        *("Анна", "Сергей", "Светлана", "Алексей", "Татьяна", "Павел", "Вера", "Никита", "Елена", "Илья"),
    ),
    "en": (*("Amara", "Daniel", "Grace", "Omar", "Mei", "Lucas", "Priya", "Jonas", "Leyla", "Samuel"),),
}
_SHARES = {"uk": 70, "ru": 20, "en": 10}
_INITIALS = {"uk": "БВГДЖЗКЛМНПРСТХШЯ", "ru": "БВГДЖЗКЛМНПРСТХШЯ", "en": "ABCDEFGHKLMNPRSTW"}


def language_of_someone(random: Random) -> str:
    """Return a language as common as among the agency's visitors."""
    return random.choices(tuple(_SHARES), tuple(_SHARES.values()))[0]


def first_name(random: Random, language: str) -> str:
    """Return a first name usual in that language."""
    return random.choice(FIRST_NAMES[language])


def holder(random: Random, name: str, language: str) -> str:
    """Return how the desk writes a holder on a receipt: first name and initial."""
    return f"{name} {random.choice(_INITIALS[language])}."
