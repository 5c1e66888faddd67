"""An address given on our page: its owner confirms it, once whatever comes between, and only they can."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.messages.forget import FORGET
from contracts.messages.rpc import Redeemed
from contracts.streams import FORGET_SUBJECT
from runtime.database.lease import Lease
from runtime.keyring import KeyRing
from runtime.messaging.jetstream import RpcUnavailableError
from services.notifier.delivery.upkeep.purge import ROLE, Purge
from services.notifier.domain.addresses import confirmations as rules
from services.notifier.domain.incoming import Blocked, Said, Tapped, Unblocked
from services.notifier.domain.preferences import Detail
from services.notifier.domain.results import Unreachable
from services.notifier.recipients.addresses import PURPOSE, Recipients
from services.notifier.recipients.rotation import rotate
from tests.integration.notifier.letterboxes import HER_PHONE, HERS, HOME, Letterboxes, letterboxes
from tests.integration.notifier.test_inbound import followed
from tests.integration.notifier.test_joining import Joiner
from tests.integration.notifier.two_apps import OLENA
from tests.integration.notifier.world import CLOCK, SECRET, World, notice
from tests.waiting import until

NEW, OLD = ("k2", b"2" * 32), ("k1", bytes(32))
DONE = "From now on we write to you here."


@pytest.fixture
def tracker() -> Joiner:
    return Joiner(redeemed=Redeemed(created=True, followed=followed()), followed=(followed(),))


@pytest.fixture
def boxes(world: World, tracker: Joiner) -> Letterboxes:
    return letterboxes(world, tracker)


async def invitation(boxes: Letterboxes, account: str) -> str:
    """Have Olena ask for another way in her messenger; return the secret of the link to one account."""
    await boxes.does("telegram", OLENA, Tapped("wa", None, "q"))
    (*_, answer) = await boxes.waiting("telegram")
    urls = [button.url or "" for row in answer.buttons for button in row]
    (secret,) = [url.rpartition("/")[2] for url in urls if f"/r/{account}/" in url]
    return secret


async def rows(boxes: Letterboxes, table: str) -> int:
    queries = {
        "confirmation": "SELECT count(*) FROM confirmation",
        "recipient": "SELECT count(*) FROM recipient",
        "address": "SELECT count(*) FROM address",
    }
    return int(await boxes.world.pool.fetchval(queries[table]))


async def test_an_address_is_written_to_once_its_owner_confirms(boxes: Letterboxes, tracker: Joiner) -> None:
    """Before, one message asks there and nothing else is known; after, they follow, in their language."""
    asked = await boxes.ask(language="uk")
    (message,) = await boxes.waiting()
    before = await boxes.who()
    done = await boxes.confirming.by_link(await boxes.link())

    assert ("sent", None, True) == (asked.came, before, done)
    assert "Це ваша адреса?" in message.shown
    assert "Підтвердьте, будь ласка, свою адресу" == message.subject
    person = await boxes.who()
    assert [person] == tracker.redeems
    (*_, answer) = await boxes.waiting()
    assert "Готово. Відтепер ми пишемо вам сюди." == answer.shown.partition("\n")[0]
    kept = await boxes.worlds["email"].recipients.find(boxes.world.pool, HERS)
    assert kept is not None
    assert ("uk", "news") == (kept.language, kept.detail)


@pytest.mark.parametrize("detail", ["news", "all"])
async def test_the_answer_tells_no_more_than_was_chosen(boxes: Letterboxes, detail: Detail) -> None:
    """Who chose news reads of no document in the answers; who chose all reads which it is and where."""
    await boxes.confirmed(detail=detail)

    answers = (await boxes.waiting())[1:]
    text = "\n".join(f"{one.subject}\n{one.shown}" for one in answers).lower()
    tells = [part in text for part in ("…123", "passport")]
    assert [detail == "all"] * 2 == tells
    urls = [button.url for one in answers for row in one.buttons for button in row]
    assert HOME in [*urls, *text.split()]
    assert all(one.subject for one in answers)


async def test_pressing_again_changes_nothing(boxes: Letterboxes, tracker: Joiner) -> None:
    """The link may be pressed many times and by two at once: it is one consent and one answer."""
    await boxes.ask()
    link = await boxes.link()

    done = await asyncio.gather(*(boxes.confirming.by_link(link) for _ in range(4)))
    again = await boxes.confirming.by_link(link)

    assert [True] * 5 == [*done, again]
    assert 1 == len(set(tracker.redeems))
    assert 1 == len([one for one in await boxes.waiting() if DONE in one.shown])


async def test_an_absent_tracker_leaves_the_link_good(boxes: Letterboxes, tracker: Joiner) -> None:
    """While it does not answer nothing is sent for a form; a pressed link is to be pressed again."""
    await boxes.ask()
    link = await boxes.link()
    tracker.away = True
    with pytest.raises(RpcUnavailableError):
        await boxes.ask("other@post.example")
    with pytest.raises(TimeoutError):
        await boxes.confirming.by_link(link)
    tracker.away = False

    assert await boxes.confirming.by_link(link)
    assert DONE in (await boxes.waiting())[-1].shown
    assert 2 == len(await boxes.waiting())


async def test_a_channel_that_counts_its_updates_passes_no_confirmation_by(boxes: Letterboxes) -> None:
    """Where updates are numbered, as of a mailbox, a confirmation is dealt with all the same."""
    await boxes.world.pool.execute(
        "INSERT INTO channel_offset (channel, update_id) VALUES ('email', $1)", 2**40
    )

    await boxes.confirmed()

    assert None is not await boxes.who()


async def test_a_number_is_confirmed_by_its_code(boxes: Letterboxes) -> None:
    """The right code on the page to which it belongs; neither a wrong one nor the page's own secret."""
    asked = await boxes.ask(HER_PHONE, "sms")
    code = await boxes.code()
    wrong = f"{(int(code) + 1) % 10**6:06}"

    tries = [
        await boxes.confirming.by_link(asked.secret),
        await boxes.confirming.by_code(asked.secret, wrong),
        await boxes.confirming.by_code(rules.new_secret(), code),
    ]
    before = await boxes.who(HER_PHONE, "sms")
    right = [await boxes.confirming.by_code(asked.secret, code) for _ in range(rules.TRIES + 2)]

    assert ([False] * 3, None) == (tries, before)
    assert all(right)
    assert None is not await boxes.who(HER_PHONE, "sms")


