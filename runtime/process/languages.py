"""Which of our languages a browser prefers."""

import re
from collections.abc import Sequence

_LONGEST = 500
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def preferred(header: str, languages: Sequence[str]) -> str:
    """Return the one of our languages that an `Accept-Language` puts first, or our first one.

    Args:
        header: the field's value, whatever stands in it; what is not understood is passed over.
        languages: ours, as `uk`; `uk-UA` asks for it as well.
    """
    best, quality = languages[0], 0.0
    for part in header[:_LONGEST].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().partition("-")[0].lower()
        asked = languages[0] if language == "*" else language
        weight = _weight(parameters)
        if asked in languages and weight > quality:
            best, quality = asked, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    return float(value) if _QUALITY.fullmatch(value.strip()) else 0.0
