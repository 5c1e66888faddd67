"""The forms of the settings, each as what it is in a chat: buttons that are tapped, words that are typed."""

import re
from collections.abc import Mapping, Sequence
from datetime import time
from uuid import UUID

from babel.core import Locale

from services.notifier.domain import time_zones
from services.notifier.domain.incoming import Body, Said, Tapped
from services.notifier.domain.quiet_hours import OwnHours
from services.notifier.wording.keyboard import callback_data

LONGEST = 120
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?")


def bodies_of(fields: Mapping[str, str]) -> Sequence[Body]:  # noqa: PLR0911 - one return a form
    """Return what a form does; nothing for one that is none of ours."""
    value = fields.get("value", "")[:LONGEST].strip()
    match fields.get("what"):
        case "language":
            return (_tap(callback_data.language(value)),)
        case "quiet":
            start, end = _clock(fields.get("from", "")), _clock(fields.get("until", ""))
            return () if start is None or end is None else (_tap(callback_data.quiet(OwnHours(start, end))),)
        case "quiet_usual":
            return (_tap(callback_data.quiet(None)),)
        case "quiet_never":
            return (_tap(callback_data.quiet(OwnHours(time(0), time(0)))),)
        case "zone" if value:
            return (_tap(callback_data.ZONE_TYPED), Said(value))
        case "phrase" if value:
            return (_tap(callback_data.PHRASE_TYPED), Said(value))
        case "no_phrase":
            return (_tap(callback_data.NO_PHRASE),)
        case "name":
            return _name(fields.get("subscription", ""), value)
        case _:
            return ()


def cities(locale: Locale) -> Sequence[str]:
    """Return the cities that are offered, as they are called in a language."""
    return [time_zones.city_of(zone, locale) for zone in time_zones.COMMON]


def _name(subscription: str, value: str) -> Sequence[Body]:
    try:
        document = UUID(subscription)
    except ValueError:
        return ()
    if not value:
        return (_tap(callback_data.about("unname", document)),)
    return (_tap(callback_data.about("name", document)), Said(value))


def _tap(data: str) -> Tapped:
    return Tapped(data[: callback_data.LONGEST], None, "")


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    return None if found is None else time(int(found[1]), int(found[2]))
