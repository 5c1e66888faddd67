"""What is told where others may read, or where there is no conversation: as much as its reader chose."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.channels import CHANNELS
from contracts.links import UNSUBSCRIBING
from contracts.messages.notice import NoticeKind
from runtime.keyring import KeyRing
from services.notifier.channels.fitting import fitted
from services.notifier.domain.messages import Message, utf16_length
from services.notifier.domain.preferences import Detail, Personal, Reader, detail_of
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.recipients.unsubscribing import UnsubscribeLinks
from services.notifier.wording.i18n import Voice
from services.notifier.wording.letterbox import render, render_outside
from services.notifier.wording.notices import render_notice
from tests.integration.notifier.fake_bench import PROFILES
from tests.unit.notifier.conftest import MakeNotice
from tests.unit.notifier.golden_files import GOLDEN, as_file, compare

LANGUAGES = ("uk", "ru", "en")
HOME = "https://docs.agency.example/"
ONE_PART = {"uk": 70, "ru": 70, "en": 160}
"""UTF-16 units of a text message of one part: with Cyrillic letters, and without."""
RINGS = [KeyRing([(str(number), bytes([number]) * 32)], PURPOSE) for number in range(2)]
AS_LINES = replace(PROFILES["only tells"], longest=1000)


def told(
    voice: Voice, notice_of: MakeNotice, reader: Reader, *, may_repeat: bool = False, **changes: object
) -> Message:
    return render_outside(notice_of(**changes), reader, voice, may_repeat=may_repeat, home=HOME)


@given(chosen=st.sampled_from([None, "all", "news"]), exposed=st.booleans(), converses=st.booleans())
def test_nothing_is_told_where_others_read_before_its_owner_says_so(
    chosen: Detail | None, *, exposed: bool, converses: bool
) -> None:
    """What is exposed is told news alone unless all was chosen; a chat of one's own knows no such choice."""
    found = detail_of(chosen, exposed=exposed, converses=converses)

    assert (found == "all" or found is None) == (
        chosen == "all" if exposed else chosen != "news" or converses
    )
    assert (found is None) == (converses and not exposed)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NoticeKind)
