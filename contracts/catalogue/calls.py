"""How an agency calls people by phone whom no message reached: when, in which languages, how often."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from contracts.catalogue.entries import Entry
from contracts.catalogue.values import written_duration
from contracts.messages.base import Code

PLACES = ("event_id", "receipt_id")
"""What stands in braces in a link: the publisher's own name of the event, or of the receipt."""
_PLACE = re.compile(r"\{([^{}]*)\}")
_LONGEST_LINK = 1000


def link_template(template: str) -> str:
    """Return an address of a back office with a place for its own reference, or raise ValueError."""
    if len(template) > _LONGEST_LINK or re.search(r"[\x00-\x20\x7f\\\"'<>`]", template):
        raise ValueError(f"must be an address of at most {_LONGEST_LINK} letters without spaces or quotes")
    try:
        parts = urlsplit(template)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is no address; one looks like 'https://office.example/cases/{event_id}'") from None
    if parts.scheme != "https" or not host or "@" in parts.netloc:
        raise ValueError("must begin with https:// and a host, without a user's name")
    if "{" in parts.netloc or "}" in parts.netloc:
        raise ValueError("has a place within the host; places stand behind it")
    places = _PLACE.findall(template)
    unknown = sorted(set(places) - set(PLACES))
    if unknown or "{" in _PLACE.sub("", template) or "}" in _PLACE.sub("", template):
        raise ValueError("has braces around something else than {event_id} or {receipt_id}")
    if not places:
        raise ValueError("has no place for what to open: {event_id} or {receipt_id}")
    return template


Duration = Annotated[timedelta, written_duration]
Link = Annotated[str, AfterValidator(link_template)]
PublisherName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$")]


class CallTerms(Entry):
    """When people are called by phone whom no message reached, and how often.

    Calls are made in `hours` (OpenStreetMap's `opening_hours`, the agency's holidays and time zone), in
    `languages` (none: all of the agency's), about `stages` (none: those that ask something of people). After
    `tries` without an answer nobody calls again; before each further try there is a pause, of `pauses` the
    first, the second, and then always the last. Who could not be told more than `days` ago is not called.
    `links` are addresses of back offices by publisher, with `{event_id}` or `{receipt_id}` in them: there the
    caller finds the number, which is kept nowhere here.
    """

    hours: Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
    languages: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")], ...] = ()
    stages: tuple[Code, ...] = ()
    tries: int = Field(default=3, ge=1, le=20)
    pauses: tuple[Duration, ...] = Field(default=(timedelta(hours=2), timedelta(days=1)), min_length=1)
    days: int = Field(default=14, ge=1, le=365)
    links: Mapping[PublisherName, Link] = Field(default_factory=dict)
