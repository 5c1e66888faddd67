"""One more address by a link of one's own: asked about, joined once, and whole whatever comes between."""

import asyncio
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest

from contracts.messages.following import FollowedTwice, Joined
from contracts.messages.forget import FORGET
from contracts.messages.ids import RecipientId, SubscriptionId
from contracts.messages.rpc import Refused
from contracts.streams import FORGET_SUBJECT
from runtime.messaging.jetstream import RpcUnavailableError
from services.notifier.domain.incoming import Said, Started, Tapped
from services.notifier.domain.preferences import SetName
from services.notifier.recipients import routes
from tests.integration.notifier.test_inbound import did, followed
from tests.integration.notifier.two_apps import HERS, OLENA, TwoApps, two_apps
from tests.integration.notifier.world import ScriptedTracker, World, notice

NO_LINK = "This link does not work"


@dataclass
class Joiner(ScriptedTracker):
    """A tracker that joins people, and with which something happens meanwhile."""

    stays: RecipientId | None = None
    twice: tuple[FollowedTwice, ...] = ()
    forgotten: set[RecipientId] = field(default_factory=set)
    meanwhile: list[object] = field(default_factory=list)

    async def join(self, joining: RecipientId, into: RecipientId) -> Joined | Refused:
        """Answer as set, after what was to happen meanwhile."""
        self._answer()
        if {joining, into} & self.forgotten:
            return Refused(reason="invalid")
        if joining == into:
            return Joined(into=into, moved=0)
        self.joins.append((joining, into))
        while self.meanwhile:
            await self.meanwhile.pop()  # type: ignore[misc]  # what a test puts there can be awaited
        return Joined(into=self.stays or into, moved=0, already_followed=self.twice)


@pytest.fixture
def tracker() -> Joiner:
    return Joiner(followed=(followed(),))


@pytest.fixture
def apps(world: World, tracker: Joiner) -> TwoApps:
    """Telegram and Viber."""
    return two_apps(world, tracker)


async def told_to_forget(world: World) -> set[RecipientId]:
    """Whom the tracker is told to forget."""
    rows = await world.pool.fetch("SELECT payload FROM outbox WHERE subject = $1", FORGET_SUBJECT)
    return {FORGET.validate_json(row["payload"]).recipient_id for row in rows}


async def nobody(apps: TwoApps) -> bool:
    """Tell whether neither chat is anybody's who has consented."""
    found = (await apps.who(apps.telegram, OLENA), await apps.who(apps.viber, HERS))
    return found == (None, None)


async def test_a_link_adds_the_other_messenger(apps: TwoApps, tracker: Joiner) -> None:
    """The other chat is asked, naming documents and nothing else; after the yes both are one, and told."""
    olena = await apps.telegram.person(OLENA)
    async with apps.telegram.store.unit() as unit:
        name = SetName(tracker.followed[0].subscription_id, "Mum's passport", None)
        await apps.telegram.recipients.preferences.store(unit.connection, olena, name)
    secret = await apps.link(apps.telegram, OLENA)

    asked = await apps.opens(apps.viber, HERS, secret)
    before = await apps.ways(olena)
    answer = await apps.says_yes(apps.viber, HERS, secret)

    assert all(part in asked for part in ("It was made in Telegram.", "…123", "Say yes only if that was you"))
    assert not any(part in asked for part in ("Mum's passport", OLENA + "\n"))
    assert ["telegram"] == before
    assert "We now write to you here as well" in answer
    assert ["telegram", "viber"] == await apps.ways(olena)
    assert olena == await apps.who(apps.viber, HERS)
    assert "here too: Viber" in (await apps.answers(apps.telegram))[-1].shown
    assert [] == tracker.joins


async def test_only_a_digest_of_the_secret_is_kept(apps: TwoApps) -> None:
    """Neither the invitations nor an answer in clear hold it."""
    await apps.telegram.person(OLENA)
    secret = await apps.link(apps.telegram, OLENA)

    rows = await apps.telegram.pool.fetch("SELECT row_to_json(i) AS r FROM address_invitation i")
    payloads = await apps.telegram.pool.fetch("SELECT payload FROM delivery")

    assert 1 == len(rows)
    assert not [row for row in (*rows, *payloads) if secret in str(row[0]) or secret[2:] in str(row[0])]


