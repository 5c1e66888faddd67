import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.catalogue import Agency, load_catalogue
from contracts.channels import CHANNELS
from contracts.links import PublicUrl, deep_link, deep_links, names_of, page_link, public_link, secret_in
from sandbox.agency import CATALOGUE

TOKEN = "Ab3_" * 5 + "-9"
SECRETS = st.text("abcXYZ019_-", min_size=1, max_size=64)
TOKENS = st.text("abcXYZ019_-", min_size=22, max_size=22)
MOMENT = 0.2
"""Seconds; by its square it would take most of one."""
URL: TypeAdapter[str] = TypeAdapter(PublicUrl)


@pytest.fixture(scope="module")
def agency() -> Agency:
    return load_catalogue(CATALOGUE).agency


def test_links_have_the_form_that_each_messenger_opens(agency: Agency) -> None:
    """Telegram hands over `start`, Viber `context`, each to the bot of that name, in the agency's order."""
    assert [
        ("telegram", f"https://t.me/docwatch_sample_bot?start={TOKEN}"),
        ("viber", f"viber://pa?chatURI=docwatchsample&context={TOKEN}"),
    ] == list(deep_links(agency, TOKEN).items())
    assert [("Telegram", "@docwatch_sample_bot"), ("Viber", "docwatchsample")] == names_of(agency)


MESSENGERS = [code for code, kind in CHANNELS.items() if not kind.on_page]


@given(st.sampled_from(MESSENGERS), SECRETS, st.text(max_size=40))
def test_what_a_deep_link_hands_over_is_found_again(channel: str, secret: str, name: str) -> None:
    """Whatever the bot is called, the secret alone is read back from the link, also inside a sentence."""
    link = deep_link(channel, name, secret)

    assert secret == secret_in(link)
    assert secret == secret_in(f"here: {link} and more")


@given(TOKENS)
def test_a_token_is_found_in_the_public_link(token: str) -> None:
    """The link on a receipt is understood like a deep link, below any address and path."""
    for base in ("https://docs.agency.example", "http://127.0.0.1:8083", "https://agency.example/docs"):
        assert token == secret_in(public_link(base, token))
    assert token == secret_in(public_link("HTTPS://DOCS.AGENCY.EXAMPLE", token) + " ?")
    assert token == secret_in(public_link("https://docs.agency.example", token) + "?lang=uk")
    assert token == secret_in(page_link("https://docs.agency.example", "email", token))


@pytest.mark.parametrize(
    "text",
    [
        "",
        TOKEN,
        f"/r/{TOKEN}",
        f"https://docs.agency.example/r/{TOKEN}x",
        f"https://docs.agency.example/r/{TOKEN}/more",
        f"https://docs.agency.example/r/{TOKEN[1:]}",
        f"https://docs.agency.example/q/{TOKEN}",
        "https://t.me/docwatch_sample_bot?start=" + "x" * 65,
        "https://t.me/docwatch_sample_bot?other=abc",
    ],
)
def test_what_is_no_link_of_ours_hands_nothing_over(text: str) -> None:
    """A token by itself, a longer or shorter one, another path or parameter is no link."""
    assert secret_in(text) is None


def test_the_first_link_of_a_text_counts() -> None:
    """Of several links the one that stands first is meant, whatever its form."""
    one, other = "a" * 22, "b" * 22
    public, deep = public_link("https://docs.agency.example", one), deep_link("viber", "docs", other)

    assert [one, other] == [secret_in(f"{public} {deep}"), secret_in(f"{deep} {public}")]


def test_a_text_of_beginnings_is_read_in_a_moment() -> None:
    """A long text of nothing but beginnings of addresses takes time as its length, not as its square."""
    text = "http://" * 5000
    started = time.process_time()

    assert secret_in(text) is None
    assert time.process_time() - started < MOMENT


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("https://docs.agency.example", "https://docs.agency.example"),
        ("https://docs.agency.example/", "https://docs.agency.example"),
        ("http://127.0.0.1:8083", "http://127.0.0.1:8083"),
        ("http://[::1]:8083/docs/", "http://[::1]:8083/docs"),
    ],
)
def test_an_outer_address_is_kept_without_its_last_slash(given_: str, kept: str) -> None:
    """Host, port and path may stand there."""
    assert kept == URL.validate_python(given_)


@pytest.mark.parametrize(
    "wrong",
    [
        "docs.agency.example",
        "ftp://docs.agency.example",
        "https://",
        "https://a@docs.example",
        "https://docs.example?x=1",
        "https://docs.example#x",
        'https://docs.example/"',
        "https://докс.example",
        "https://docs.example/ x",
        "https://" + "a" * 200,
    ],
)
def test_another_address_is_refused(wrong: str) -> None:
    """What is no plain address of a site is refused with an example."""
    with pytest.raises(ValidationError, match=r"https://docs\.agency\.example"):
        URL.validate_python(wrong)
