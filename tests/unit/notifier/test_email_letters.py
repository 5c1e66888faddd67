"""What a letter is made of: read again by another program, it is what was meant and nothing more."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from html.parser import HTMLParser
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.email.addresses import mailbox_of
from services.notifier.channels.email.html import html_of
from services.notifier.channels.email.letter import LONGEST_SUBJECT, Names, Stationery, one_line
from services.notifier.domain.messages import Attachment, Button, Message, Run
from services.notifier.wording.markup import bold, literal
from tests.integration.notifier.email_bench import FROM, marks_of, stationery

AT = datetime(2026, 11, 30, 13, 5, tzinfo=UTC)
KEY = UUID(int=7)
TO = mailbox_of("olena@mail.example")
HEAD = {
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "x-auto-response-suppress",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "content-language",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
}
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
NASTY = st.sampled_from(
    ["\r\nBcc: x@y.example", "\n\n<script>", "\x00", "=?utf-8?B?QQ==?=", "\u202e", ".\r\n", "--=_"]
)
TEXTS = st.lists(ANY | NASTY, max_size=6).map("".join)
RUNS = st.lists(st.builds(Run, TEXTS, st.booleans(), st.booleans()), max_size=5).map(tuple)
URLS = st.just("https://m.example/7?a=1&b=2") | TEXTS
ROWS = st.lists(st.builds(Button, TEXTS, url=URLS).map(lambda one: (one,)), max_size=3).map(tuple)
FILES = st.none() | st.builds(Attachment, TEXTS, st.just("text/plain") | TEXTS, TEXTS)
MESSAGES = st.builds(
    Message,
    RUNS,
    ROWS,
    attachment=FILES,
    subject=st.none() | TEXTS,
    thread=st.none() | TEXTS,
    unsubscribe=st.none() | URLS,
    language=st.sampled_from([None, "uk", "en", "xx"]) | TEXTS,
    plain=st.booleans(),
)


def parsed(letter: bytes) -> EmailMessage:
    found = message_from_bytes(letter, policy=SMTPUTF8)
    assert isinstance(found, EmailMessage)
    return found


def said(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


@given(MESSAGES)
def test_whatever_is_said_begins_no_line_of_the_head(message: Message) -> None:
    """Any message makes a letter with our fields alone, each once, and lines that every server takes."""
    letter = stationery().letter(message, TO, KEY, AT)
    found = parsed(letter)

    names = [name.lower() for name in found.keys()]  # noqa: SIM118 - a name may stand there twice
    assert len(names) == len(set(names))
    assert HEAD >= set(names)
    assert [] == [defect for part in found.walk() for defect in part.defects]
    assert max(map(len, letter.split(b"\r\n"))) <= 998
    assert b"\n" not in letter.replace(b"\r\n", b"")
    assert b"\r" not in letter.replace(b"\r\n", b"")
    assert letter.isascii()
    assert (FROM, TO.address) == (found["From"].addresses[0].addr_spec, found["To"].addresses[0].addr_spec)


class Seen(HTMLParser):
    """What a reader's program finds in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(  # noqa: D102 - named by the library
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


@given(MESSAGES)
def test_a_page_has_no_elements_but_ours(message: Message) -> None:
    """Nothing that anybody wrote is an element, a script or a picture, and links lead to the web alone."""
    seen = Seen(html_of(message, language="uk", title="x", sender="y", foot="z"))

    allowed = {"html", "head", "meta", "title", "style", "body", "div", "h1", "p", "a", "b", "i", "br"}
    assert allowed >= set(seen.tags)
    assert {"lang", "http-equiv", "content", "name", "class", "role", "style", "href"} >= seen.attributes
    assert all(link.startswith(("https://", "http://")) for link in seen.links)


def test_a_letter_says_the_same_as_text_and_as_html() -> None:
    """Paragraphs, emphasis and links are kept; the text names each link, the page shows it as a button."""
    message = Message(
        (*bold("Passport"), *literal("\nReady <now>\n\nUntil Friday: https://a.example/x?y=1&z=2.")),
        ((Button("Map", url="https://m.example/7"),),),
        subject="Passport: ready",
        language="en",
        unsubscribe="https://d.example/u/1",
    )

    letter = parsed(stationery().letter(message, TO, KEY, AT))
    page = said(letter, "html")

    assert "Passport: ready" == letter["Subject"]
    assert (
        "Passport\nReady <now>\n\nUntil Friday: https://a.example/x?y=1&z=2.\n\nMap: https://m.example/7\n\n"
        "-- \nStop these letters: https://d.example/u/1\n"
    ) == said(letter, "plain")
    assert '<html lang="en">' in page
    assert "<b>Passport</b><br>\nReady &lt;now&gt;</p>" in page
    assert 'href="https://a.example/x?y=1&amp;z=2"' in page
    assert 'href="https://m.example/7"' in page
    assert "prefers-color-scheme:dark" in page
    assert "<img" not in page
    assert ["https://a.example/x?y=1&z=2", "https://m.example/7", "https://d.example/u/1"] == Seen(page).links


