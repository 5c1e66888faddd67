"""In which language somebody asks."""

from collections.abc import Sequence
from urllib.parse import parse_qs

from starlette.types import Scope

from runtime.process.languages import preferred

_LONGEST_QUERY = 100


def asked_for(scope: Scope, languages: Sequence[str]) -> str:
    """Return the language of a request: the one that its query names, else the one that a browser prefers."""
    query: bytes = scope["query_string"]
    if len(query) <= _LONGEST_QUERY:
        (chosen, *_) = parse_qs(query.decode("latin-1")).get("lang", [""])
        if chosen in languages:
            return chosen
    given: bytes = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    return preferred(given.decode("latin-1"), languages)
