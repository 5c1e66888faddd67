"""Cursors of the feed: every place can be encoded and decoded, nothing else can be."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.cursors import BEGINNING, Place, decode, encode

places = st.builds(Place, st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1))


@given(places)
def test_a_cursor_is_read_as_it_was_written(place: Place) -> None:
    """What a feed hands out it takes back."""
    assert place == decode(encode(place))


@given(st.text(max_size=80))
def test_no_other_text_is_a_cursor(text: str) -> None:
    """A text either is exactly a cursor or is refused, whatever it is."""
    place = decode(text)

    assert place is None or encode(place) == text


def test_the_beginning_is_before_everything() -> None:
    """Places are ordered by the stream's life, then by sequence."""
    assert [BEGINNING, Place(1, 7), Place(1, 8), Place(2, 1)] == sorted(
        [Place(2, 1), Place(1, 8), BEGINNING, Place(1, 7)]
    )