async def test_a_secret_is_used_up_at_one_address(apps: TwoApps) -> None:
    """There it works again, also after its day, for what was begun; anywhere else it never does."""
    await apps.telegram.person(OLENA)
    secret, pool = await apps.link(apps.telegram, OLENA), apps.telegram.pool
    here, there = uuid4(), uuid4()

    used = [await routes.use_invitation(pool, secret, one) for one in (here, here, there)]
    await pool.execute("UPDATE address_invitation SET expires_at = now()")
    late = [await routes.use_invitation(pool, secret, one) for one in (here, there)]

    assert ([True, True, False], [True, False]) == (used, late)


async def test_the_question_is_shown_before_anything_may_be_sent(apps: TwoApps) -> None:
    """Where the answer to the post is shown it is the question, the same each time; nothing is stored."""
    await apps.telegram.person(OLENA)
    secret = await apps.link(apps.telegram, OLENA)
    opened = replace(did(1, Started(secret), HERS), inline=True)
    updates = apps.viber.updates(apps.tracker)

    shown, again = [await updates.take_one(opened) for _ in range(2)]

    assert shown == again
    assert "Are you the one who made this link?" in shown[0].shown
    assert "jy:" in shown[0].buttons[0][0].data
    assert None is await apps.viber.recipients.find(apps.viber.pool, HERS)


async def test_two_people_on_record_become_one(apps: TwoApps, tracker: Joiner) -> None:
    """The tracker is asked first; then addresses, what waits and what comes for either are the one's."""
    olena, also = await apps.telegram.person(OLENA), await apps.viber.person(HERS)
    ended, stays = SubscriptionId(uuid4()), SubscriptionId(uuid4())
    tracker.twice = (FollowedTwice(ended=ended, stays=stays),)
    waits = notice(also, subscription=ended)
    await apps.viber.keep(waits)
    secret = await apps.link(apps.telegram, OLENA)

    await apps.says_yes(apps.viber, HERS, secret)
    late = notice(also)
    await apps.viber.keep(late)

    assert [(also, olena)] == tracker.joins
    assert ["telegram", "viber"] == await apps.ways(olena)
    rows = [await apps.viber.row(one.notice_id) for one in (waits, late)]
    assert [olena, olena] == [row["recipient_id"] for row in rows]
    assert ("viber", stays) == (rows[0]["channel"], rows[0]["subscription_id"])
    assert "telegram" == rows[1]["channel"]


async def test_the_tracker_says_who_stays(apps: TwoApps, tracker: Joiner) -> None:
    """Where it chose the other way round the one who brought the link stays, and the link's maker is told."""
    olena, also = await apps.telegram.person(OLENA), await apps.viber.person(HERS)
    tracker.stays = also
    secret = await apps.link(apps.telegram, OLENA)

    await apps.says_yes(apps.viber, HERS, secret)
    again = await apps.says_yes(apps.viber, HERS, secret)

    assert (["viber", "telegram"], also) == (await apps.ways(also), await apps.who(apps.telegram, OLENA))
    assert "here too: Viber" in (await apps.answers(apps.telegram))[-1].shown
    assert "this way is yours" in again
    assert olena != also


async def test_ones_own_link_does_nothing(apps: TwoApps, tracker: Joiner) -> None:
    """Opened where it was made it is answered kindly, and goes on working elsewhere."""
    olena = await apps.telegram.person(OLENA)
    secret = await apps.link(apps.telegram, OLENA)

    answers = [
        await apps.opens(apps.telegram, OLENA, secret),
        await apps.says_yes(apps.telegram, OLENA, secret),
    ]
    await apps.says_yes(apps.viber, HERS, secret)

    assert all("this way is yours" in answer for answer in answers)
    assert ["telegram", "viber"] == await apps.ways(olena)
    assert [] == tracker.joins


