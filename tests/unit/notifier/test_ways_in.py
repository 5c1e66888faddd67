"""The ways in: links, codes in every spelling, photos; the question before anything is stored."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts import typed_code
from contracts.messages.rpc import Redeemed, Refused
from services.notifier.conversation import planner
from services.notifier.domain.actions import (
    Follow,
    ReadPhoto,
    Scanned,
    Secret,
    Unavailable,
)
from services.notifier.domain.incoming import Body, Photo, Said, Started
from services.notifier.wording.i18n import Voice
from tests.intents import INTENTS
from tests.unit.notifier.talk import (
    AT,
    CODE,
    FOLLOWED,
    FOLLOWER,
    ONE,
    STRANGER,
    TICKET,
    came,
    data,
    only,
    planned,
    tap,
    told,
)


@pytest.mark.parametrize(
    ("body", "kind", "secret"),
    [
        (Started(TICKET), "token", TICKET),
        (Said(f"/start {TICKET}"), "token", TICKET),
        (Said(CODE), "code", CODE),
        (Said(f"  {typed_code.grouped(CODE).lower()} "), "code", CODE),
        (Started(CODE), "code", CODE),
    ],
)
def test_a_receipt_asks_first_and_yes_follows(voice: Voice, body: Body, kind: Secret, secret: str) -> None:
    """A receipt, scanned or typed, brings the question whose first button says yes and follows it."""
    question = only(planned(voice, came(body), STRANGER))

    decided = planned(voice, tap(question.buttons[0][0].data), STRANGER)

    assert Follow(kind, secret, "en", replaces="17") == decided
    assert all(len(each.encode()) <= 64 for each in data(question))


def test_the_question_says_what_is_stored_and_how_to_stop(voice: Voice) -> None:
    """Consent is asked in plain words: what is kept, what for, how to stop, what is never asked."""
    text = only(planned(voice, came(Started(TICKET)), STRANGER)).shown

    assert ["where to write to you", "language", "/stop", "never ask for passwords"] == [
        words
        for words in ("where to write to you", "language", "/stop", "never ask for passwords")
        if words in text
    ]


def test_no_stores_nothing(voice: Voice) -> None:
    """A no is answered in place of the question, and nothing else happens."""
    question = only(planned(voice, came(Started(TICKET)), STRANGER))

    reply = only(planned(voice, tap(question.buttons[1][0].data), STRANGER))

    assert "stored nothing" in reply.shown
    assert ("17", ["h"]) == (reply.replaces, data(reply))


def test_the_question_can_be_read_in_another_language(voice: Voice) -> None:
    """The question turns into another language in place, and yes then means that language."""
    question = only(planned(voice, came(Started(TICKET)), STRANGER))
    other = next(each for each in data(question) if each.endswith(":uk"))

    again = only(planned(voice, tap(other), STRANGER))

    assert "17" == again.replaces
    assert "Так, пишіть мені" == again.buttons[0][0].text
    assert Follow("token", TICKET, "uk", replaces="17") == planned(
        voice, tap(again.buttons[0][0].data), STRANGER
    )


def test_a_follower_is_asked_shortly_and_keeps_the_language(voice: Voice) -> None:
    """Who has agreed before gets the short question, and an old button does not change the language."""
    question = only(planned(voice, came(Started(TICKET)), FOLLOWER))

    assert "/stop" not in question.shown
    assert Follow("token", TICKET, "en", "17") == planned(voice, tap(f"y:{TICKET}:uk"), FOLLOWER)
    assert Follow("token", TICKET, "en", "17") == planned(voice, tap(f"y:{TICKET}"), FOLLOWER)


def test_redeemed_edits_the_question_and_shows_the_stage(voice: Voice) -> None:
    """After yes the question becomes a confirmation, and the stage comes with subscription and revision."""
    follow = Follow("token", TICKET, "en", replaces="17")

    first, second = told(voice, follow, Redeemed(created=True, followed=FOLLOWED))

    assert ("17", None, None) == (first.message.replaces, first.subscription_id, first.revision)
    assert "You now follow" in first.message.shown
    assert (None, ONE, 4) == (second.message.replaces, second.subscription_id, second.revision)
    assert "On its way to the office" in second.message.shown
    assert ["st", f"o:{ONE.hex}", f"m:{ONE.hex}", f"s:{ONE.hex}"] == data(second.message)


def test_redeemed_before_the_first_stage_is_one_message(voice: Voice) -> None:
    """Where there is no stage yet, the confirmation says so."""
    waiting = Redeemed(
        created=True, followed=FOLLOWED.model_copy(update={"stage": None, "occurred_at": None})
    )

    (only_one,) = told(voice, Follow("code", CODE, "en", "17"), waiting)

    assert "no news about it yet" in only_one.message.shown


def test_every_failed_receipt_gets_the_same_answer(voice: Voice) -> None:
    """Unknown, used up, withdrawn, broken: one answer that says what to check."""
    follow = Follow("token", TICKET, "en")
    refusals = [told(voice, follow, Refused(reason=reason)) for reason in ("invalid", "limit")]
    garbled = [planned(voice, came(body), STRANGER) for body in (Started("x"), Said("t.me/b?start=x"))]

    texts = {found[0].message.shown for found in refusals} | {only(found).shown for found in garbled}

    assert 1 == len(texts)
    assert "check" in texts.pop()


def test_a_slip_is_told_from_a_wrong_code(voice: Voice) -> None:
    """The check character tells a slip of the finger before anybody is asked."""
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")

    assert "slip" in only(planned(voice, typed_code.grouped(wrong), STRANGER)).shown
    assert "slip" in only(planned(voice, "AB12-CD34-EF56", STRANGER)).shown


@pytest.mark.parametrize(
    "text",
    [
        f"https://t.me/sample_bot?start={TICKET}",
        f"look: t.me/sample_bot?start={TICKET}, is it mine?",
        f"/start {TICKET}",
    ],
)
def test_a_pasted_link_is_a_way_in(voice: Voice, text: str) -> None:
    """A link that somebody copied in place of opening it asks the same question."""
    assert f"y:{TICKET}:en" in data(only(planned(voice, text, STRANGER)))


def test_a_code_among_words_is_found(voice: Voice) -> None:
    """The code may stand in a sentence."""
    assert f"yc:{CODE}:en" in data(only(planned(voice, f"my code is {CODE.lower()}, thank you", STRANGER)))


@pytest.mark.parametrize("text", ["мне 25 лет", "0671234567", "2026", "understandings", "x" * 10_000])
def test_words_and_numbers_are_not_taken_for_codes(voice: Voice, text: str) -> None:
    """Only what looks like a code with a slip is answered as one, however long the text."""
    assert "did not understand" in only(planned(voice, text, STRANGER)).shown


@pytest.mark.parametrize("text", [f"https://t.me/sample_bot?start={TICKET}", TICKET, f"t.me/b?start={CODE}"])
def test_a_code_in_a_photo_is_a_way_in(voice: Voice, text: str) -> None:
    """What a photo's code says is read like a link, also where other codes are in the picture."""
    come = came(Photo("file"))
    done = planned(voice, come, STRANGER)

    after = planner.then(done, Scanned(("https://example.org", text)), come, STRANGER, voice, intents=INTENTS)

    assert ReadPhoto("file") == done
    assert after is not None
    assert data(only(after))[0].startswith("y")


