"""Deep links to the bot: `viber://pa?chatURI=<uri>&context=<anything>`."""

from urllib.parse import parse_qs, urlsplit

LONGEST_CONTEXT = 4000


class LinkError(ValueError):
    """The text is not a deep link that the messenger would open; the message says why."""


def context_of(link: str, uri: str) -> str:
    """Return the context of a link to the bot of that URI, empty where it has none; raise LinkError."""
    try:
        parts = urlsplit(link.strip())
        given = parse_qs(parts.query, max_num_fields=20)
    except ValueError:
        raise LinkError("this is not a link") from None
    if parts.scheme != "viber" or parts.netloc != "pa" or parts.path not in {"", "/"}:
        raise LinkError("this is not a link to a bot (viber://pa?chatURI=<uri>&context=<context>)")
    if given.get("chatURI", [""])[0].lower() != uri.lower():
        raise LinkError("this link is for another bot")
    context = given.get("context", [""])[0]
    if len(context) > LONGEST_CONTEXT:
        raise LinkError(f"a context has at most {LONGEST_CONTEXT} characters")
    return context