async def test_two_who_bring_a_link_at_once(apps: TwoApps, tracker: Joiner) -> None:
    """One of them is joined, by the tracker as well; the other is told that the link does not work."""
    olena = await apps.telegram.person(OLENA)
    await apps.viber.person(HERS)
    await apps.viber.person("v8")
    secret = await apps.link(apps.telegram, OLENA)

    await asyncio.gather(
        apps.says_yes(apps.viber, HERS, secret),
        apps.says_yes(apps.viber, "v8", secret),
        return_exceptions=True,
    )
    answers = [answer.shown for answer in await apps.answers(apps.viber)]

    assert 1 == len(tracker.joins)
    assert ["telegram", "viber"] == await apps.ways(olena)
    assert [False, True] == sorted(NO_LINK in answer for answer in answers)


async def test_an_absent_tracker_uses_nothing_up(apps: TwoApps, tracker: Joiner) -> None:
    """While it does not answer both stay who they are, and the same button works afterwards."""
    olena, _ = await apps.telegram.person(OLENA), await apps.viber.person(HERS)
    secret = await apps.link(apps.telegram, OLENA)

    tracker.away = True
    later = await apps.says_yes(apps.viber, HERS, secret)
    tracker.away = False
    done = await apps.says_yes(apps.viber, HERS, secret)

    assert "Nothing is lost" in later
    assert "here as well" in done
    assert ["telegram", "viber"] == await apps.ways(olena)


async def test_a_process_that_dies_in_between_leaves_it_to_the_next(apps: TwoApps, tracker: Joiner) -> None:
    """The update comes again, the tracker is asked again, and it is done once, even after the link's day."""
    olena, also = await apps.telegram.person(OLENA), await apps.viber.person(HERS)
    secret = await apps.link(apps.telegram, OLENA)
    tracker.meanwhile = [_dies()]
    yes = did(1, Tapped(f"jy:{secret}:en", None, "q"), HERS)
    with pytest.raises(ConnectionResetError):
        await apps.viber.updates(tracker).take([yes])
    await apps.telegram.pool.execute("UPDATE address_invitation SET expires_at = now() - interval '1 minute'")
    await apps.link(apps.telegram, OLENA)

    for _ in range(2):
        await apps.viber.updates(tracker).take([yes])

    assert [(also, olena)] * 2 == tracker.joins
    assert ["telegram", "viber"] == await apps.ways(olena)


async def _dies() -> None:
    raise ConnectionResetError


@pytest.mark.parametrize("which", ["who made the link", "who brings it"])
async def test_who_is_forgotten_meanwhile_takes_the_other_along(
    apps: TwoApps, tracker: Joiner, which: str
) -> None:
    """Between the tracker's answer and ours one says /forget: nothing of either is left."""
    olena, also = await apps.telegram.person(OLENA), await apps.viber.person(HERS)
    secret = await apps.link(apps.telegram, OLENA)
    forgets = (apps.telegram, OLENA) if which == "who made the link" else (apps.viber, HERS)
    tracker.meanwhile = [apps.does(*forgets, Tapped("f", None, "q"))]

    answer = await apps.says_yes(apps.viber, HERS, secret)

    assert await nobody(apps)
    assert {olena, also} <= await told_to_forget(apps.telegram)
    assert 0 == await apps.telegram.pool.fetchval(
        "SELECT count(*) FROM recipient WHERE consented_at IS NOT NULL"
    )
    assert "erased" in answer


async def test_who_was_forgotten_with_a_dead_process_in_between(apps: TwoApps, tracker: Joiner) -> None:
    """When the update comes again the link is gone with its maker; the tracker knows that they were one."""
    _, also = await apps.telegram.person(OLENA), await apps.viber.person(HERS)
    secret = await apps.link(apps.telegram, OLENA)
    tracker.meanwhile = [_dies()]
    yes = did(1, Tapped(f"jy:{secret}:en", None, "q"), HERS)
    with pytest.raises(ConnectionResetError):
        await apps.viber.updates(tracker).take([yes])
    await apps.does(apps.telegram, OLENA, Tapped("f", None, "q"))
    tracker.forgotten = {also}

    await apps.viber.updates(tracker).take([yes])

    assert await nobody(apps)
    assert also in await told_to_forget(apps.telegram)