def test_the_head_says_what_programs_need() -> None:
    """Date, thread, one-click stop, language and that no person wrote it stand in their own fields."""
    message = Message(literal("x"), thread="t", unsubscribe="https://d.example/u/1", language="uk")
    first, second = (parsed(stationery().letter(message, TO, UUID(int=n), AT)) for n in (1, 2))

    assert "Mon, 30 Nov 2026 13:05:00 +0000" == first["Date"]
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == first["In-Reply-To"] == second["References"]
    assert "<https://d.example/u/1>" == first["List-Unsubscribe"]
    assert "List-Unsubscribe=One-Click" == first["List-Unsubscribe-Post"]
    assert ("auto-generated", "uk") == (first["Auto-Submitted"], first["Content-Language"])
    assert "Державна служба" == first["From"].addresses[0].display_name
    assert stationery().letter(message, TO, KEY, AT) == stationery().letter(message, TO, KEY, AT)


@pytest.mark.parametrize(
    ("url", "there", "one_click"),
    [
        ("https://d.example/u/1", True, True),
        ("http://127.0.0.1:8083/u/1", True, False),
        ("mailto:x@y.example", False, False),
        ("https://d.example/u/1>\r\nBcc: x", False, False),
    ],
)
def test_one_click_is_promised_by_https_alone(url: str, there: bool, one_click: bool) -> None:  # noqa: FBT001 - of the table
    """A link that is none is left out of the head; without TLS nobody is promised one click."""
    letter = parsed(stationery().letter(Message(literal("x"), unsubscribe=url), TO, KEY, AT))

    assert (there, one_click) == ("List-Unsubscribe" in letter, "List-Unsubscribe-Post" in letter)


def test_a_plain_letter_has_no_html() -> None:
    """What goes out without markup is text alone."""
    letter = parsed(stationery().letter(Message(bold("x"), plain=True), TO, KEY, AT))

    assert ("text/plain", "x\n") == (letter.get_content_type(), said(letter, "plain"))


def test_a_file_comes_along_under_a_name_that_every_system_takes() -> None:
    """An attachment keeps its text; a name with a path or line ends in it loses them."""
    file = Attachment("../своє\r\nX: y.txt", "text/plain", "All\nthat\n")

    letter = parsed(stationery().letter(Message(literal("x"), attachment=file), TO, KEY, AT))
    (part,) = letter.iter_attachments()

    assert ".._X_y.txt" == part.get_filename()
    assert "All\nthat\n" == part.get_content().replace("\r\n", "\n")


def test_a_letter_without_a_subject_bears_the_agencys_name() -> None:
    """No subject, or one of nothing that is seen, is the sender's name in the letter's language."""
    for subject in (None, "", " \u200b\n"):
        letter = parsed(stationery().letter(Message(literal("x"), subject=subject), TO, KEY, AT))

        assert "Державна служба" == letter["Subject"]


@given(TEXTS)
def test_a_subject_is_one_line(text: str) -> None:
    """Whatever it was, it is short and has nothing in it that is not seen."""
    line = one_line(text, LONGEST_SUBJECT)

    assert len(line) <= LONGEST_SUBJECT
    assert not set(line) & set("\r\n\t\x00\u202e\u200b")


def test_a_sender_with_hostile_names_is_still_one_sender() -> None:
    """An agency's name with quotes, commas and line ends stays a name."""
    names = {"uk": Names('A", <evil@x.example>\r\nBcc: y@z.example, "B', "stop")}
    letter = Stationery(mailbox_of(FROM), names, "uk", marks_of()).letter(Message(literal("x")), TO, KEY, AT)

    assert [FROM] == [one.addr_spec for one in parsed(letter)["From"].addresses]
    assert "Bcc" not in parsed(letter)


def test_long_names_are_cut_between_words() -> None:
    """A name that takes several encoded words is the same again when read, also in a list of addresses."""
    name = "Служба документів громадян України та осіб без громадянства (приклад)"
    letter = Stationery(mailbox_of(FROM), {"uk": Names(name, "stop")}, "uk", marks_of()).letter(
        Message(literal("x"), subject=name), TO, KEY, AT
    )

    shown = parsed(letter)["From"].addresses[0].display_name
    assert one_line(name, 60) == " ".join(shown.split())
    assert name == parsed(letter)["Subject"]