async def test_who_is_known_elsewhere_becomes_one(boxes: Letterboxes, tracker: Joiner) -> None:
    """By a link of one's own the address is theirs, behind what they had, and the messenger is told."""
    olena = await boxes.world.person(OLENA)
    await boxes.confirmed(secret=await invitation(boxes, "email"))

    assert (["telegram", "email"], olena) == (await boxes.ways(olena), await boxes.who())
    assert [] == tracker.joins
    assert DONE in (await boxes.waiting())[-1].shown
    assert "here too: E-mail" in (await boxes.waiting("telegram"))[-1].shown


async def test_an_address_of_somebody_makes_two_one(boxes: Letterboxes, tracker: Joiner) -> None:
    """Where the confirmed address is somebody's already, both follow what both followed."""
    olena = await boxes.world.person(OLENA)
    await boxes.confirmed()
    also = await boxes.who()
    secret = await invitation(boxes, "email")

    await boxes.confirmed(secret=secret)

    assert [(also, olena)] == tracker.joins
    assert ["telegram", "email"] == await boxes.ways(olena)


async def test_a_second_document_by_the_same_address(boxes: Letterboxes, tracker: Joiner) -> None:
    """Who has confirmed an address confirms it for another receipt as well, and stays who they are."""
    await boxes.confirmed()
    first = await boxes.who()
    await boxes.confirmed(detail="all")

    assert [first, first] == tracker.redeems
    assert first == await boxes.who()
    kept = await boxes.worlds["email"].recipients.find(boxes.world.pool, HERS)
    assert kept is not None
    assert "all" == kept.detail


async def test_asking_alone_changes_nothing_of_somebody(boxes: Letterboxes, tracker: Joiner) -> None:
    """What a stranger asks for at somebody's address stays without effect until its owner confirms it."""
    await boxes.confirmed(detail="news")
    before = await boxes.world.pool.fetchrow("SELECT * FROM address")

    asked = await boxes.ask(detail="all", language="ru")

    assert "sent" == asked.came
    assert before == await boxes.world.pool.fetchrow("SELECT * FROM address")
    assert 1 == len(tracker.redeems)


