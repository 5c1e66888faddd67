"""What people read about their document: golden files, and rules that hold for any values."""

import re
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.messages.ids import SubscriptionId
from contracts.messages.notice import NoticeKind
from contracts.messages.rpc import Followed
from sandbox.telegram.api.html import parse_html
from services.notifier.channels.fitting import fitted
from services.notifier.channels.telegram.channel import ABLE
from services.notifier.channels.telegram.html import html_of
from services.notifier.domain.messages import Message, shown, utf16_length
from services.notifier.domain.preferences import Reader
from services.notifier.wording.i18n import Voice
from services.notifier.wording.keyboard.buttons import under
from services.notifier.wording.notices import render_followed, render_notice
from tests.unit.notifier.conftest import HAPPENED, MakeNotice

PIECES = re.compile(r"[^<>&]+|</?[bi]>|&(?:lt|gt|amp);")
LANGUAGES = ("uk", "ru", "en")
ANYTHING = st.text(st.characters(exclude_categories=()), min_size=1, max_size=120) | st.sampled_from(
    [
        "<b>",
        "</i>",
        "&amp;",
        "&",
        "\u202eevil",
        "{name}",
        "a\u200bb",
        "%s",
        "😀" * 400,
        "x" * 5000,
        "<a href='x'>",
    ]
)


def parsed(html: str) -> str:
    """What a reader sees, by a parser that takes nothing but balanced b and i and three entities."""
    pieces = PIECES.findall(html)
    assert html == "".join(pieces), "a stray < > or &"
    opened: list[str] = []
    for piece in pieces:
        if piece in {"<b>", "<i>"}:
            opened.append(piece)
        elif piece.startswith("</"):
            assert opened.pop() == piece.replace("/", "")
    assert not opened
    return unescape("".join(piece for piece in pieces if not piece.startswith("<")))


def check(message: Message) -> None:
    markup = html_of(message.text)
    text = parsed(markup)
    assert text == message.shown
    assert parse_html(markup)[0] == text
    assert all(utf16_length(one.shown) <= 4096 for one in fitted(message, ABLE).messages)
    hidden = {unicodedata.category(one) for one in text.replace("\n", "") if one not in "\u200c\u200d"}
    assert not hidden & {"Cf", "Cc", "Cs", "Co"}
    assert text.strip()


def with_words(voice: Voice, word: str) -> Voice:
    """The voice with every text that an agency writes replaced by the word."""
    texts, catalogue = dict.fromkeys(LANGUAGES, word), voice.catalogue
    stage = catalogue.stages["correction_needed"].model_copy(
        update={"name": texts, "text": texts, "next": texts}
    )
    document = catalogue.documents["foreign_passport"].model_copy(update={"name": texts, "overrides": {}})
    office = catalogue.offices["kyiv-1"].model_copy(
        update={"name": texts, "address": texts, "hours": word, "phone": word}
    )
    changes = {
        "stages": {stage.code: stage},
        "documents": {document.code: document},
        "offices": {office.code: office},
        "notes": dict.fromkeys(catalogue.notes, texts),
        "papers": dict.fromkeys(catalogue.papers, texts),
    }
    changed = catalogue.model_copy(update=changes)
    speeches = {code: replace(speech, catalogue=changed, kept={}) for code, speech in voice.speeches.items()}
    return Voice(changed, speeches)


@pytest.mark.parametrize("language", LANGUAGES)
@given(word=ANYTHING, masked=st.text(max_size=16), kind=st.sampled_from(NoticeKind), extra=st.integers(0, 30))
def test_any_values_make_a_message(
    *,
    voice: Voice,
    notice_of: MakeNotice,
    language: str,
    word: str,
    masked: str,
    kind: NoticeKind,
    extra: int,
) -> None:
    """Whatever an agency writes, the message parses, hides nothing, fits when cut and is not empty."""
    odd = with_words(voice, word)
    notice = notice_of(
        kind=kind,
        stage="correction_needed",
        masked=masked,
        note="photo_retake",
        missing=(*voice.catalogue.papers, *(f"new-{number}" for number in range(extra))),
    )

    check(render_notice(notice, Reader(language), odd))


