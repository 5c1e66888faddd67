"""The rules by which an address is confirmed, and what is said and done where nobody converses."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.links import JOINING as LINK_SECRET
from contracts.links import TOKEN
from contracts.messages.rpc import Redeemed, Refused
from services.notifier.conversation import planner, replies
from services.notifier.domain.actions import (
    Action,
    Follow,
    Ignore,
    Known,
    KnownRecipient,
    MarkUnreachable,
    Revive,
)
from services.notifier.domain.addresses import confirmations as rules
from services.notifier.domain.addresses.links import Links
from services.notifier.domain.addresses.ways import (
    Dropped,
    Join,
    Leave,
    LeftAltogether,
    OnePerson,
    Uninvited,
)
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    Photo,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
    update_number,
)
from services.notifier.domain.messages import utf16_length
from services.notifier.domain.preferences import Detail, Personal
from services.notifier.wording import prompts
from services.notifier.wording.i18n import Voice
from tests.intents import INTENTS
from tests.unit.notifier.talk import CODE, FOLLOWED, JOINING, LANGUAGES, TICKET, came

HOME = "https://docs.agency.example/"
ONE_PART = {"uk": 70, "ru": 70, "en": 160}
OUTCOMES = (
    (Follow("token", TICKET, "en"), Redeemed(created=True, followed=FOLLOWED)),
    (Follow("token", TICKET, "en"), Refused(reason="invalid")),
    (Follow("token", TICKET, "en"), Refused(reason="too_many")),
    (Join(JOINING), OnePerson(already=False)),
    (Join(JOINING), OnePerson(already=True)),
    (Join(JOINING), Uninvited()),
    (Join(JOINING), Uninvited(forgotten=True)),
    (Leave(), Dropped("email", "telegram", here=True)),
    (Leave(), LeftAltogether()),
)


def letterbox(detail: Detail = "news", *, follows: bool = True) -> Known:
    """Somebody at an address where nobody converses."""
    names = Personal(phrase="yellow cat", names={FOLLOWED.subscription_id: "Mum's card"})
    person = KnownRecipient("en", consented=True, personal=names) if follows else None
    return Known(person, LANGUAGES, Links(home=HOME), detail)


def planned(voice: Voice, body: Body, known: Known) -> Action:
    return planner.plan(came(body), known, voice, INTENTS)


@given(st.uuids(), st.integers(0, 2**62 - 1))
def test_no_numbered_update_passes_a_confirmation_by(confirmation: UUID, offset: int) -> None:
    """Its number is the same each time, is kept whole, and lies above all that a channel counts to."""
    identity = rules.update_of(confirmation)

    assert rules.update_of(UUID(int=confirmation.int)) == identity
    assert offset < int(identity) == update_number(identity)


def test_codes_and_secrets_are_of_their_form() -> None:
    """Codes have six digits, zeros in front too; secrets have 128 bits and are never the same."""
    codes = {rules.new_code() for _ in range(3000)}
    made = {rules.new_secret() for _ in range(1000)}

    assert all(rules.CODE.fullmatch(one) for one in codes)
    assert {str(digit) for digit in range(10)} == {one[0] for one in codes}
    assert all(rules.SECRET.fullmatch(one) for one in made)
    assert 1000 == len(made)


@given(
    st.from_regex(TOKEN, fullmatch=True).map(lambda one: (one, "receipt"))
    | st.from_regex(LINK_SECRET, fullmatch=True).map(lambda one: (one, "invitation"))
    | st.text("abc-_", max_size=21)
    .filter(lambda one: not LINK_SECRET.fullmatch(one))
    .map(lambda one: (one, None))
)
def test_a_secret_is_known_by_its_form(given_: tuple[str, str | None]) -> None:
    """A receipt's token and the secret of one's own link are told apart; anything else is neither."""
    assert given_[1] == rules.brought(given_[0])


@pytest.mark.parametrize(
    ("body", "plan"),
    [
        (Tapped(f"y:{TICKET}:uk", None, ""), Follow("token", TICKET, "uk")),
        (Tapped(f"jy:{JOINING}:uk", None, ""), Join(JOINING)),
        (Tapped(f"c:{TICKET}:uk", None, ""), Ignore("unreadable")),
        (Tapped(f"ja:{JOINING}:uk", None, ""), Ignore("unreadable")),
        (Tapped("f", None, ""), Ignore("unreadable")),
        (Tapped("x:all", None, ""), Ignore("unreadable")),
        (Said("STOP"), Leave()),
        (Said("стоп"), Leave()),
        (Said("відпишіть мене"), Leave()),
        (Said("отпишите меня"), Leave()),
        (Said("delete my data"), Leave()),
        (Said("why did you stop writing?"), Ignore("unreadable")),
        (Said("where is my passport"), Ignore("unreadable")),
        (Said(CODE), Ignore("unreadable")),
        (Started(TICKET), Ignore("unreadable")),
        (Photo("x"), Ignore("unreadable")),
        (Unsupported("voice"), Ignore("unreadable")),
        (Blocked(), MarkUnreachable("blocked")),
        (Unblocked(), Revive()),
    ],
)
def test_nothing_but_confirming_and_ending_is_done(voice: Voice, body: Body, plan: Action) -> None:
    """Where nobody converses a yes to a receipt or a link counts, and a stop; nothing else is looked at."""
    assert plan == planned(voice, body, letterbox())


def test_a_stranger_cannot_stop_anything(voice: Voice) -> None:
    """Who is nobody on record is not answered."""
    assert Ignore("unreadable") == planned(voice, Said("STOP"), letterbox(follows=False))


@given(text=st.text(max_size=60))
def test_whatever_is_written_there_reveals_nothing(voice: Voice, text: str) -> None:
    """No text gets an answer but one that ends the address."""
    plan = planned(voice, Said(text), letterbox())

    assert isinstance(plan, Leave | Ignore)
    assert () == replies.answer(Ignore("unreadable"), None, came(Said(text)), letterbox(), voice)


@pytest.mark.parametrize("done", OUTCOMES, ids=lambda one: type(one[1]).__name__)
def test_news_alone_names_no_document(voice: Voice, done: tuple[Action, object]) -> None:
    """What is answered there holds no document, number, stage or private name, in text or subject."""
    plan, outcome = done

    answers = replies.answer(plan, outcome, came(Said("x")), letterbox(), voice)  # type: ignore[arg-type]  # an outcome

    told = "\n".join(f"{one.message.subject}\n{one.message.shown}" for one in answers)
    catalogue = voice.catalogue
    private = ["…0001", "Mum's card", catalogue.text(catalogue.documents["id_card"].name, "en")]
    private += [catalogue.text(stage.name, "en") for stage in catalogue.stages.values()]
    assert answers
    assert [] == [one for one in private if one in told]
    assert all(one.message.subject for one in answers)
    assert all(button.url for one in answers for row in one.message.buttons for button in row)
    assert "yellow cat" in told


def test_all_that_was_chosen_is_told(voice: Voice) -> None:
    """Who chose everything reads which document it is and where."""
    plan, outcome = OUTCOMES[0]

    answers = replies.answer(plan, outcome, came(Said("x")), letterbox("all"), voice)

    assert 2 == len(answers)
    assert all("…0001" in one.message.shown for one in answers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_fits_one_text_message(voice: Voice, language: str) -> None:
    """With the address of a page of a usual length."""
    message = prompts.confirm_by_code(voice.speech(language), "012345", "docs.agency.example")

    assert "012345" in message.shown
    assert utf16_length(message.shown) <= ONE_PART[language]


def test_faults_are_not_owned_up_to_there(voice: Voice) -> None:
    """An apology, or a word to who writes too fast, is no news: nothing is sent."""
    for excuse in (replies.apology, replies.slower):
        assert () == excuse(came(Said("x")), letterbox(), voice)
