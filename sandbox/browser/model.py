"""What a phone's browser keeps, and what it shows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Browser:
    """A citizen's browser: its cookies of the page, and the keys of its subscription as hexadecimal digits.

    `subscription` is its id with the push service at `origin`, empty where it has none; `silent`: its owner
    wants no pushes.
    """

    citizen_id: int
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    subscription: str = ""
    origin: str = ""
    private: str = field(default="", repr=False)
    auth: str = field(default="", repr=False)
    application_key: str = ""
    silent: bool = False
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What came up on a phone's screen; ids count up for each citizen."""

    citizen_id: int
    message_id: int
    title: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BrowserChanged:
    """A browser is as it is now."""

    browser: Browser


@dataclass(frozen=True, slots=True)
class CameUp:
    """Something came up on a screen."""

    shown: Shown


Event = BrowserChanged | CameUp
