"""Links that bring people to us with a payload: how one account's are made, and how all of them are read."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

_PAYLOAD = r"([A-Za-z0-9_-]{1,64})(?![A-Za-z0-9_-])"
_SAMPLE = "PAYLOAD"
_NONE = re.compile(r"(?!)")


class Invitation(Protocol):
    """Makes links that open the conversation with one account, or a page that leads there."""

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along: 1 to 64 of `[A-Za-z0-9_-]`."""
        ...


@dataclass(frozen=True)
class Links:
    """The links that an account makes, where its public name is known, and those that it reads.

    `served` are those of all accounts that carry messages, by account in the agency's order.
    """

    own: Invitation | None = None
    pattern: re.Pattern[str] = _NONE
    served: Mapping[str, Invitation] = field(default_factory=dict)

    def payload_in(self, text: str) -> str | None:
        """Return the payload of the first link in a text that one of us made; None where there is none."""
        found = self.pattern.search(text)
        return None if found is None else next(payload for payload in found.groups() if payload is not None)


NO_LINKS = Links()


def links_of(
    own: Invitation | None, read: Iterable[Invitation], served: Mapping[str, Invitation] | None = None
) -> Links:
    """Return the links of one account that reads those of others too.

    A link is known by the name of the parameter that holds its payload, whatever application or host it is
    for, as people get it in more than one form; where the payload stands in the path, by all before it.
    """
    forms = dict.fromkeys(_form(invitation.link(_SAMPLE)) for invitation in read)
    return Links(own, re.compile("|".join(forms)) if forms else _NONE, served or {})


def _form(sample: str) -> str:
    names = [name for name, value in parse_qsl(urlsplit(sample).query) if value == _SAMPLE]
    if names:
        return rf"[?&]{re.escape(names[0])}={_PAYLOAD}"
    before = urlsplit(sample)._replace(scheme="").geturl().removeprefix("//").partition(_SAMPLE)[0]
    return re.escape(before) + _PAYLOAD
