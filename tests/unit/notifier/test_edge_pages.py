"""What stands on the pages of the edge, and in which language."""

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from contracts.links import deep_links
from runtime.process.languages import preferred
from services.notifier.edge.pages import Pages
from services.notifier.pictures.decoder import codes_in
from services.notifier.wording.i18n import Voice
from tests.unit.notifier.test_photo import saved

TOKEN = "Ab3_" * 5 + "-9"
JOINING = f"j-{TOKEN}"
URL = "https://docs.agency.example"
LANGUAGES = ("uk", "ru", "en")
MOST_BYTES = 50_000
STEP = re.compile(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?")


@pytest.fixture(scope="module")
def pages(voice: Voice) -> Pages:
    return Pages(voice, voice.catalogue.agency, URL)


def drawn(svg: str) -> bytes:
    """Return a code as a picture, drawn from its path as a browser does."""
    side, dots = int(svg.partition('viewBox="0 0 ')[2].partition(" ")[0]), 8
    picture = Image.new("L", (side * dots, side * dots), 255)
    draw = ImageDraw.Draw(picture)
    x = y = 0.0
    for kind, first, second in STEP.findall(svg.partition(' d="')[2].partition('"')[0]):
        if kind == "h":
            top = int(y - 0.5) * dots
            draw.rectangle((x * dots, top, (x + float(first)) * dots - 1, top + dots - 1), fill=0)
            x += float(first)
        else:
            x, y = (0 if kind == "M" else x) + float(first), (0 if kind == "M" else y) + float(second)
    return saved(picture)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_offers_each_channel(pages: Pages, voice: Voice, language: str) -> None:
    """In each language there are all deep links, the bots' names, our address and what we never ask for."""
    text = pages.invitation(language, TOKEN, codes=True).decode()
    said = voice.speech(language).translations.gettext

    wanted = [
        f'<html lang="{language}">',
        voice.catalogue.text(voice.catalogue.agency.name, language),
        f'href="https://t.me/docwatch_sample_bot?start={TOKEN}"',
        f'href="viber://pa?chatURI=docwatchsample&amp;context={TOKEN}"',
        "@docwatch_sample_bot",
        URL,
        said("We never ask for passwords, bank cards or codes from a text message."),
    ]
    assert [] == [one for one in wanted if one not in text]
    assert len(text.encode()) < MOST_BYTES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_codes_lead_where_the_buttons_do(pages: Pages, voice: Voice, language: str) -> None:
    """A camera reads from each code the deep link of its channel."""
    text = pages.invitation(language, TOKEN, codes=True).decode()

    read = [codes_in(drawn(svg)) for svg in re.findall(r"<svg .*?</svg>", text)]

    assert [(link,) for link in deep_links(voice.catalogue.agency, TOKEN).values()] == read


def test_without_codes_the_rest_of_the_page_is_the_same(pages: Pages) -> None:
    """A page that is not drawn on lacks the section with the codes and nothing else."""
    whole = pages.invitation("uk", TOKEN, codes=True).decode()

    plain = pages.invitation("uk", TOKEN, codes=False).decode()

    assert re.sub(r'<section class="codes">.*?</section>\n', "", whole, flags=re.DOTALL) == plain
    assert "<svg" not in plain


@given(token=st.text("abcXYZ019_-", min_size=22, max_size=22))
def test_all_tokens_get_the_same_page(pages: Pages, token: str) -> None:
    """But for the token in the links, no page tells two tokens apart."""
    found = pages.invitation("uk", token, codes=False).decode()

    assert pages.invitation("uk", TOKEN, codes=False).decode() == found.replace(token, TOKEN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_on_a_page_comes_from_elsewhere(pages: Pages, language: str) -> None:
    """There is no script, no picture, no sheet and no form, and the one style is the one that is allowed."""
    for text in (pages.invitation(language, TOKEN, codes=True).decode(), pages.missing(language).decode()):
        style = text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

        assert [] == re.findall(r"<(?:script|img|link|iframe|form|object)|\bsrc=|url\(|style=|\bon\w+=", text)
        assert f"'sha256-{digest}'" in pages.security_policy
        assert "$" not in text


def test_a_catalogue_cannot_break_a_page(voice: Voice) -> None:
    """Markup and signs in the agency's own words and in a bot's name stay words."""
    agency = voice.catalogue.agency
    odd = agency.model_copy(
        update={
            "name": dict.fromkeys(agency.languages, "A <b>$token & ${x}"),
            "channels": (agency.channels[0].model_copy(update={"name": 'x"><$token'}),),
        }
    )

    text = Pages(voice, odd, URL).invitation("en", TOKEN, codes=True).decode()

    assert 3 == text.count("A &lt;b&gt;&#36;token &amp; &#36;{x}")
    assert f'href="https://t.me/x%22%3E%3C%24token?start={TOKEN}"' in text
    assert "@x&quot;&gt;&lt;&#36;token" in text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "uk"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de-DE, de;q=0.9, en;q=0.5, ru;q=0.4", "en"),
        ("en;q=0.3, ru;q=0.7", "ru"),
        ("en; q=0, ru ; q=0.1", "ru"),
        ("de, *;q=0.5", "uk"),
        ("fr", "uk"),
        ("en;q=2", "uk"),
        ("en;q=nan, ru;q=0.001", "ru"),
        ("x" * 600 + ",en", "uk"),
    ],
)
def test_the_browser_chooses_the_language(header: str, language: str) -> None:
    """The language with the highest weight that we have is taken, else the agency's first."""
    assert language == preferred(header, LANGUAGES)


@given(st.text(max_size=80) | st.text(",;=q.01-*enruk ", max_size=80))
def test_any_header_has_a_language(header: str) -> None:
    """Whatever a browser sends, one of the agency's languages answers."""
    assert preferred(header, LANGUAGES) in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_that_adds_an_address_opens_one_channel(pages: Pages, voice: Voice, language: str) -> None:
    """It has the one channel's deep link, as a button and as a code, and says when to say no."""
    page = pages.joining(language, "viber", JOINING, codes=True)

    assert page is not None
    text = page.decode()
    link = deep_links(voice.catalogue.agency, JOINING)["viber"]
    assert f'href="{link.replace("&", "&amp;")}"' in text
    assert "t.me" not in text
    assert [(link,)] == [codes_in(drawn(svg)) for svg in re.findall(r"<svg .*?</svg>", text)]


def test_there_is_no_such_page_for_a_channel_that_is_not_ours(pages: Pages) -> None:
    """A channel that the agency does not have is not offered."""
    assert None is pages.joining("uk", "pigeon", JOINING, codes=True)
