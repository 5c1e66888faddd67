"""Everything that the bot says of itself, as it was read through by eye."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from contracts.catalogue import DeskTerms
from contracts.messages.desk.talk import Queued
from contracts.messages.following import (
    Exported,
    History,
    Holding,
    Moment,
)
from services.notifier.domain.actions import Holdings, KnownRecipient
from services.notifier.domain.addresses.ways import (
    Dropped,
    Inviting,
    Reached,
    Way,
    Ways,
)
from services.notifier.domain.handover import Spoken, Utterance
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Personal, Reader
from services.notifier.domain.quiet_hours import OwnHours
from services.notifier.wording import export, office_texts, prompts
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.notices import render_followed, signed
from tests.intents import ANSWERING
from tests.unit.notifier.golden_files import GOLDEN, as_file, compare
from tests.unit.notifier.talk import AT, FOLLOWED, JOINING, LANGUAGES, ONE, OTHER, TICKET, TWO

NAMES = {"uk": "Мамин паспорт", "ru": "Мамин паспорт", "en": "Mum’s passport"}
PHRASES = {"uk": "бабусин сад", "ru": "бабушкин сад", "en": "grandma’s garden"}
WAITING = FOLLOWED.model_copy(update={"stage": None})
MOVED = FOLLOWED.model_copy(
    update={
        "expected_at": date(2026, 3, 12),
        "expected_before": date(2026, 3, 6),
        "expected_from": "publisher",
    }
)
LATE = MOVED.model_copy(update={"expected_from": "calendar", "overdue": True})
MISSING = FOLLOWED.model_copy(update={"stage": "correction_needed", "missing": ("photograph", "fee_receipt")})
ARRIVED = FOLLOWED.model_copy(update={"stage": "arrived"})
ISSUED = FOLLOWED.model_copy(update={"stage": "issued"})
WAY = tuple(
    Moment(stage=stage, occurred_at=AT - timedelta(days=days))
    for stage, days in (("accepted", 12), ("verification", 9), ("printing", 4), ("shipped", 0))
)


def person_of(language: str) -> KnownRecipient:
    """Somebody with a phrase, a name for a document and hours of their own."""
    personal = Personal(PHRASES[language], {TWO: NAMES[language]})
    return KnownRecipient(language, consented=True, quiet=OwnHours(time(22), time(8)), personal=personal)


def ways_in(voice: Voice, speech: Speech) -> Mapping[str, Message]:
    return {
        "welcome": prompts.welcome(speech, follows=False),
        "welcome again": prompts.welcome(speech, follows=True),
        "consent": prompts.consent(voice, speech, "token", TICKET, again=False),
        "consent again": prompts.consent(voice, speech, "token", TICKET, again=True),
        "declined": prompts.declined(speech, follows=False, replaces=None),
        "declined again": prompts.declined(speech, follows=True, replaces=None),
        "follows": prompts.now_follows(speech, FOLLOWED, created=True, replaces=None),
        "follows already": prompts.now_follows(speech, FOLLOWED, created=False, replaces=None),
        "follows, no news": prompts.now_follows(speech, WAITING, created=True, replaces=None),
        "not found": prompts.not_found(speech),
        "slip": prompts.slip(speech),
        "no code": prompts.no_code(speech),
        "unread photo": prompts.unread_photo(speech),
        "fewer photos": prompts.fewer_photos(speech),
        "too many": prompts.too_many(speech),
        "too many tries": prompts.too_many_tries(speech, AT),
        "nothing followed": prompts.nothing_followed(speech),
        "help": prompts.help_(speech, follows=True),
        "help for a stranger": prompts.help_(speech, follows=False),
        "not understood": prompts.not_understood(speech),
        **{
            what: prompts.unreadable(speech, what, follows=True)
            for what in ("sticker", "voice", "contact", "location", "edited_message")
        },
        "try later": prompts.try_later(speech),
        "slower": prompts.slower(speech),
    }


def documents(_: Voice, speech: Speech) -> Mapping[str, Message]:
    history = History(followed=OTHER, moments=WAY, followers=(AT, AT + timedelta(hours=5)))
    alone = History(followed=WAITING, moments=(), followers=(AT,))
    office = speech.catalogue.offices["kyiv-1"]
    return {
        "status, date moved": render_followed(MOVED, speech),
        "status, late": render_followed(LATE, speech),
        "menu": prompts.document_menu(speech, TWO),
        "choose": prompts.choose(speech, "history", (FOLLOWED, OTHER)),
        "history": prompts.history(speech, history),
        "history, no news": prompts.history(speech, alone),
        "when": prompts.expected(speech, MOVED),
        "when, late": prompts.expected(speech, LATE),
        "when, no date": prompts.expected(speech, FOLLOWED),
        "when, over": prompts.expected(speech, ISSUED),
        "bring, later": prompts.bring(speech, FOLLOWED),
        "bring, now": prompts.bring(speech, ARRIVED),
        "bring, missing": prompts.bring(speech, MISSING),
        "office": office_texts.open_days(speech, office, datetime(2026, 12, 23, 10, tzinfo=UTC)),
        "which office": office_texts.choose_office(speech),
        "not followed": prompts.not_followed(speech),
        "invitation": prompts.invitation(speech, f"https://t.me/sample_bot?start={TICKET}"),
        "shared": prompts.shared(speech, ONE, AT + timedelta(days=7)),
        "too many shares": prompts.too_many_shares(speech),
        "receipt lapsed": prompts.receipt_lapsed(speech),
        "no link": prompts.no_link(speech),
        "type name": prompts.type_name(speech, ONE),
        "name set": prompts.name_set(speech, NAMES[speech.language], ONE, None),
        "name dropped": prompts.name_set(speech, None, ONE, None),
    }


def settings(voice: Voice, speech: Speech) -> Mapping[str, Message]:
    person = person_of(speech.language)
    plain = KnownRecipient(speech.language, consented=True)
    return {
        "settings": prompts.settings(speech, person, None),
        "settings, none": prompts.settings(speech, plain, None),
        "languages": prompts.languages(voice, speech),
        "language set": prompts.language_set(speech, None),
        "quiet hours": prompts.quiet_hours(speech, person, None),
        "quiet set": prompts.quiet_set(speech, OwnHours(time(0), time(0)), None),
        "zones": prompts.zones(speech, AT, None),
        "zone set": prompts.zone_set(speech, None),
        "type city": prompts.type_city(speech),
        "unknown city": prompts.unknown_city(speech),
        "phrase": prompts.phrase(speech, person, None),
        "phrase, none": prompts.phrase(speech, plain, None),
        "type phrase": prompts.type_phrase(speech),
        "phrase set": signed(prompts.phrase_set(speech, None), speech),
        "too long": prompts.too_long(speech),
        "cancelled": prompts.cancelled(speech, None, follows=True),
    }


def confirmation(_: Voice, speech: Speech) -> Mapping[str, Message]:
    link = "https://docs.agency.example/c/" + "x" * 22
    return {
        "link, news": prompts.confirm_by_link(speech, link, "news"),
        "link, all": prompts.confirm_by_link(speech, link, "all"),
        "code": prompts.confirm_by_code(speech, "012345", "docs.agency.example"),
        "begun": prompts.begun(speech),
        "left here": prompts.left_here(speech, Dropped("email", "telegram", here=True)),
        "left": prompts.left(speech),
    }


def ways(voice: Voice, speech: Speech) -> Mapping[str, Message]:
    first, second = (
        Way(ONE, "telegram", reachable=True, heard_at=AT),
        Way(TWO, "viber", reachable=False, heard_at=AT),
    )
    mail, text = (
        Way(ONE, "email", reachable=True, heard_at=AT, detail="all"),
        Way(TWO, "sms", reachable=True, heard_at=AT),
    )
    inviting, idle = Inviting("telegram", (FOLLOWED, ARRIVED)), Inviting("viber", ())
    return {
        "ways": prompts.ways(speech, Ways((first, second), ONE), None, more=False),
        "ways, exposed": prompts.ways(speech, Ways((mail, text), ONE, own_order=True), None, more=True),
        "ways, one": prompts.ways(speech, Ways((first,), ONE), None, more=True),
        "ways, only one": prompts.ways(speech, Ways((first,), ONE), None, more=False),
        "drop?": prompts.confirm_drop(speech, 2, second),
        "the last": prompts.last_way(speech, None),
        "dropped here": prompts.way_dropped(speech, Dropped("telegram", "viber", here=True), None),
        "dropped there": prompts.way_dropped(speech, Dropped("viber", "telegram", here=False), None),
        "invited": prompts.invited(speech, {"viber": f"https://docs.agency.example/r/viber/{JOINING}"}),
        "invited, nothing to add": prompts.invited(speech, {}),
        "second way?": prompts.second_way(speech),
        "join?": prompts.confirm_join(voice, speech, inviting, JOINING, None),
        "join, nothing followed?": prompts.confirm_join(voice, speech, idle, JOINING, None),
        "joined": prompts.joined(speech, None),
        "joined, told there": prompts.added(speech, "viber"),
        "joined already": prompts.one_already(speech, None),
        "no such link": prompts.uninvited(speech, follows=False, replaces=None),
    }


def leaving(_: Voice, speech: Speech) -> Mapping[str, Message]:
    holding = Holding(
        subscription_id=TWO,
        document_type="foreign_passport",
        masked="…4567",
        consent_version="2026-01",
        consented_at=AT,
        since=AT,
        ended_at=AT + timedelta(days=1),
        moments=WAY,
        notices=4,
    )
    held = Holdings(
        Exported(holdings=(holding,)),
        (
            Reached("telegram", "42", AT + timedelta(days=3), reachable=True),
            Reached("viber", "wXyZ+123==", AT + timedelta(days=2), reachable=False),
        ),
        since=AT,
        consented_at=AT,
        messages=6,
    )
    content = export.readable(held, person_of(speech.language), speech, datetime(2026, 3, 9, 9, tzinfo=UTC))
    return {
        "stop one?": prompts.confirm_stop(speech, ONE),
        "stop all?": prompts.confirm_stop(speech, None),
        "stopped none": prompts.stopped(speech, 0, None),
        "stopped one": prompts.stopped(speech, 1, None),
        "stopped three": prompts.stopped(speech, 3, None),
        "stopped five": prompts.stopped(speech, 5, None),
        "kept": prompts.kept(speech, None),
        "privacy": prompts.privacy(speech, follows=True),
        "export": prompts.exported(speech, content),
        "forget?": prompts.confirm_forget(speech),
        "forgotten": prompts.forgotten(speech, None),
        "nothing kept": prompts.nothing_kept(speech),
    }


def questions(_: Voice, speech: Speech) -> Mapping[str, Message]:
    answers = ANSWERING.index.answers
    receipt, posted, lacking = answers["lost_receipt"], answers["delivery"], answers["missing_papers_now"]
    return {
        "menu": prompts.main_menu(speech),
        "ask": prompts.asking(speech, [answers["fee"], posted]),
        "told to anybody": prompts.told(speech, posted, None),
        "told of a document": prompts.told(speech, posted, ARRIVED),
        "told of a stage": prompts.told(speech, answers["stuck"], MOVED),
        "told what to bring": prompts.told(speech, lacking, MISSING),
        "told in part": prompts.told(speech, answers["stage_meaning"], WAITING),
        "was it": prompts.told(speech, receipt, None, thanked=True),
        "thanked": prompts.thanked(speech),
        "was not it": prompts.denied(speech, [answers["fee"], posted], None),
        "was not it, and nothing else is": prompts.denied(speech, [], None),
        "near": prompts.offered(speech, [receipt, "where", answers["fee"]]),
        "which document": prompts.which_document(speech, posted, (FOLLOWED, OTHER)),
        "holds no more": prompts.withdrawn(speech),
        "glad": prompts.glad(speech),
    }


QUEUED = Queued(
    reply_id=ONE,
    conversation_id=TWO,
    number=1,
    at=AT,
    place=3,
    wait_from=10,
    wait_to=25,
    by=AT + timedelta(days=1),
)


def people(_: Voice, speech: Speech) -> Mapping[str, Message]:
    staffed = replace(speech, staffed=True)
    closed = QUEUED.model_copy(
        update={"opens_at": AT + timedelta(hours=18), "wait_to": 200, "wait_from": 100}
    )
    said = "Так, його вже можна забрати.\nВізьміть паспорт.\n\n\nГарного дня!"
    return {
        "menu": prompts.main_menu(staffed),
        "not understood": prompts.not_understood(staffed),
        "near": prompts.offered(staffed, ["where"]),
        "was not it": prompts.denied(staffed, [], None),
        "which document": prompts.which_subject(staffed, (FOLLOWED, OTHER), "asked", None),
        "which kind of document": prompts.which_subject(_partly(staffed), (), "complaint", None),
        "question": prompts.ask_question(staffed, None),
        "question too long": prompts.question_too_long(staffed),
        "kept": prompts.question_kept(staffed, TWO),
        "open already": prompts.still_open(staffed, TWO),
        "asked often": prompts.asked_often(staffed),
        "too long": prompts.not_passed_on(staffed, TWO),
        "queued": prompts.queued(staffed, QUEUED, TWO),
        "queued, soon": prompts.queued(
            staffed, QUEUED.model_copy(update={"place": 1, "wait_from": 0, "wait_to": 1}), TWO
        ),
        "queued, closed": prompts.queued(staffed, closed, TWO),
        "passed on": prompts.passed_on(staffed, TWO),
        "answered": prompts.answered(staffed, said, "Олена", TWO),
        "answered by the desk": prompts.answered(staffed, "*", "", TWO),
        "ended": prompts.talk_ended(staffed, None),
        "over": prompts.talk_over(staffed),
        "closed": prompts.talk_closed(staffed, TWO, "answered", rate=True),
        "closed, silent": prompts.talk_closed(staffed, TWO, "silent", rate=True),
        "closed, withdrawn": prompts.talk_closed(staffed, TWO, "withdrawn", rate=True),
        "closed, not asked": prompts.talk_closed(staffed, TWO, "answered", rate=False),
        "content": prompts.rated(staffed, content=True, replaces=None),
        "not content": prompts.rated(staffed, content=False, replaces=None),
        "word": prompts.worded(staffed),
        "rated before": prompts.rated_before(staffed, None),
        "privacy": prompts.privacy(staffed, follows=True),
        "forgotten": prompts.forgotten(staffed, None),
        "export": prompts.exported(staffed, _export(staffed)),
    }


def _export(speech: Speech) -> str:
    """Two conversations, one of them over, the other without what was written."""
    said = (
        Utterance(AT, None, "Коли?"),
        Utterance(AT + timedelta(hours=1), "Олена", "Завтра.\n\nДо 18:00."),
        Utterance(AT + timedelta(hours=2), "", "*"),
    )
    over = Spoken(AT, AT + timedelta(hours=3), content=True, words=said)
    spoken = (over, Spoken(AT + timedelta(days=1), None, content=None))
    held = Holdings(Exported(holdings=()), (), since=AT, consented_at=AT, messages=6, spoken=spoken)
    return export.readable(held, person_of(speech.language), speech, AT + timedelta(days=2))


def _partly(speech: Speech) -> Speech:
    """The agency answers in two of its languages."""
    agency = speech.catalogue.agency
    desk = DeskTerms(hours="24/7", languages=("uk", "en"))
    catalogue = speech.catalogue.with_agency(agency.model_copy(update={"desk": desk}))
    return replace(speech, catalogue=catalogue, kept={})


SUBJECTS: Mapping[str, Callable[[Voice, Speech], Mapping[str, Message]]] = {
    "ways_in": ways_in,
    "documents": documents,
    "settings": settings,
    "leaving": leaving,
    "ways": ways,
    "confirmation": confirmation,
    "questions": questions,
    "people": people,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_conversation(voice: Voice, subject: str, language: str) -> None:
    """What the bot says of itself reads as it was approved."""
    speech = voice.to(Reader(language, personal=person_of(language).personal))
    found = SUBJECTS[subject](voice, speech)

    text = "\n".join(f"=== {name}\n{as_file(message)}" for name, message in found.items())

    compare(GOLDEN / language / f"conversation.{subject}.txt", text)


def test_menu(voice: Voice) -> None:
    """The messenger's own menu has every command in every language, short enough for it."""
    menus = {language: prompts.menu(voice.speech(language)) for language in voice.languages}

    assert set(LANGUAGES) == menus.keys()
    assert all(1 <= len(what) <= 256 and name.islower() for menu in menus.values() for name, what in menu)
    assert 1 == len({tuple(name for name, _ in menu) for menu in menus.values()})
