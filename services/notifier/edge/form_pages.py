"""The pages on which an address is given, confirmed and ended: plain forms, without a script or a cookie.

None of them depends on whether a secret, an address or a code is known.
"""

from collections.abc import Sequence

from contracts.channels import CHANNELS
from contracts.links import CONFIRM_PATH
from services.notifier.domain.preferences import Detail
from services.notifier.edge.pages import Pages, Words, filled, html_of, items

_DESCRIBED = ' aria-invalid="true" aria-describedby="problem"'


class FormPages:
    """The pages in each language; those beside them are `pages`."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.security_policy = pages.security_policy.replace("form-action 'none'", "form-action 'self'")

    @property
    def languages(self) -> Sequence[str]:
        """The languages that there are, the first one for everybody else."""
        return self._pages.languages

    def missing(self, language: str) -> bytes:
        """Return the page for an address that is none of ours."""
        return self._pages.missing(language)

    def form(
        self, language: str, channel: str, *, typed: str = "", detail: Detail = "news", wrong: bool = False
    ) -> bytes:
        """Return the form for an address of a channel; again with what was `typed` if that was `wrong`."""
        words, kind = self._pages.words(language), CHANNELS[channel]
        by_code = kind.confirmed_by == "code"
        facts = (
            words.say("First we ask at that address whether it is yours. Only then do we write there."),
            words.say("We keep the address and your language until you end it: each message says how."),
            words.say("We do not need your name."),
        )
        problem = words.say("We cannot write to this phone number. Write it with its country: +380 …")
        if not by_code:
            problem = words.say("This is no e-mail address. It looks like name@example.com.")
        content = filled(
            "form.html",
            lead=words.say(
                "{agency} will write to you about each step: what is happening with your document, "
                "what comes next and what you need to do.",
                agency=words.agency,
            ),
            problem=_problem(problem) if wrong else "",
            label=words.say("Your phone number") if by_code else words.say("Your e-mail address"),
            kind="tel" if by_code else "email",
            auto="tel" if by_code else "email",
            value=html_of(typed),
            described=_DESCRIBED if wrong else "",
            how_much=words.say("How much may we write there?"),
            news=words.say("Only that there is news. Others may see your screen or your mailbox."),
            all=words.say("Everything: the document, its stage and the office."),
            news_checked="" if detail == "all" else " checked",
            all_checked=" checked" if detail == "all" else "",
            send=words.say("Send me a code") if by_code else words.say("Send me a link"),
            good_to_know=words.say("Good to know"),
            facts=items(facts),
        )
        return self._page(words, words.say("Messages by {messenger}", messenger=kind.title), content)

    def spent(self, language: str, channel: str) -> bytes:
        """Return the page for when no more messages of a channel are paid for in this month."""
        words, kind = self._pages.words(language), CHANNELS[channel]
        content = _paragraphs(
            words.say(
                "We have sent as many messages by {messenger} as we may in this month, "
                "so none was sent to you.",
                messenger=kind.title,
            ),
            words.say("Scan the code on your receipt once more and choose another way, please."),
            words.say("From the first day of next month on this way works again."),
        )
        return self._page(words, words.say("No more this month"), content)

    def after(self, channel: str, secret: str, language: str) -> str:
        """Return where a form leads once it was sent, seen from it: the same for whatever came of it."""
        place = channel if CHANNELS[channel].confirmed_by == "link" else f"{channel}/{secret}"
        return f"../..{CONFIRM_PATH}{place}?lang={language}"

    def sent(self, language: str) -> bytes:
        """Return the page that says where to look for the link."""
        words = self._pages.words(language)
        content = _paragraphs(
            words.say("If your receipt is good, a letter is on its way to you. Its link works for a day."),
            words.say("Nothing came? Look into the folder for unwanted mail, and check the address."),
            words.say("We send no more than three letters a day to one address."),
        )
        return self._page(words, words.say("Look into your mailbox"), content)

    def code(self, language: str, *, wrong: bool = False) -> bytes:
        """Return the form for the code that was sent; again where it was `wrong`."""
        words = self._pages.words(language)
        problem = words.say("This code is not right, or too old, or too many were tried.")
        content = filled(
            "code_form.html",
            lead=words.say("If your receipt is good, a message with a code is on its way to your phone."),
            problem=_problem(problem) if wrong else "",
            label=words.say("The six digits of the code"),
            described=_DESCRIBED if wrong else "",
            send=words.say("Confirm"),
            nothing_came=words.say(
                "Nothing came? Check the number. We send no more than three messages a day to one number, "
                "and a code works for half an hour. If you have sent us STOP, send START first."
            ),
        )
        return self._page(words, words.say("Type the code"), content, codes=True)

    def confirm(self, language: str) -> bytes:
        """Return the page of a link in a letter: the button does what it is for, as letters are scanned."""
        words = self._pages.words(language)
        lead = words.say(
            "Press the button if you want {agency} to write to this address.", agency=words.agency
        )
        content = filled("button_form.html", lead=lead, send=words.say("Yes, write to me"))
        return self._page(words, words.say("Is this address yours?"), content)

    def confirmed(self, language: str) -> bytes:
        """Return the page that follows."""
        words = self._pages.words(language)
        content = _paragraphs(words.say("Thank you. Now we send you a message: it says what came of it."))
        return self._page(words, words.say("Done"), content)

    def unconfirmed(self, language: str) -> bytes:
        """Return the page of a link that leads to nothing."""
        words = self._pages.words(language)
        content = _paragraphs(
            words.say("This link is wrong or too old: each works for a day."),
            words.say("To get a new one, scan the code on your receipt once more."),
        )
        return self._page(words, words.say("This link does not work"), content)

    def unsubscribe(self, language: str) -> bytes:
        """Return the page that ends an address by its button."""
        words = self._pages.words(language)
        lead = words.say("Shall we stop writing to this address? Your other ways stay as they are.")
        content = filled("button_form.html", lead=lead, send=words.say("Yes, stop"))
        return self._page(words, words.say("Stop the messages"), content)

    def unsubscribed(self, language: str) -> bytes:
        """Return the page that follows, whatever was to be ended."""
        words = self._pages.words(language)
        content = _paragraphs(
            words.say("We will not write to that address any more."),
            words.say("If it was your only address with us, we keep nothing about you."),
            words.say("If you change your mind, scan the code on your receipt again."),
        )
        return self._page(words, words.say("Done"), content)

    def later(self, language: str) -> bytes:
        """Return the page for when it cannot be done now."""
        words = self._pages.words(language)
        content = _paragraphs(words.say("Nothing is lost. Please try again in a few minutes."))
        return self._page(words, words.say("This cannot be done right now"), content)

    def _page(self, words: Words, title: str, content: str, *, codes: bool = False) -> bytes:
        return words.page(title, content, codes=codes).substitute().encode()


def _problem(text: str) -> str:
    return f'<p class="problem" id="problem" role="alert">{text}</p>\n'


def _paragraphs(*texts: str) -> str:
    first, *rest = texts
    return "\n".join((f'<p class="lead">{first}</p>', *(f"<p>{text}</p>" for text in rest)))
