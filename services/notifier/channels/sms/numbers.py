"""Telephone numbers in E.164: as people type them, and as providers write them.

Only what can take a text and costs nobody extra is a number to write to: no landline, no premium line.
"""

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST = 40
_WRITTEN = re.compile(r"(?:\+|00)?([1-9][0-9]{6,14})")
_BETWEEN = re.compile(r"[\s().\-\u2010-\u2015\u00a0]+")
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def typed_number(text: str, country: str | None) -> str | None:
    """Return the mobile number that a person typed, in E.164 with `+`; None where it is none.

    `country` (ISO 3166) is whose number it is where it does not say so itself; None: it must.
    """
    if len(text) > _LONGEST:
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def written_number(text: str) -> str | None:
    """Return the number that a provider wrote with its country, `+` or not; None for names and short ones."""
    found = _WRITTEN.fullmatch(_BETWEEN.sub("", text[:_LONGEST]))
    return None if found is None else f"+{found[1]}"
