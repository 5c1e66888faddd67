"""What citizens do, carried out and answered once."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.messages.ids import SubscriptionId
from contracts.messages.rpc import Followed, Redeemed
from runtime.keyring import DecryptionError
from services.notifier.conversation import planner
from services.notifier.domain.incoming import Blocked, Body, Incoming, Said, Started, Tapped, Unblocked
from services.notifier.domain.messages import Message
from services.notifier.inbound.updates import Updates
from tests.integration.notifier.world import SECRET, World, notice

YES = Tapped(f"y:{SECRET}:uk", "55", "q1")


def did(update: int, body: Body, address: str = "7", *, private: bool = True) -> Incoming:
    return Incoming(str(update), address, private, "en", datetime.now(UTC), body)


def followed(revision: int = 3) -> Followed:
    return Followed(
        subscription_id=SubscriptionId(uuid4()),
        document_type="foreign_passport",
        masked="…123",
        revision=revision,
        stage="printing",
        occurred_at=datetime.now(UTC),
        since=datetime.now(UTC),
    )


@pytest.fixture
def updates(world: World) -> Updates:
    return world.updates()


async def answered(world: World) -> list[str]:
    """Send what waits and return the texts."""
    query = "SELECT id FROM delivery WHERE state = 'pending'"
    async with world.sending(await world.lease()):
        for row in await world.pool.fetch(query):
            while await world.pool.fetchval("SELECT ended_at IS NULL FROM delivery WHERE id = $1", row["id"]):
                await world.channel.began.wait()
    return [message.shown for _, message in world.channel.sent]


async def test_a_guest_leaves_no_trace(world: World, updates: Updates) -> None:
    """Whoever only asks or says no is answered, and after that nothing of them is stored."""
    await updates.take([did(1, Started(SECRET)), did(2, Tapped("n", "55", "q"))])
    kept = await world.count("recipient")

    texts = await answered(world)

    assert (1, 2) == (kept, len(texts))
    counts = [await world.count(table) for table in ("recipient", "delivery", "attempt", "handled_update")]
    assert [0, 0, 0, 0] == counts
    assert {} == await world.reports()


async def test_a_guest_who_cannot_be_answered_leaves_no_trace(world: World, updates: Updates) -> None:
    """A guest who blocks us before the answer is forgotten with it."""
    await updates.take([did(1, Started(SECRET))])
    await updates.take([did(2, Blocked())])

    assert [0, 0] == [await world.count("recipient"), await world.count("delivery")]


async def test_yes_makes_a_recipient_and_shows_the_stage(world: World, updates: Updates) -> None:
    """Consent is stored before the tracker is asked, and the answer carries subscription and revision."""
    found = followed()
    world.tracker.redeemed = Redeemed(created=True, followed=found)

    await updates.take([did(5, YES)])

    row = await world.pool.fetchrow("SELECT * FROM recipient")
    assert row is not None
    assert ("uk", True, [row["id"]]) == (
        row["language"],
        row["consented_at"] is not None,
        world.tracker.redeems,
    )
    deliveries = await world.pool.fetch("SELECT * FROM delivery WHERE revision IS NOT NULL")
    assert [(found.subscription_id, 3)] == [(one["subscription_id"], one["revision"]) for one in deliveries]
    assert ["q1"] == world.channel.taps
    assert b"7" != row["address"]


async def test_the_answer_of_a_redeem_never_follows_a_newer_stage(world: World, updates: Updates) -> None:
    """A stage told by an answer is superseded where a newer one was attempted before it."""
    found = followed(revision=3)
    world.tracker.redeemed = Redeemed(created=True, followed=found)
    person = await world.person("7")
    newer = notice(person, subscription=found.subscription_id, revision=4)
    async with world.sending(await world.lease()):
        await world.keep(newer)
        await world.ended(newer.notice_id)

    await updates.take([did(5, YES)])

    states = await world.pool.fetch("SELECT state FROM delivery WHERE revision = 3")
    assert ["superseded"] == [row["state"] for row in states]


async def test_a_refused_claim_takes_the_consent_back(world: World, updates: Updates) -> None:
    """Nobody is kept on record for a claim that the tracker refused."""
    await updates.take([did(5, YES)])
    consents = await world.pool.fetch("SELECT consented_at FROM recipient")

    texts = await answered(world)

    assert [None] == [row["consented_at"] for row in consents]
    assert (1, 0) == (len(texts), await world.count("recipient"))


async def test_a_refused_second_claim_leaves_the_first_consent(world: World, updates: Updates) -> None:
    """Who follows one document keeps following it when another claim is refused."""
    await world.person("7")

    await updates.take([did(5, YES)])

    assert await world.pool.fetchval("SELECT consented_at IS NOT NULL FROM recipient")


async def test_an_absent_tracker_is_owned_up_to(world: World, updates: Updates) -> None:
    """While the tracker is away people are told so, and the consent stands, for the claim may be redeemed."""
    world.tracker.away = True

    await updates.take([did(5, YES), did(6, Said("/status"))])

    assert await world.pool.fetchval("SELECT consented_at IS NOT NULL FROM recipient")
    assert 2 == await world.count("delivery")


async def test_a_replayed_update_does_nothing(world: World, updates: Updates) -> None:
    """However often an update comes, also after its answer was sent and forgotten, it is answered once."""
    came = [did(5, Started(SECRET)), did(6, Said("hello"), "8")]
    await updates.take(came)
    await answered(world)

    await updates.take(came)
    await updates.handler.handle(came[0])

    assert 0 == await world.count("delivery")
    assert 6 == await world.pool.fetchval("SELECT update_id FROM channel_offset")


async def test_an_update_half_done_is_finished(world: World, updates: Updates) -> None:
    """After a crash between an update's answers and the offset, only what was not yet done is done."""
    first, second = did(5, Started(SECRET)), did(6, Said("hello"), "8")
    await updates.handler.handle(first)

    await updates.take([first, second])

    assert 2 == await world.count("delivery")
    assert 0 == await world.count("handled_update")


