"""Deep links to the bot: `https://t.me/<bot>?start=<payload>`."""

import re
from urllib.parse import parse_qs, urlsplit

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")


class LinkError(ValueError):
    """The text is not a deep link that the messenger would open; the message says why."""


def start_payload(link: str, username: str) -> str:
    """Return the payload of a link to the bot of that name, empty where it has none; raise LinkError."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        raise LinkError("this is not a link") from None
    if parts.scheme not in {"http", "https"} or parts.netloc not in {"t.me", "telegram.me"}:
        raise LinkError("this is not a link to a bot (https://t.me/<bot>?start=<payload>)")
    if parts.path.strip("/").lower() != username.lower():
        raise LinkError("this link is for another bot")
    payload = parse_qs(parts.query).get("start", [""])[0]
    if _PAYLOAD.fullmatch(payload) is None:
        raise LinkError("a start payload is at most 64 letters, digits, '_' and '-'")
    return payload
