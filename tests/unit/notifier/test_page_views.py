"""What the citizens' page shows: texts are letters, never markup, and a document's way is told truly."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.messages.following import History, Moment
from contracts.messages.rpc import Followed
from services.notifier.domain.messages import Run
from services.notifier.domain.preferences import Reader
from services.notifier.page.views.documents import document_of
from services.notifier.page.views.markup import html_of, paragraphs_of
from services.notifier.wording.i18n import Voice

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
RUNS = st.builds(
    Run, st.text(st.characters(exclude_characters="\r\x00", codec="utf-8")), st.booleans(), st.booleans()
)
WAY = ("accepted", "verification", "printing", "shipped", "arrived", "issued")


class Read(HTMLParser):
    """Collects tags and text as a browser reads them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.text = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and where it leads."""
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        """Note letters."""
        self.text += data


@given(st.lists(RUNS, max_size=5))
def test_any_text_is_shown_as_its_letters(runs: list[Run]) -> None:
    """Whatever stands in a text, a browser reads the same letters and no element but ours."""
    read = Read()
    read.feed(str(html_of(tuple(runs))))
    read.close()

    assert "".join(run.text for run in runs).replace("\n", "") == read.text
    assert {"p", "br", "strong", "em", "a"} >= read.tags
    assert all(link.startswith(("http://", "https://")) for link in read.links)


def test_paragraphs_lines_and_links() -> None:
    """An empty line parts paragraphs, a line end stays one, an address can be opened."""
    text = (Run("Bold", bold=True), Run("\n\nSee https://x.example/a?b=1&c=2.\nThere"))

    assert (
        "<p><strong>Bold</strong></p><p>See "
        '<a href="https://x.example/a?b=1&amp;c=2" rel="noreferrer">'
        "https://x.example/a?b=1&amp;c=2</a>.<br>There</p>"
    ) == str(paragraphs_of(text))


def found(stage: str | None, *reached: str) -> History:
    """A foreign passport at a stage, with what it has reached before."""
    followed = Followed.model_validate(
        {
            "subscription_id": uuid4(),
            "document_type": "foreign_passport",
            "masked": "…4567",
            "revision": 1,
            "stage": stage,
            "occurred_at": NOW if stage else None,
            "since": NOW,
        }
    )
    moments = tuple(
        Moment(stage=one, occurred_at=NOW - timedelta(days=len(reached) - number))
        for number, one in enumerate(reached)
    )
    return History(followed=followed, moments=moments, followers=(NOW,))


@pytest.mark.parametrize(
    ("history", "states"),
    [
        (found(None), ["ahead"] * 6),
        (found("printing", "accepted", "printing"), ["done", "done", "now", "ahead", "ahead", "ahead"]),
        (found("correction_needed", *WAY[:2]), ["done", "now", *["ahead"] * 4]),
        (found("issued", *WAY), ["done"] * 6),
        (found("rejected", "accepted"), []),
    ],
    ids=["no news", "under way", "a detour", "at its end", "an end off the way"],
)
def test_the_whole_way(voice: Voice, history: History, states: list[str]) -> None:
    """Steps behind are done, the present one is now, also in a detour from it; an end leaves none to come."""
    shown = document_of(history, voice.to(Reader("en")), NOW)

    assert states == [step.state for step in shown.steps]
    assert sum(state != "ahead" for state in states) == shown.n
