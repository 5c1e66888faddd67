"""The links that hand a secret over to us: deep links of channels, and the public one on receipts.

What carries such a link (a receipt, a page, a message, a photo of any) is made and understood by these forms.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator

from contracts.catalogue import Agency
from contracts.channels import CHANNELS

RECEIPT_PATH = "/r/"
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
"""The token of a receipt: 128 bits."""
JOINING = re.compile(r"j-[A-Za-z0-9_-]{22}")
"""The secret by which somebody adds an address of theirs: 128 bits, and never the token of a receipt."""
CONFIRM_PATH = "/c/"
UNSUBSCRIBE_PATH = "/u/"
UNSUBSCRIBING = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""The secret that ends an address: 256 bits, the last letter with the two bits that are over at 0."""
_LONGEST_URL = 200
_URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_KEYS = "|".join(
    found[1] for kind in CHANNELS.values() if (found := re.search(r"(\w+)=\{secret\}", kind.link))
)
_DEEP = re.compile(rf"[?&](?:{_KEYS})=([A-Za-z0-9_-]{{1,64}})(?![A-Za-z0-9_-])")
# Bounded, so that a text of nothing but beginnings of addresses is read in a moment, too.
_PAGE = re.compile(
    rf"https?://[^\s?#]{{1,{_LONGEST_URL}}}"
    rf"{RECEIPT_PATH}(?:(?:[a-z]{{1,32}}/)?({TOKEN.pattern})|[a-z]{{1,32}}/({JOINING.pattern}))(?![A-Za-z0-9_/-])",
    re.IGNORECASE,
)


def _public_url(url: str) -> str:
    if len(url) > _LONGEST_URL or _URL.fullmatch(url) is None:
        raise ValueError("must be like https://docs.agency.example, perhaps with a path")
    return url.rstrip("/")


PublicUrl = Annotated[str, AfterValidator(_public_url)]
"""The outer address of the notifier's public edge, without a slash at its end."""


def deep_link(channel: str, name: str, secret: str) -> str:
    """Return the link that opens the conversation with a bot and hands it a secret; KeyError for no channel.

    Args:
        channel: the code of one that has links of its own.
        name: the bot's public name.
        secret: what is handed over, 1 to 64 of `A-Z a-z 0-9 _ -`.
    """
    return CHANNELS[channel].link.format(name=quote(name, safe=""), secret=secret)


def deep_links(agency: Agency, secret: str) -> Mapping[str, str]:
    """Return the deep links of all messengers that the agency offers, by channel in its order."""
    return {
        terms.channel: deep_link(terms.channel, terms.name, secret)
        for terms in agency.offered
        if not CHANNELS[terms.channel].on_page
    }


def home_link(public_url: str) -> str:
    """Return the link to the citizen's page, which names nobody."""
    return f"{public_url}/"


def public_link(public_url: str, token: str) -> str:
    """Return the link on a receipt that leads to the page with all channels."""
    return f"{public_url}{RECEIPT_PATH}{token}"


def page_link(public_url: str, channel: str, secret: str) -> str:
    """Return the link to our page for one channel, whose own links are none of the web, or which has none."""
    return f"{public_url}{RECEIPT_PATH}{channel}/{secret}"


def confirm_link(public_url: str, secret: str) -> str:
    """Return the link by which the owner of an address confirms that it is theirs."""
    return f"{public_url}{CONFIRM_PATH}{secret}"


def unsubscribe_link(public_url: str, secret: str) -> str:
    """Return the link that ends the address to which it was sent."""
    return f"{public_url}{UNSUBSCRIBE_PATH}{secret}"


def secret_in(text: str) -> str | None:
    """Return what the first of our links in a text hands over; None where there is none.

    Whose bot or host it names does not matter: the secret alone says whether it is ours.
    """
    matches = [match for pattern in (_DEEP, _PAGE) if (match := pattern.search(text))]
    return next(filter(None, min(matches, key=lambda match: match.start()).groups())) if matches else None


def names_of(agency: Agency) -> Sequence[tuple[str, str]]:
    """Return the messengers that the agency offers and what people read as the names of its bots there."""
    return [
        (CHANNELS[terms.channel].title, CHANNELS[terms.channel].called.format(name=terms.name))
        for terms in agency.offered
        if not CHANNELS[terms.channel].on_page
    ]
