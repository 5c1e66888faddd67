"""The rules of signing in: how many slips, how long sessions, which logins, codes and passwords."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Stage = Literal["first", "enrol", "factor", "open"]
"""How far a sign-in is: to choose a password, to set up the second factor, to show it, done."""

LONGEST_LOGIN = 100
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISTAKEN = str.maketrans("OIL", "011", " -\u2010\u2011\u2013")
_CODE_LETTERS, _GROUP = 20, 5
_DIGITS = re.compile(r"[0-9]{6}")
STEP_SECONDS = 30
"""For how long a code of the second factor is the current one."""
DRIFT_STEPS = 1
"""By so many steps a telephone's clock may be wrong."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts may be wrong within a time that begins with the first of them."""

    most: int
    within: timedelta


OF_ACCOUNT = Limit(5, timedelta(minutes=15))
"""From browsers that never signed in to the account, all together."""
OF_DEVICE = Limit(10, timedelta(minutes=15))
"""From one browser that did: nobody else can use them up."""
OF_SOURCE = Limit(50, timedelta(minutes=15))
"""From one network, to accounts that its browsers never signed in to."""
WINDOW = max(limit.within for limit in (OF_ACCOUNT, OF_DEVICE, OF_SOURCE))


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a session is good: after the last request, in all, and while it is not open yet."""

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=12)
    step: timedelta = timedelta(minutes=10)

    def end(self, stage: Stage, now: datetime) -> datetime:
        """Return when a session ends that comes to a stage, whatever is done in it."""
        return now + (self.whole if stage == "open" else self.step)

    def good(self, seen: datetime, ends: datetime, now: datetime) -> bool:
        """Tell whether a session is good, by when it was last seen and when it ends at the latest."""
        return seen <= ends and now < ends and now - seen < self.idle


def login_of(text: str) -> str | None:
    """Return a login as it is kept, whatever its case; None where no account can have it."""
    found = unicodedata.normalize("NFKC", text[:LONGEST_LOGIN]).strip().lower()
    return found if len(text) <= LONGEST_LOGIN and _LOGIN.fullmatch(found) else None


def new_code() -> str:
    """Return a code for a first sign-in, 100 bits, in groups that can be read aloud."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _CODE_LETTERS, _GROUP))


def code_of(text: str) -> str | None:
    """Return the letters of a typed code, look-alikes put right; None where it is none."""
    if len(text) > 4 * _CODE_LETTERS:
        return None
    letters = text.upper().translate(_MISTAKEN)
    return letters if len(letters) == _CODE_LETTERS and set(letters) <= set(_ALPHABET) else None


def digits_of(text: str) -> str | None:
    """Return the six digits of a second factor; None where they are none."""
    found = "".join(text[:20].split())
    return found if _DIGITS.fullmatch(found) else None


def steps_at(now: datetime) -> range:
    """Return the steps of time whose codes are good now, the earliest first."""
    step = int(now.timestamp()) // STEP_SECONDS
    return range(step - DRIFT_STEPS, step + DRIFT_STEPS + 1)


def normal_password(text: str) -> str:
    """Return a password so that two keyboards which write the same letters mean the same."""
    return unicodedata.normalize("NFKC", text)


def length_fault(password: str) -> Literal["short", "long"] | None:
    """Tell what is wrong with the length of a password, counted in letters."""
    if len(password) < SHORTEST_PASSWORD:
        return "short"
    return "long" if len(password) > LONGEST_PASSWORD else None