def test_a_photo_without_a_code_gets_a_kind_answer(voice: Voice) -> None:
    """Where no receipt is in a picture the answer says how to take a better one."""
    come = came(Photo("file"))

    found = planner.then(ReadPhoto("file"), Scanned(()), come, STRANGER, voice, intents=INTENTS)

    assert found is not None
    assert "closer" in only(found).shown


def test_a_picture_that_cannot_be_fetched_is_owned_up_to(voice: Voice) -> None:
    """When the messenger does not hand the picture out, we say that it is our trouble."""
    come = came(Photo("file"))

    assert planner.then(ReadPhoto("file"), Unavailable(), come, STRANGER, voice, intents=INTENTS) is None
    assert "Nothing is lost" in told(voice, ReadPhoto("file"), Unavailable(), STRANGER)[0].message.shown


def test_one_document_too_many_keeps_the_receipt_good(voice: Voice) -> None:
    """At the limit the answer says so, and the question's button goes on working."""
    (one,) = told(voice, Follow("token", TICKET, "en", "17"), Refused(reason="too_many"))

    assert "as many documents" in one.message.shown
    assert one.message.replaces is None


def test_too_many_tries_are_told_with_the_way_that_is_open(voice: Voice) -> None:
    """Over the limit of typed codes the answer says until when, names the QR code, keeps the question."""
    refused = Refused(reason="limit", again_at=AT)

    (one,) = told(voice, Follow("code", "Z" * 13, "en", "17"), refused)

    assert "2 March 2026" in one.message.shown
    assert "The square code (QR) on your receipt works at any time" in one.message.shown
    assert one.message.replaces is None


@pytest.mark.parametrize("refused", [Refused(reason="invalid"), Refused(reason="limit")])
def test_no_other_refusal_tells_anything(voice: Voice, refused: Refused) -> None:
    """Unknown, used up, withdrawn and a document that too many follow are one and the same answer."""
    (one,) = told(voice, Follow("code", "Z" * 13, "en"), refused)

    assert "could not find a document" in one.message.shown


SENTENCES = (
    "my code is {}, thank you",
    "please look at {} for me",
    "Мій код {}, дякую",
    "Добрий день! {} це номер на талоні",
    "мой код: {}. спасибо",
    "на талоне написано {} и что дальше",
)
GROUPINGS = {
    "as printed": (4, 8, 12),
    "as one word": (),
    "without the last": (4, 8),
    "by threes": (3, 6, 9, 12),
    "by twos": (2, 4, 6, 8, 10, 12),
}
DASHES = (" ", "-", "–", " - ", "\u00a0", "  ")


@given(
    raw=st.binary(min_size=8, max_size=8),
    sentence=st.sampled_from(SENTENCES),
    look=st.tuples(st.sampled_from(sorted(GROUPINGS)), st.sampled_from(DASHES), st.booleans()),
)
def test_a_code_in_a_sentence_is_found_as_people_write_it(
    voice: Voice, raw: bytes, sentence: str, look: tuple[str, str, bool]
) -> None:
    """Blanks and dashes in a code, and words of any language around it, do not hide it."""
    code, (grouping, dash, small) = typed_code.encode(raw), look
    assume(any(map(str.isdigit, code)))
    ends = (0, *GROUPINGS[grouping], typed_code.LENGTH)
    written = dash.join(code[start:end] for start, end in pairwise(ends))

    found = planned(voice, sentence.format(written.lower() if small else written), STRANGER)

    assert f"yc:{code}:en" in data(only(found))


@pytest.mark.parametrize(
    "text",
    [
        "my passport 12 is ready at 10",
        "мне 25 лет и я жду с 12 мая 2026 года",
        "to go at 10 or 12 on 5 of may",
        "тел 067 123 45 67, чекаю",
    ],
)
def test_numbers_in_a_sentence_are_not_taken_for_a_code(voice: Voice, text: str) -> None:
    """What is as long as a code by chance is not divided as one, or its check character is wrong."""
    found = planned(voice, text, STRANGER)

    assert [] == [one for one in data(only(found)) if one.startswith("yc:")]