async def test_who_could_not_be_reached_may_come_back(boxes: Letterboxes) -> None:
    """At an address that was given up as unreachable its owner can confirm again."""
    await boxes.confirmed()
    person = await boxes.who()
    email = boxes.worlds["email"]
    email.channel.scripts[HERS] = [Unreachable("not_found")] * 3
    assert person is not None
    told = notice(person)
    await email.keep(told)
    async with email.sending(await email.lease()):
        await email.ended(told.notice_id)
        email.channel.scripts.clear()
        await boxes.ask()
        email.tools.wake.set()
        (waiting,) = await email.pool.fetch("SELECT id FROM delivery WHERE ended_at IS NULL")
        await email.ended(waiting["id"])

    assert "Is this address yours?" in email.channel.texts(HERS)[-1]


async def test_a_form_does_not_take_back_a_stop(boxes: Letterboxes) -> None:
    """Whoever types a number that said STOP sends nothing there; it stays silent until it says START."""
    asked = await boxes.ask(HER_PHONE, account="sms")
    assert await boxes.confirming.by_code(asked.secret, await boxes.code())
    await boxes.does("sms", HER_PHONE, Blocked("stopped"))
    before = len(await boxes.waiting("sms"))

    stopped = await boxes.ask(HER_PHONE, account="sms")
    reason = await boxes.world.pool.fetchval("SELECT unreachable_reason FROM address WHERE channel = 'sms'")
    silent = len(await boxes.waiting("sms"))
    await boxes.does("sms", HER_PHONE, Unblocked())
    started = await boxes.ask(HER_PHONE, account="sms")

    assert ("limited", "stopped", before) == (stopped.came, reason, silent)
    assert "sent" == started.came


async def test_forgetting_leaves_nothing_to_confirm(boxes: Letterboxes) -> None:
    """Who is forgotten has no confirmation left, and a link pressed before is no way back."""
    await boxes.confirmed()
    link = await boxes.link()
    person = await boxes.who()
    assert person is not None
    await boxes.leaving.by_link(person, CLOCK.now())

    assert not await boxes.confirming.by_link(link)
    assert None is await boxes.who()
    assert 0 == await rows(boxes, "confirmation")


async def test_forgetting_and_confirming_at_once(boxes: Letterboxes) -> None:
    """However they fall, either nothing of the person is left, or they are there by what they confirmed."""
    for number in range(6):
        address = f"a{number}@post.example"
        await boxes.confirmed(address)
        person = await boxes.who(address)
        await boxes.world.pool.execute("DELETE FROM contact_count")
        await boxes.ask(address)
        link = await boxes.link()
        assert person is not None

        done, _ = await asyncio.gather(
            boxes.confirming.by_link(link), boxes.leaving.by_link(person, CLOCK.now()), return_exceptions=True
        )

        found = await boxes.who(address)
        assert found is None or done is True
        assert found is None or found != person


async def _nobody(boxes: Letterboxes) -> bool:
    return not await rows(boxes, "recipient")


async def test_what_nobody_confirms_leaves_nothing(boxes: Letterboxes) -> None:
    """Once the message is sent nobody is on record, and after its time the purge leaves no row."""
    email = boxes.worlds["email"]
    await boxes.ask()
    link = await boxes.link()
    async with email.sending(await email.lease()):
        await until(lambda: _nobody(boxes))
    after_sending = await rows(boxes, "recipient"), await rows(boxes, "address")
    await email.pool.execute(
        "UPDATE confirmation SET expires_at = now() - interval '1 second'; "
        "UPDATE contact_count SET since = since - interval '1 day'"
    )
    late = await boxes.confirming.by_link(link)
    await Purge(email.pool, Lease(email.pool, CLOCK, ROLE, "one"), CLOCK, timedelta(days=40)).once()

    assert 1 == len(email.channel.sent)
    assert ((0, 0), False) == (after_sending, late)
    for table in ("confirmation", "contact_count", "delivery", "attempt", "handled_update", "address"):
        assert 0 == await email.pool.fetchval(f"SELECT count(*) FROM {table}"), table  # noqa: S608 - names of ours