@given(
    code=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.:-]{0,20}\Z"),
    known=st.sets(st.sampled_from(("document_type", "stage", "office", "note"))),
)
def test_unknown_codes_never_break_a_message(
    voice: Voice, notice_of: MakeNotice, code: str, known: set[str]
) -> None:
    """A code that a newer catalogue brought is told in general words and never shown."""
    odd = f"zz-{code}"
    changes = {name: odd for name in ("document_type", "stage", "office", "note") if name not in known}

    message = render_notice(notice_of(**changes, missing=(odd,)), Reader("en"), voice)

    check(message)
    assert odd not in message.shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_says_what_matters(voice: Voice, notice_of: MakeNotice, language: str) -> None:
    """Document, number, stage, step, text, what comes next, office and time are in every message."""
    catalogue, speech = voice.catalogue, voice.speech(language)
    for document in catalogue.documents.values():
        for code in (*document.stages, *document.aside):
            message = render_notice(
                notice_of(document_type=document.code, stage=code), Reader(language), voice
            )
            stage = catalogue.stage_of(document.code, code)
            text = message.shown
            wanted = [speech.pick(texts) for texts in (document.name, stage.name, stage.text, stage.next)]
            wanted += ["…4567", speech.pick(catalogue.offices["kyiv-1"].name), "2026", "14:05"]
            if stage.actionable:
                office = catalogue.offices["kyiv-1"]
                wanted += [speech.pick(office.address), "09:00–18:00", office.phone]
            if step := document.step_of(code):
                wanted.append(shown(speech.say("Step {n} of {m}  {dots}", n=step[0], m=step[1], dots="")))

            assert [] == [piece for piece in wanted if piece not in text]


def test_times_are_told_in_the_agencys_zone(voice: Voice, notice_of: MakeNotice) -> None:
    """The hour is that of the agency, on both sides of the change to summer time."""
    before = render_notice(notice_of(occurred_at=HAPPENED - timedelta(days=1)), Reader("en"), voice)
    after = render_notice(notice_of(), Reader("en"), voice)

    assert "As of 28 March 2026, 13:05" in before.shown
    assert "As of 29 March 2026, 14:05" in after.shown


@pytest.mark.parametrize(
    ("language", "unknown", "words"),
    [
        ("uk", 1, "ще 1 документ:"),
        ("uk", 3, "ще 3 документи:"),
        ("uk", 11, "ще 11 документів:"),
        ("uk", 21, "ще 21 документ:"),
        ("ru", 1, "ещё 1 документ:"),
        ("ru", 2, "ещё 2 документа:"),
        ("ru", 12, "ещё 12 документов:"),
        ("ru", 22, "ещё 22 документа:"),
        ("en", 1, "1 more paper:"),
        ("en", 2, "2 more papers:"),
    ],
)
def test_plurals(voice: Voice, notice_of: MakeNotice, language: str, unknown: int, words: str) -> None:
    """Numbers take the form that the language asks for."""
    missing = tuple(f"new-{number}" for number in range(unknown))

    assert words in render_notice(notice_of(missing=missing), Reader(language), voice).shown


def test_a_status_tells_the_same_as_its_notice(voice: Voice, notice_of: MakeNotice) -> None:
    """Asking shows what was told when it happened."""
    notice = notice_of()
    followed = Followed.model_validate(notice.model_dump() | {"since": notice.created_at})

    assert render_notice(notice, Reader("uk"), voice) == render_followed(followed, voice.speech("uk"))


def test_nothing_yet_is_an_answer(voice: Voice) -> None:
    """A document without any stage says that there is no news, with the same buttons."""
    followed = Followed(
        subscription_id=SubscriptionId(UUID(int=2)),
        document_type="id_card",
        masked="…0001",
        revision=0,
        since=HAPPENED,
    )

    message = render_followed(followed, voice.speech("en"))

    assert "There is no news about it yet" in message.shown
    assert under(voice.speech("en"), UUID(int=2)) == message.buttons


def test_the_expected_date_is_written_out(voice: Voice, notice_of: MakeNotice) -> None:
    """A date is told in words, and not at all where there is none."""
    with_date = render_notice(notice_of(expected_at=date(2026, 4, 7)), Reader("uk"), voice)
    without = render_notice(notice_of(expected_at=None), Reader("uk"), voice)

    assert "Орієнтовна дата: 7 квітня 2026" in with_date.shown
    assert "Орієнтовна" not in without.shown


def test_a_moved_date_is_explained_in_the_notice(voice: Voice, notice_of: MakeNotice) -> None:
    """A notice of another expected date says what it was before and who moved it."""
    moved = notice_of(
        kind=NoticeKind.UPDATE,
        expected_at=date(2026, 4, 9),
        expected_before=date(2026, 4, 7),
        expected_from="publisher",
    )

    text = render_notice(moved, Reader("en"), voice).shown

    assert "Expected date: 9 April 2026\nThe office has changed the date. Before: 7 April 2026" in text
