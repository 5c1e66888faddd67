"""The page's templates, which escape all that is put in, and its static files, each below its own digest."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.notifier.page.views.markup import html_of, paragraphs_of
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard.buttons import language_name

STATIC_PATH = "/p/static"
MEDIA_TYPES: Mapping[str, str] = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_DIGEST = 16


@dataclass(frozen=True)
class Asset:
    """One static file."""

    content: bytes
    media_type: str
    digest: str


def load_assets(
    package: str = "services.notifier.page.views", names: Mapping[str, str] = MEDIA_TYPES
) -> Mapping[str, Asset]:
    """Read the static files of a package, by their names."""
    found = {}
    for name, media_type in names.items():
        content = files(package).joinpath("static", name).read_bytes()
        found[name] = Asset(content, media_type, hashlib.sha256(content).hexdigest()[:_DIGEST])
    return found


@dataclass(frozen=True)
class Templates:
    """Renders for one public address."""

    public_url: str
    assets: Mapping[str, Asset] = field(default_factory=load_assets)

    @cached_property
    def base(self) -> str:
        """Return the path below which everything is."""
        return urlsplit(self.public_url).path

    @cached_property
    def _environment(self) -> Environment:
        made = Environment(
            loader=PackageLoader("services.notifier.page.views"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        made.globals.update(
            asset=self.asset,
            base=self.base,
            public_url=self.public_url,
            html=html_of,
            paragraphs=paragraphs_of,
            once=_once,
        )
        return made

    def render(self, name: str, speech: Speech, values: Mapping[str, object]) -> str:
        """Return a template filled in, in somebody's words."""
        catalogue = speech.catalogue
        return self._environment.get_template(name).render(
            language=speech.language,
            languages=[(code, language_name(code)) for code in catalogue.agency.languages],
            agency=speech.pick(catalogue.agency.name),
            say=partial(_say, speech),
            count=partial(_count, speech),
            **values,
        )

    def asset(self, name: str) -> str:
        """Return the path of a static file, another one whenever its content is."""
        return f"{self.base}{STATIC_PATH}/{self.assets[name].digest}/{name}"


def _say(speech: Speech, sentence: str, **values: object) -> Markup:
    if values:
        return html_of(speech.say(sentence, **values))
    return speech.once(("html", sentence), lambda: html_of(speech.say(sentence)))


def _count(speech: Speech, one: str, many: str, n: int) -> Markup:
    return html_of(speech.count(one, many, n))


def _once() -> str:
    """Return what tells two posts of one form from two forms."""
    return secrets.token_urlsafe(9)
