"""In which language the page speaks to somebody who is not on record."""

from collections.abc import Sequence

from starlette.requests import Request

from runtime.process.languages import preferred


def language_of(request: Request, languages: Sequence[str]) -> str:
    """Return the language that is asked for in the address, else the browser's, else our first one."""
    chosen = request.query_params.get("lang", "") if len(request.url.query) <= _LONGEST_QUERY else ""
    if chosen in languages:
        return chosen
    return preferred(request.headers.get("accept-language", ""), languages)


_LONGEST_QUERY = 200