async def test_numbers_that_restart_are_served(world: World, updates: Updates) -> None:
    """After a silence in which the messenger chose other numbers, lower ones are not taken for replays."""
    await updates.take([did(500, Started(SECRET))])
    await world.pool.execute("UPDATE channel_offset SET moved_at = moved_at - interval '8 days'")

    await updates.take([did(3, Said("hello"), "8")])

    assert 3 == await world.pool.fetchval("SELECT update_id FROM channel_offset")
    assert 2 == await world.count("delivery")


async def test_a_block_ends_what_waits_and_a_message_revives(world: World, updates: Updates) -> None:
    """Who blocks us is unreachable from then on, until they unblock or write."""
    person = await world.person("7")
    before, during, after = (notice(person) for _ in range(3))
    await world.keep(before)

    await updates.take([did(1, Blocked())])
    await world.keep(during)
    await updates.take([did(2, Unblocked())])
    await world.keep(after)

    states = [await world.state(one.notice_id) for one in (before, during, after)]
    assert ["undeliverable", "undeliverable", "pending"] == states
    assert {"blocked"} == {report.reason for report in (await world.reports()).values()}


async def test_a_block_older_than_the_last_message_is_void(world: World, updates: Updates) -> None:
    """A block that arrives after a message which was written later does not count."""
    await world.person("7")
    block = replace(did(2, Blocked()), at=datetime.now(UTC) - timedelta(minutes=1))

    await updates.take([did(1, Said("hello"))])
    await updates.take([block])

    assert await world.pool.fetchval("SELECT unreachable_since IS NULL FROM recipient")


async def test_groups_are_never_served(world: World, updates: Updates) -> None:
    """Nothing that happens in a group is stored or answered."""
    await updates.take([did(1, Started(SECRET), "-100", private=False)])

    assert [0, 0] == [await world.count("recipient"), await world.count("delivery")]


