import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.telegram.api.html import checked_link, parse_html
from sandbox.telegram.world.errors import ApiError
from sandbox.telegram.world.model import Entity
from sandbox.telegram.world.text import utf16_length

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
TAGS = st.sampled_from(["b", "strong", "i", "em", "u", "ins", "s", "del", "tg-spoiler", "blockquote"])


@given(TEXTS)
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    """Text whose & < > are escaped says itself, without an entity."""
    plain, entities = parse_html(html.escape(text, quote=False))

    assert (text, ()) == (plain, entities)


@given(TEXTS, TEXTS.filter(bool), TEXTS, TAGS)
def test_an_entity_spans_its_text_in_utf16_units(before: str, inside: str, after: str, tag: str) -> None:
    """Offset and length of an entity count UTF-16 units of the text that comes out."""
    source = f"{html.escape(before)}<{tag}>{html.escape(inside)}</{tag}>{html.escape(after)}"

    plain, (entity,) = parse_html(source.replace("&#x27;", "'"))

    encoded = plain.encode("utf-16-le")
    assert before + inside + after == plain
    assert inside.encode("utf-16-le") == encoded[2 * entity.offset : 2 * (entity.offset + entity.length)]


@given(st.text(alphabet="<>/=&;#x1abspcode \"'-é🙂\n", max_size=40))
def test_garbage_is_either_parsed_or_refused(source: str) -> None:
    """Whatever is sent, the parser answers with text and entities within it, or with a 400."""
    try:
        plain, entities = parse_html(source)
    except ApiError as error:
        plain, entities = error.description, ()

    assert all(0 <= entity.offset for entity in entities)
    assert all(entity.offset + entity.length <= utf16_length(plain) for entity in entities)


@given(TEXTS)
def test_the_offset_in_a_refusal_counts_bytes(before: str) -> None:
    """A refusal names the byte of the source, in UTF-8, where the tag at fault begins."""
    source = html.escape(before, quote=False)

    with pytest.raises(ApiError) as refused:
        parse_html(f"{source}<video>x</video>")

    where = len(source.encode())
    assert (
        f'Bad Request: can\'t parse entities: Unsupported start tag "video" at byte offset {where}'
        == refused.value.description
    )


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>é</b></i>", 'Unmatched end tag at byte offset 8, expected "</i>", found "</b>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("2 < 3", 'Unsupported start tag "" at byte offset 2'),
        ("<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a"'),
        ("<a ='x'>x</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=", 'Unclosed start tag "a" at byte offset 0'),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ("<a href=a/b>x</a>", "Unexpected end of name token at byte offset 8"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_markup_is_refused_in_telegrams_words(source: str, why: str) -> None:
    """Each way of breaking the markup has its own refusal."""
    with pytest.raises(ApiError) as refused:
        parse_html(source)

    assert refused.value.description.startswith(f"Bad Request: can't parse entities: {why}")


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a<i>b</i></b>", "ab", [Entity("bold", 0, 2), Entity("italic", 1, 1)]),
        ("<B>a</>", "a", [Entity("bold", 0, 1)]),
        ("<b></b>x", "x", []),
        (
            '<a href="https://example.org/?a=1&amp;b=2">x</a>',
            "x",
            [Entity("text_link", 0, 1, url="https://example.org/?a=1&b=2")],
        ),
        ("<a>example.org</a>", "example.org", [Entity("text_link", 0, 11, url="http://example.org/")]),
        ('<a href="javascript://x.y">x</a>', "x", []),
        ("<code>x</code>", "x", [Entity("code", 0, 1)]),
        ('<pre><code class="language-sql">x</code></pre>', "x", [Entity("pre", 0, 1, language="sql")]),
        ('<span class="tg-spoiler">x</span>', "x", [Entity("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [Entity("expandable_blockquote", 0, 1)]),
        ("&lt&gt;&quot;&amp;&nbsp;&#1110;&#x1F642;&#0;", '<>"&&nbsp;і🙂&#0;', []),
    ],
)
def test_markup_becomes_entities(source: str, text: str, entities: list[Entity]) -> None:
    """Tags and character references mean what the Bot API says."""
    assert (text, tuple(entities)) == parse_html(source)


def test_half_a_surrogate_pair_is_refused() -> None:
    """A character reference cannot smuggle an unpaired surrogate in."""
    with pytest.raises(ApiError, match="invalid Unicode"):
        parse_html("&#xD83D;")


@pytest.mark.parametrize("url", ["", "no-dot", "mailto:a@b.c", "http://[bad"])
def test_what_is_no_link_is_dropped(url: str) -> None:
    """A link that Telegram would not keep is none."""
    assert checked_link(url) is None