async def test_who_comes_on_record_meanwhile_is_asked_of_the_tracker(
    apps: TwoApps, tracker: Joiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A guest who follows a document between the tap and its transaction is not joined past the tracker."""
    olena = await apps.telegram.person(OLENA)
    secret = await apps.link(apps.telegram, OLENA)
    hold = apps.viber.store.hold_intake

    async def late(unit: object) -> None:
        await hold(unit)  # type: ignore[arg-type]  # a unit, as given
        if await apps.who(apps.viber, HERS) is None:
            await apps.viber.person(HERS)

    monkeypatch.setattr(apps.viber.store, "hold_intake", late)
    first = await apps.says_yes(apps.viber, HERS, secret)
    before = await apps.ways(olena)
    await apps.says_yes(apps.viber, HERS, secret)

    assert "Nothing is lost" in first
    assert (["telegram"], ["telegram", "viber"]) == (before, await apps.ways(olena))
    assert 1 == len(tracker.joins)


async def test_joining_and_forgetting_at_once(apps: TwoApps, tracker: Joiner) -> None:
    """However they fall, either both are forgotten, or the tracker was never told that they are one."""
    for number in range(8):
        olena, hers = f"t{number}", f"v{number}"
        await apps.telegram.person(olena)
        await apps.viber.person(hers)
        secret, asked = await apps.link(apps.telegram, olena), len(tracker.joins)

        await asyncio.gather(
            apps.does(apps.viber, hers, Tapped(f"jy:{secret}:en", None, "q")),
            apps.does(apps.telegram, olena, Tapped("f", None, "q")),
        )

        assert None is await apps.who(apps.telegram, olena)
        joined = len(tracker.joins) > asked
        assert joined == (await apps.who(apps.viber, hers) is None)


async def test_no_notice_is_lost_or_doubled_while_two_become_one(apps: TwoApps) -> None:
    """Notices for both that come during the join each have one delivery, for the one."""
    olena, also = await apps.telegram.person(OLENA), await apps.viber.person(HERS)
    secret = await apps.link(apps.telegram, OLENA)
    told = [notice(who) for _ in range(20) for who in (olena, also)]

    await asyncio.gather(
        *(apps.telegram.keep(one) for one in told[:20]),
        apps.does(apps.viber, HERS, Tapped(f"jy:{secret}:en", None, "q")),
        *(apps.viber.keep(one) for one in told[20:]),
    )

    rows = await apps.telegram.pool.fetch(
        "SELECT id, recipient_id, state FROM delivery WHERE kind = 'notice'"
    )
    assert sorted(one.notice_id for one in told) == sorted(row["id"] for row in rows)
    assert {(olena, "pending")} == {(row["recipient_id"], row["state"]) for row in rows}


async def test_the_other_language(apps: TwoApps) -> None:
    """The question can be had in another language, and the yes under it works."""
    olena = await apps.telegram.person(OLENA)
    secret = await apps.link(apps.telegram, OLENA)

    (asked,) = await apps.does(apps.viber, HERS, Tapped(f"ja:{secret}:uk", None, "q"))
    await apps.does(apps.viber, HERS, Tapped(f"jy:{secret}:uk", None, "q"), Said("/status"))

    assert "Це посилання створили ви?" in asked
    assert ["telegram", "viber"] == await apps.ways(olena)


async def test_a_tracker_that_does_not_answer_is_owned_up_to(
    apps: TwoApps, tracker: Joiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what is followed there the question is not asked."""

    async def away(_: RecipientId) -> None:
        raise RpcUnavailableError("away")

    await apps.telegram.person(OLENA)
    secret = await apps.link(apps.telegram, OLENA)
    monkeypatch.setattr(tracker, "status", away)

    assert "Nothing is lost" in await apps.opens(apps.viber, HERS, secret)