async def test_one_update_that_fails_does_not_stop_the_rest(
    world: World, updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update that meets a fault of ours is owned up to and those behind it are answered."""
    decided = planner.decided

    def faulty(incoming: Incoming, *rest: object) -> object:
        if incoming.update == "1":
            raise RuntimeError
        return decided(incoming, *rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(planner, "decided", faulty)

    await updates.take([did(1, Said("one")), did(2, Said("/help"))])

    texts = await answered(world)
    assert [True, False] == ["Nothing is lost" in text for text in texts]
    assert 2 == await world.pool.fetchval("SELECT update_id FROM channel_offset")


async def test_another_language_is_remembered(world: World, updates: Updates) -> None:
    """A recipient's chosen language is the one of all that follows."""
    person = await world.person("7", "en")

    await updates.take([did(1, Tapped("l:ru", "55", "q"))])
    told = notice(person)
    await world.keep(told)
    texts = await answered(world)

    assert "verification 1 ru" == texts[-1]


async def test_answers_go_first(world: World, updates: Updates) -> None:
    """However many notices wait, an answer is the next thing sent."""
    people = [await world.person(str(number)) for number in range(30)]
    await world.keep(*(notice(person, stage="arrived") for person in people))

    await updates.take([did(1, Said("/help"), "29")])
    await answered(world)

    first, *_ = world.channel.sent
    assert "29" == first[0]
    assert "verification" not in first[1].shown
    assert 31 == len(world.channel.sent)


async def test_an_answer_is_sealed_and_forgotten_when_it_ends(world: World, updates: Updates) -> None:
    """The text of an answer, whose buttons may hold a claim, is sealed, and not kept once it was sent."""
    await world.person("7")

    await updates.take([did(1, Started(SECRET))])
    [waiting] = await waiting_answers(world)
    readable = await world.pool.fetchval("SELECT payload::text LIKE '%' || $1 || '%' FROM delivery", SECRET)
    await answered(world)

    assert f"y:{SECRET}" in str(waiting.buttons)
    assert not readable
    assert await world.pool.fetchval("SELECT bool_and(payload IS NULL) FROM delivery")


async def waiting_answers(world: World) -> list[Message]:
    """Return the answers that wait, opened."""
    rows = await world.pool.fetch("SELECT id, payload FROM delivery WHERE kind = 'answer' ORDER BY seq")
    return [world.recipients.answers.open(row["id"], row["payload"]) for row in rows]


async def test_an_answer_of_the_version_before_goes_out(world: World) -> None:
    """An answer that was stored in clear, before answers were sealed, is sent as it stands."""
    person = await world.person("7")
    await world.pool.execute(
        "INSERT INTO delivery (id, channel, recipient_id, kind, class, payload, created_at, expires_at,"
        " state) VALUES ($1, 'telegram', $2, 'answer', 0, $3, now(), now() + interval '1 hour', 'pending')",
        uuid4(),
        person,
        '{"html": "in clear", "buttons": [[{"text": "yes", "data": "y", "url": null}]], "replaces": null}',
    )

    assert ["in clear"] == await answered(world)


async def test_the_version_before_says_to_ask_again(world: World, updates: Updates) -> None:
    """A notifier that cannot open an answer reads a message that tells nothing and to try later."""
    await world.person("7", "uk")
    await updates.take([did(1, Started(SECRET))])

    stored = await world.pool.fetchval("SELECT payload FROM delivery")

    read = json.loads(stored)
    assert "спробуйте, будь ласка, ще раз" in read.pop("html").lower()
    assert {"key", "box"} == read.keys()


async def test_an_answer_opens_in_its_own_row_only(world: World, updates: Updates) -> None:
    """Whoever moves a sealed answer into somebody else's row has it sent to nobody."""
    await world.person("7")
    await updates.take([did(1, Started(SECRET)), did(2, Said("/help"))])
    rows = await world.pool.fetch("SELECT id, payload FROM delivery ORDER BY seq")

    with pytest.raises(DecryptionError):
        world.recipients.answers.open(rows[0]["id"], rows[1]["payload"])
