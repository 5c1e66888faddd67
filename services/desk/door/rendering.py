"""How a handler answers: by a template of its room, within the layout of all pages, in the reader's language.

A room `services.desk.NAME` has its templates in `templates/`, named `NAME/file.html`, its static files in
`static/`, named likewise by `asset('NAME/file.js')`, and its sentences in `locales/LANGUAGE/NAME.po`. Each
template begins with `{% extends 'door/layout.html' %}` and fills the blocks `title`, `head` and `main`; in it
are `say(sentence, **values)`, `count(one, many, n)`, `asset(name)`, `at(path)`, `csrf`, `nonce`, `viewer`,
`language`. A form posts `{{ proof() }}` along.
"""

from starlette.responses import Response

from services.desk.door.routes import Asked


def render(asked: Asked, template: str, /, *, status: int = 200, **values: object) -> Response:
    """Return a page made of a template; every value is escaped, and a missing one is an error."""
    return asked.view.page(asked, template, values, status)


def part(asked: Asked, template: str, /, **values: object) -> str:
    """Return a part of a page as HTML, as a script puts it into one that is open."""
    return asked.view.part(asked, template, values)


def goes(asked: Asked, path: str) -> Response:
    """Send the browser to one of our paths by GET, as it should be after every form."""
    return asked.view.goes(path)


def say(asked: Asked, sentence: str, /, **values: object) -> str:
    """Return a sentence of the room's in the language of who asks, as plain text."""
    return asked.view.words(asked.language, sentence, values)
