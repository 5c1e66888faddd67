"""The pages of the edge: all that is on them but the token is put together once, at start.

Nothing on a page comes from elsewhere, and none of it depends on whether a token is known, used or revoked.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from itertools import starmap
from string import Template

import segno

from contracts.catalogue import Agency
from contracts.channels import CHANNELS, WEB
from contracts.links import deep_links, names_of
from services.notifier.wording.i18n import Voice

_HELD = "token"
_MASK = 3
"""Any mask can be read; choosing the best of eight would cost five times as much."""


class Pages:
    """The two pages in each language of the agency, its first one for whoever reads none of them."""

    def __init__(self, voice: Voice, agency: Agency, public_url: str) -> None:
        """Take the texts, the channels, and the outer address, by which people know that it is us."""
        self._agency = agency
        style = _part("page.css")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self.security_policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self._words = {
            language: Words(voice, agency, language, public_url, style) for language in voice.languages
        }
        words = self._words.values()
        self._invitations = {
            (one.language, codes): one.invitation(codes=codes) for one in words for codes in (True, False)
        }
        self._joinings = {
            (one.language, channel, codes): one.joining(channel, codes=codes)
            for one in words
            for channel in deep_links(agency, _HELD)
            for codes in (True, False)
        }
        self._missing = {one.language: one.missing().substitute().encode() for one in words}
        self._home = {one.language: one.home().substitute().encode() for one in words}

    @property
    def languages(self) -> Sequence[str]:
        """The languages that there are, the first one for everybody else."""
        return self._agency.languages

    def invitation(self, language: str, token: str, *, codes: bool) -> bytes:
        """Return the page behind a receipt's code.

        Args:
            language: one of `languages`.
            token: the receipt's, of `A-Z a-z 0-9 _ -`.
            codes: whether to draw the codes to scan, which is most of the work.
        """
        return self._filled_in(self._invitations[language, codes], token, codes=codes)

    def joining(self, language: str, channel: str, secret: str, *, codes: bool) -> bytes | None:
        """Return the page that opens a channel where somebody adds an address; None where it is not ours."""
        page = self._joinings.get((language, channel, codes))
        return None if page is None else self._filled_in(page, secret, codes=codes)

    def _filled_in(self, page: Template, secret: str, *, codes: bool) -> bytes:
        drawn = deep_links(self._agency, secret).items() if codes else ()
        values = {_code_of(channel): _code(link) for channel, link in drawn}
        return page.substitute(values, **{_HELD: secret}).encode()

    def missing(self, language: str) -> bytes:
        """Return the page for any other address."""
        return self._missing[language]

    def home(self, language: str) -> bytes:
        """Return the page that opens what was not told in full."""
        return self._home[language]

    def words(self, language: str) -> "Words":
        """Return what is said in one of `languages`."""
        return self._words[language]


class Words:
    """What pages say in one language."""

    def __init__(self, voice: Voice, agency: Agency, language: str, public_url: str, style: str) -> None:
        self.language = language
        self._voice = voice
        self._agency = agency
        self._gettext = voice.speech(language).translations.gettext
        self._public_url = public_url
        self._style = style

    def say(self, sentence: str, **values: str) -> str:
        """Return a sentence as HTML that has no `$`."""
        return html_of(self._gettext(sentence).format_map(values))

    def invitation(self, *, codes: bool) -> Template:
        """Return the page that offers the channels, with or without codes to scan."""
        facts = (
            self.say("First the bot asks whether you want the messages. You can stop them at any time."),
            self.say("We do not need your name or your phone number.")
            if not any(CHANNELS[terms.channel].confirmed_by for terms in self._agency.offered)
            else self.say(
                "We do not need your name. We need a number or an address only if you want SMS or e-mail."
            ),
            self.say("If the code was used or replaced, the bot says so. The office then gives you another."),
        )
        content = filled(
            "invitation.html",
            what_comes=self.say(
                "{agency} will write to you about each step: what is happening with your document, "
                "what comes next and what you need to do.",
                agency=self.agency,
            ),
            where=self.say("Where shall we write to you?"),
            channels="".join(self._offers()),
            nothing_opens=self.say(
                "If nothing opens, the messenger is not on this device. Choose another one, or find our bot "
                "by its name and send it the code on your receipt."
            ),
            codes=self._codes(self._links()) if codes and self._links() else "",
            good_to_know=self.say("Good to know"),
            facts=items(facts),
        )
        return self.page(self.say("Follow where your document is"), content)

    def joining(self, channel: str, *, codes: bool) -> Template:
        """Return the page that opens one channel, where somebody adds an address."""
        messenger = CHANNELS[channel].title
        facts = (
            self.say("The link works once, for a day."),
            self.say("The bot says where the link was made, and asks. Say yes only if that was you."),
        )
        content = filled(
            "invitation.html",
            what_comes=self.say(
                "Open {messenger} and say yes there. Then our messages can reach you by both ways.",
                messenger=messenger,
            ),
            where=self.say("Where shall we write to you?"),
            channels=self._channel(channel, self._links()[channel]),
            nothing_opens=self.say(
                "If nothing opens, {messenger} is not on this device.", messenger=messenger
            ),
            codes=self._codes([channel]) if codes else "",
            good_to_know=self.say("Good to know"),
            facts=items(facts),
        )
        return self.page(self.say("A second way to write to you"), content)

    def missing(self) -> Template:
        """Return the page for an address that is none of ours."""
        advice = self.say(
            "Scan the code on your receipt once more. Or find our bot by its name and send it the code that "
            "is printed there."
        )
        return self.page(self.say("This address is not complete"), f'<p class="lead">{advice}</p>')

    def home(self) -> Template:
        """Return the page that says where the news can be read."""
        content = filled(
            "home.html",
            where=self.say("You read the news where you follow your document: in your messenger."),
            anew=self.say(
                "You follow it by e-mail or SMS alone? Scan the code on your receipt once more, and choose "
                "that we may write everything there."
            ),
        )
        return self.page(self.say("News of your document"), content)

    @property
    def agency(self) -> str:
        """The agency's name, not yet as HTML."""
        return self._voice.catalogue.text(self._agency.name, self.language)

    def _offers(self) -> Iterable[str]:
        """Yield a button for each messenger, then for each channel whose addresses are given on a page."""
        yield from starmap(self._channel, self._links().items())
        for terms in self._agency.offered:
            if CHANNELS[terms.channel].confirmed_by:
                yield self._form(terms.channel)
            elif terms.channel == WEB.code:
                yield filled(
                    "channel.html",
                    link=f"{terms.channel}/${_HELD}?lang={self.language}",
                    open=self.say("Follow it here"),
                )

    def _form(self, channel: str) -> str:
        label = self.say("Write to me by {messenger}", messenger=CHANNELS[channel].title)
        link = f"{channel}/${_HELD}?lang={self.language}"
        return filled("channel.html", link=link, open=label)

    def _links(self) -> Mapping[str, str]:
        return deep_links(self._agency, f"${_HELD}")

    def _channel(self, channel: str, link: str) -> str:
        label = self.say("Open {messenger}", messenger=CHANNELS[channel].title)
        return filled("channel.html", link=escape(link), open=label)

    def _codes(self, channels: Iterable[str]) -> str:
        codes = [
            filled("code.html", code=f"${_code_of(channel)}", messenger=CHANNELS[channel].title)
            for channel in channels
        ]
        scan = self.say("At a computer? Point the camera of your phone at one of these.")
        return filled("codes.html", scan=scan, codes="".join(codes))

    def page(self, title: str, content: str, *, codes: bool = False) -> Template:
        """Return a page of ours around a content; `codes`: it asks for one that we sent."""
        bots = [
            self.say("Our bot in {messenger} is called {bot}, as on your receipt.", messenger=title, bot=bot)
            for title, bot in names_of(self._agency)
        ]
        signs = (
            self.say("The address of this page begins with {address}", address=self._public_url),
            *bots,
            self.say("We never ask for passwords or bank cards. The code that we sent is typed only here.")
            if codes
            else self.say("We never ask for passwords, bank cards or codes from a text message."),
        )
        page = filled(
            "page.html",
            language=self.language,
            title=title,
            agency=html_of(self.agency),
            style=self._style,
            change_language=self.say("Change the language"),
            languages="".join(map(self._choice, self._voice.languages)),
            content=content,
            how_to_check=self.say("How to check that this is us"),
            signs=items(signs),
        )
        return Template(page)

    def _choice(self, language: str) -> str:
        locale = self._voice.speech(language).locale
        name = html_of((locale.get_language_name(language) or language).capitalize())
        current = ' aria-current="true"' if language == self.language else ""
        return (
            f'<li><a href="?lang={language}" lang="{language}" hreflang="{language}"{current}>{name}</a></li>'
        )


def _part(name: str) -> str:
    return files("services.notifier.edge").joinpath(name).read_text("utf-8")


def filled(name: str, **values: str) -> str:
    """Return a part of a page with its values, which are HTML, put in."""
    return Template(_part(name)).substitute(values)


def html_of(text: str) -> str:
    """Return a text as HTML that has no `$`."""
    return escape(text).replace("$", "&#36;")


def items(texts: Sequence[str]) -> str:
    """Return texts, which are HTML, as items of a list."""
    return "".join(f"<li>{text}</li>" for text in texts)


def _code_of(channel: str) -> str:
    """Return by which name a template has the code that leads to a channel."""
    return f"code_{channel}"


def _code(link: str) -> str:
    """Return a QR code as inline SVG; its quiet zone is part of it."""
    code = segno.make(link, error="m", micro=False, mask=_MASK)
    picture = code.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    return picture.replace("<svg ", '<svg aria-hidden="true" ', 1)