async def test_nothing_is_kept_in_clear(boxes: Letterboxes) -> None:
    """Neither the address nor a secret nor a code stands in a row; new keys open it, and the old may go."""
    asked = await boxes.ask(HER_PHONE, "sms")
    code = await boxes.code()
    pool = boxes.world.pool
    found = [
        str(row[0])
        for table in ("confirmation", "contact_count", "delivery", "recipient", "address")
        for row in await pool.fetch(f"SELECT row_to_json(t)::text FROM {table} t")  # noqa: S608 - as above
    ]
    done = await rotate(pool, KeyRing([NEW, OLD], PURPOSE))
    new = Recipients("telegram", KeyRing([NEW], PURPOSE))
    only = letterboxes(replace(boxes.world, recipients=new), boxes.asking.tracker)

    assert [] == [row for row in found if any(one in row for one in (HER_PHONE, code, SECRET, asked.secret))]
    assert {"k2"} == set(done.left)
    assert await only.confirming.by_code(asked.secret, code)


async def test_a_stop_ends_the_address(boxes: Letterboxes) -> None:
    """Who has others goes on there; who has no other is forgotten, and each is told so once more."""
    olena = await boxes.world.person(OLENA)
    await boxes.confirmed(secret=await invitation(boxes, "email"))
    await boxes.does("email", HERS, Said("STOP"))
    left = await boxes.ways(olena)
    told = (await boxes.waiting())[-1].shown
    await boxes.ask(HER_PHONE, "sms")
    alone = (await boxes.waiting("sms"))[-1]
    await boxes.does("sms", HER_PHONE, Said("стоп"))

    assert (["telegram"], None) == (left, await boxes.who())
    assert "We now write to you here: Telegram" in told
    assert alone == (await boxes.waiting("sms"))[-1]


async def test_a_stop_at_the_last_address_forgets(boxes: Letterboxes) -> None:
    """The tracker is told to forget them, what waits ends, and the last message says that nothing is kept."""
    await boxes.confirmed()
    person = await boxes.who()
    assert person is not None
    waits = notice(person)
    await boxes.worlds["email"].keep(waits)
    await boxes.does("email", HERS, Said("Відпишіть мене"))

    sent = await boxes.world.pool.fetch("SELECT payload FROM outbox WHERE subject = $1", FORGET_SUBJECT)
    assert [person] == [FORGET.validate_json(row["payload"]).recipient_id for row in sent]
    assert "withdrawn" == await boxes.world.state(waits.notice_id)
    assert "so we keep nothing about you" in (await boxes.waiting())[-1].shown
    assert None is await boxes.who()


@pytest.mark.parametrize("text", ["Where is my passport?", "/status", "1", "Ok, thank you"])
async def test_nothing_else_is_answered(boxes: Letterboxes, text: str) -> None:
    """A text that asks for no end gets no answer: machines that answer each other would never end."""
    await boxes.confirmed()
    before = len(await boxes.waiting())
    await boxes.does("email", HERS, Said(text))

    assert before == len(await boxes.waiting())
    assert None is not await boxes.who()


@pytest.mark.parametrize("others", [True, False])
async def test_one_click_ends_the_address(boxes: Letterboxes, *, others: bool) -> None:
    """The link ends the address that it was sent to, without a word to it; again it changes nothing."""
    olena = await boxes.world.person(OLENA)
    await boxes.confirmed(secret=await invitation(boxes, "email") if others else SECRET)
    person = await boxes.who()
    assert person is not None
    (address,) = await boxes.world.pool.fetch("SELECT id FROM address WHERE channel = 'email'")
    before = len(await boxes.waiting())
    secret = boxes.links.link(address["id"]).rpartition("/")[2]
    for _ in range(2):
        found = boxes.links.address(secret)
        assert found is not None
        await boxes.leaving.by_link(found, CLOCK.now())

    assert None is await boxes.who()
    assert before >= len(await boxes.waiting())
    assert ["telegram"] == await boxes.ways(olena)
