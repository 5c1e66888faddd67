from hypothesis import given
from hypothesis import strategies as st

from sandbox.telegram.world.model import Entity
from sandbox.telegram.world.text import (
    cleaned,
    trimmed,
    utf16_length,
    with_found,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(TEXTS)
def test_length_counts_utf16_units(text: str) -> None:
    """A text is as long as its UTF-16 encoding has units."""
    assert len(text.encode("utf-16-le")) // 2 == utf16_length(text)


@given(TEXTS, TEXTS, st.data())
def test_trimming_keeps_entities_on_their_text(left: str, right: str, data: st.DataObject) -> None:
    """Cutting white space moves an entity so that it still spans the same words."""
    inside = data.draw(TEXTS.filter(lambda text: bool(text.strip())))
    source = f"  {left}{inside}{right}\n"
    entity = Entity("bold", utf16_length(f"  {left}"), utf16_length(inside))

    text, (moved,) = trimmed(source, [entity])

    units = text.encode("utf-16-le")
    spanned = units[2 * moved.offset : 2 * (moved.offset + moved.length)].decode("utf-16-le")
    assert inside.strip() == spanned.strip()


@given(TEXTS)
def test_found_entities_lie_within_the_text(text: str) -> None:
    """What the messenger finds by itself never reaches beyond the text."""
    found = with_found(text, ())

    assert all(0 <= one.offset and one.offset + one.length <= utf16_length(text) for one in found)


def test_what_is_clickable_is_found() -> None:
    """Commands, links, bare domains, addresses and mentions become clickable without markup."""
    text = "/start x 🙂 https://a.example/b?c=1. evil.com me@mail.ua @some_user #tag"

    found = with_found(text, ())

    assert [
        ("bot_command", 0, 6),
        ("url", 12, 23),
        ("url", 37, 8),
        ("email", 46, 10),
        ("mention", 57, 10),
        ("hashtag", 68, 4),
    ] == [(one.type, one.offset, one.length) for one in found]


def test_nothing_is_found_within_links_and_code() -> None:
    """A text that is a link or code already gets no second entity."""
    code = Entity("code", 0, 8)

    assert (code,) == with_found("evil.com", (code,))


def test_control_characters_become_blanks() -> None:
    """Carriage returns go, other control characters turn into blanks, line ends stay."""
    assert "a b\nc" == cleaned("a\x00b\r\nc")
