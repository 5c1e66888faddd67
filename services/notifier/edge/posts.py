"""What a browser posts: short, read once, and from where, as far as that can be known."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.types import Receive, Scope

from runtime.process.forms import body_of
from runtime.process.sources import source_of

LONGEST_BODY = 4096
_FIELDS = 10


@dataclass(frozen=True)
class Post:
    """The fields of a form, and the network that it came from; None where that cannot be known."""

    values: Mapping[str, str]
    source: str | None


async def posted(scope: Scope, receive: Receive) -> Post:
    """Return what was posted, as a form or by a mailbox that ends an address.

    Raises RefusedError where it is too long or too slow, or nobody waits for the answer.
    """
    body = await body_of(Request(scope, receive), LONGEST_BODY, media_type=None)
    return Post(_values(body), source_of(scope))


def _values(body: bytes) -> Mapping[str, str]:
    try:
        found = parse_qs(body.decode(), max_num_fields=_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