def test_news_name_nothing(voice: Voice, notice_of: MakeNotice, kind: NoticeKind, language: str) -> None:
    """Of whatever kind and stage, the brief message is the same; nothing in it tells one from another."""
    reader = Reader(language, detail="news")
    stages = [
        told(voice, notice_of, reader, kind=kind, stage=stage, document_type=document)
        for document in voice.catalogue.documents
        for stage in voice.catalogue.stages
    ]

    assert 1 == len(set(stages))
    assert told(voice, notice_of, reader) == stages[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_news_fit_one_text_message(voice: Voice, notice_of: MakeNotice, language: str) -> None:
    """With the page's address, which is of a usual length, the brief message is one part."""
    (sent,) = fitted(told(voice, notice_of, Reader(language, detail="news")), AS_LINES).messages

    assert sent.shown.endswith(HOME)
    assert utf16_length(sent.shown) <= ONE_PART[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_reads(voice: Voice, notice_of: MakeNotice, language: str) -> None:
    """The brief message, with a phrase and twice, and the full one read as they were approved."""
    phrase = Personal(phrase="жовтий кіт")
    brief = told(voice, notice_of, Reader(language, personal=phrase, detail="news"), may_repeat=True)
    full = told(voice, notice_of, Reader(language, detail="all"), stage="arrived")

    for name, message in (("brief", brief), ("full", full)):
        compare(GOLDEN / language / f"outside.{name}.txt", f"{message.subject}\n---\n{as_file(message)}")


@given(name=st.text(min_size=1, max_size=40), stage=st.sampled_from(["printing", "arrived", "issued"]))
def test_all_is_what_a_chat_is_told(voice: Voice, notice_of: MakeNotice, name: str, stage: str) -> None:
    """The full message says what a chat reads; a private name is inside and never in the subject."""
    own = Personal(names={notice_of().subscription_id: f"<{name}>"})
    reader = Reader("en", personal=own, detail="all")

    message = told(voice, notice_of, reader, stage=stage)

    assert render_notice(notice_of(stage=stage), reader, voice).text == message.text
    assert f"<{name}>" not in (message.subject or "")
    assert voice.catalogue.text(voice.catalogue.stages[stage].name, "en") in (message.subject or "")
    assert all(button.url and not button.data for row in message.buttons for button in row)
    assert HOME == message.buttons[-1][0].url


def test_messages_about_one_document_belong_together(voice: Voice, notice_of: MakeNotice) -> None:
    """The thread is that of the document, tells nothing of it, and is the same whatever is told."""
    one, other = uuid4(), uuid4()
    details: tuple[Detail, ...] = ("all", "news")
    found = [
        told(voice, notice_of, Reader("uk", detail=detail), subscription_id=which).thread
        for which in (one, other)
        for detail in details
    ]

    assert (found[0], found[2]) == (found[1], found[3])
    assert found[0] != found[2]
    assert one.hex not in {found[0], found[2]}


@given(st.uuids(), st.sampled_from(RINGS))
def test_a_link_ends_its_own_address(address: UUID, ring: KeyRing) -> None:
    """The secret of a link names its address, to whoever has the key, also when it is no more the first."""
    link = UnsubscribeLinks(ring, "https://us").link(address)
    secret = link.removeprefix("https://us/u/")
    turned = KeyRing([("new", bytes(range(32))), ("0", bytes(32)), ("1", bytes([1]) * 32)], PURPOSE)

    assert UNSUBSCRIBING.fullmatch(secret)
    assert address == UnsubscribeLinks(ring, "").address(secret)
    assert address == UnsubscribeLinks(turned, "").address(secret)


@given(st.from_regex(UNSUBSCRIBING, fullmatch=True))
def test_no_other_secret_ends_anything(secret: str) -> None:
    """A text of the right form that we did not make is nobody's."""
    assert None is UnsubscribeLinks(RINGS[0], "").address(secret)


def test_the_registry_says_who_is_confirmed() -> None:
    """Only channels that are begun on our page have addresses to confirm, and these are exposed."""
    confirmed = {kind.code: kind.confirmed_by for kind in CHANNELS.values() if kind.confirmed_by}

    assert {"email": "link", "sms": "code"} == confirmed
    assert all(CHANNELS[code].on_page and CHANNELS[code].exposed for code in confirmed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_glance_of_news_tells_no_document_from_another(
    voice: Voice, notice_of: MakeNotice, language: str
) -> None:
    """On a locked screen news of any stage reads alike, with the code phrase, until its owner chose more."""
    reader = Reader(language, personal=Personal(phrase="amber leaf"), glance="news")
    glances = [
        render(notice_of(kind=kind, stage=stage, document_type=document), reader, voice).glance
        for kind in NoticeKind
        for document in voice.catalogue.documents
        for stage in voice.catalogue.steps(document)
    ]

    assert 1 == len({(one.title, one.body) for one in glances if one is not None})
    assert all(one is not None and "amber leaf" in one.body for one in glances)
    assert render(notice_of(), replace(reader, glance=None), voice).glance is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_glance_of_everything_names_the_stage_and_no_number(
    voice: Voice, notice_of: MakeNotice, language: str
) -> None:
    """Who chose so reads document, stage and what to do; never the number, nor a name of their own."""
    notice = notice_of(stage="arrived")
    personal = Personal(names={notice.subscription_id: "my secret name"})
    glance = render(notice, Reader(language, personal=personal, glance="all"), voice).glance

    assert glance is not None
    stage = voice.catalogue.stages["arrived"]
    assert stage.name[language] in glance.title
    assert glance.urgent
    assert notice.masked not in glance.title + glance.body
    assert "my secret name" not in glance.title + glance.body
    assert glance.thread != str(notice.subscription_id)
