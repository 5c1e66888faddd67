"""What is planned and said about several addresses of one person."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.links import JOINING as SECRET
from contracts.links import TOKEN, page_link, secret_in
from services.notifier.conversation.outcomes import _secret
from services.notifier.domain.actions import Reply, Unavailable
from services.notifier.domain.addresses.ways import (
    AddWay,
    AskToDrop,
    AskToJoin,
    DropWay,
    Invitations,
    Inviting,
    Join,
    PutFirst,
    ShowWays,
    Uninvited,
    Way,
    Ways,
    WriteLetter,
    letterbox_of,
    offered,
)
from services.notifier.domain.incoming import Photo, Said, Started
from services.notifier.wording.i18n import Voice
from services.notifier.wording.keyboard import callback_data
from tests.unit.notifier.talk import (
    AT,
    FOLLOWED,
    FOLLOWER,
    FORMER,
    JOINING,
    ONE,
    STRANGER,
    TWO,
    came,
    data,
    planned,
    tap,
    told,
)

accounts = st.lists(
    st.sampled_from(["telegram", "telegram.second", "viber", "viber.old", "web"]), unique=True
)
ways = st.builds(Way, st.uuids(), st.sampled_from(["telegram", "viber"]), st.booleans(), st.just(AT))


@pytest.mark.parametrize(
    ("act", "plan"),
    [
        ("/ways", ShowWays()),
        ("I want notifications in Viber", ShowWays()),
        ("хочу отримувати сповіщення у вайбер", ShowWays()),
        (tap("w"), ShowWays("17")),
        (tap("wa"), AddWay()),
        ("/mail", WriteLetter(last=True)),
        ("by e-mail, please", WriteLetter(last=True)),
        ("Надішліть, будь ласка, цю відповідь на електронну пошту", WriteLetter(last=True)),
        ("пришлите на почту", WriteLetter(last=True)),
        (tap("wl"), WriteLetter()),
        (tap(callback_data.way("first", ONE)), PutFirst(ONE, "17")),
        (tap(callback_data.way("ask_drop", ONE)), AskToDrop(ONE)),
        (tap(callback_data.way("drop", ONE)), DropWay(ONE, "17")),
        (tap(callback_data.joining("y", JOINING, "uk")), Join(JOINING, "17")),
        (tap(callback_data.joining("a", JOINING, "uk")), AskToJoin(JOINING, "uk", "17")),
        (came(Started(JOINING)), AskToJoin(JOINING)),
        (came(Said(f"https://t.me/sample_bot?start={JOINING}")), AskToJoin(JOINING)),
        (came(Said(page_link("https://docs.agency.example/x", "viber", JOINING))), AskToJoin(JOINING)),
    ],
)
def test_wishes_become_plans(voice: Voice, act: object, plan: object) -> None:
    """Commands, words, buttons and links lead to what they ask for."""
    assert plan == planned(voice, act)  # type: ignore[arg-type]  # a text or an act


@pytest.mark.parametrize("known", [STRANGER, FORMER])
@pytest.mark.parametrize("act", ["/ways", tap("w"), tap("wa"), tap(callback_data.way("drop", ONE))])
def test_strangers_have_no_ways(voice: Voice, act: object, known: object) -> None:
    """Who follows nothing is told how to begin."""
    found = planned(voice, act, known)  # type: ignore[arg-type]  # as above

    assert isinstance(found, Reply)
    assert "do not follow any document" in found.messages[0].shown


@given(st.from_regex(SECRET, fullmatch=True))
def test_no_secret_of_a_link_is_taken_for_a_receipt(secret: str) -> None:
    """The two never look alike, and every button that carries one fits."""
    assert TOKEN.fullmatch(secret) is None
    assert secret == secret_in(page_link("https://docs.agency.example", "viber", secret))
    button = callback_data.joining("y", secret, "uk")
    assert callback_data.Joining(given=True, secret=secret, language="uk") == callback_data.parse(button)
    assert len(button) <= callback_data.LONGEST


def test_secrets_are_of_their_form_and_never_the_same() -> None:
    """Each is 128 random bits."""
    made = {_secret() for _ in range(1000)}

    assert 1000 == len(made)
    assert all(SECRET.fullmatch(one) for one in made)


@given(st.sampled_from(["first", "ask_drop", "drop"]), st.uuids())
def test_buttons_of_addresses_come_back(verb: callback_data.WayVerb, address: UUID) -> None:
    """What a button carries means the same when it is tapped."""
    made = callback_data.way(verb, address)

    assert callback_data.Way(verb, address) == callback_data.parse(made)
    assert len(made) <= callback_data.LONGEST


@given(accounts, st.lists(ways))
def test_what_can_be_added_is_what_is_lacking(served: list[str], have: list[Way]) -> None:
    """One account of each channel that is served and that somebody lacks, in the order of the agency."""
    found = offered(served, have)
    channels = [account.partition(".")[0] for account in found]

    assert len(channels) == len(set(channels))
    assert set(channels) == {one.partition(".")[0] for one in served} - {way.account for way in have}
    assert [account for account in served if account in found] == list(found)


@given(st.lists(ways, min_size=1, unique_by=lambda way: way.address_id))
def test_somebody_can_always_be_reached_after_a_drop_as_before(have: list[Way]) -> None:
    """The one address left, or the only one that works, is alone; any other may go."""
    found = Ways(have, None)

    for way in have:
        left = [one for one in have if one is not way]
        works = any(one.reachable for one in left)
        assert found.alone(way.address_id) == (not left or (way.reachable and not works))


def test_the_question_names_documents_only(voice: Voice) -> None:
    """Whoever brings a link reads from where it came and what is followed there, without private names."""
    inviting = Inviting("telegram", (FOLLOWED,))

    (asked,) = told(voice, AskToJoin(JOINING), inviting, STRANGER)

    assert all(part in asked.message.shown for part in ("Telegram", "…0001", "only if that was you"))
    assert f"jy:{JOINING}:en" in data(asked.message)
    assert asked.message.private


def test_links_are_buttons_that_nobody_passes_on(voice: Voice) -> None:
    """The link is for the one who asked: it opens by a button, and the message is kept from others."""
    (answer,) = told(voice, AddWay(), Invitations({"viber": JOINING}))

    urls = [button.url for row in answer.message.buttons for button in row if button.url]
    assert [f"viber://pa?chatURI=sample&context={JOINING}"] == urls
    assert answer.message.private
    assert not answer.for_others


@pytest.mark.parametrize("plan", [ShowWays(), AddWay(), AskToJoin(JOINING), Join(JOINING), DropWay(TWO)])
def test_an_outcome_that_does_not_come_is_owned_up_to(voice: Voice, plan: object) -> None:
    """Whatever is asked for, without an answer of the tracker people are asked to try later."""
    (answer,) = told(voice, plan, Unavailable())  # type: ignore[arg-type]  # each is a plan

    assert "Nothing is lost" in answer.message.shown


def test_what_does_not_work_is_said_in_one_way(voice: Voice) -> None:
    """The question and the yes meet the same words, for followers and for strangers."""
    found = [
        told(voice, plan, Uninvited(), known)[0].message.shown
        for plan in (AskToJoin(JOINING), Join(JOINING))
        for known in (FOLLOWER, STRANGER)
    ]

    assert 1 == len(set(found))


def test_a_photo_of_a_link_joins_nobody(voice: Voice) -> None:
    """A photo is read for receipts only."""
    assert not isinstance(planned(voice, came(Photo("x"))), AskToJoin)


def test_letters_go_to_the_first_address_that_takes_them() -> None:
    """An address that was confirmed by a link and can be written to, in the person's own order; else none."""
    chat, shut, first, second = (
        Way(UUID(int=number), account, reachable, AT)
        for number, (account, reachable) in enumerate(
            [("telegram", True), ("email", False), ("email", True), ("email.second", True)]
        )
    )

    assert first == letterbox_of([chat, shut, first, second])
    assert letterbox_of([chat, shut]) is None
