"""Becoming somebody else: nobody is joined without the link of the one whom they join, whatever they try."""

import asyncio
import secrets

import pytest
from nats.aio.client import Client

from contracts import typed_code
from contracts.messages.following import Joined
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import StatusAnswer
from services.notifier.conversation.tracker_client import RpcTracker
from services.notifier.domain.incoming import Photo, Said, Tapped
from services.notifier.recipients import routes
from tests.attacks.town import Town, issue
from tests.integration.notifier.two_apps import HERS, OLENA, TwoApps, two_apps
from tests.integration.notifier.world import World

THIEF = "v666"


@pytest.fixture
def apps(town: Town, nats_client: Client) -> TwoApps:
    """Both messengers, with a real tracker behind them."""
    return two_apps(town.world, RpcTracker(nats_client, "1"))


async def follower(apps: TwoApps, client: Client, world: World, address: str) -> RecipientId:
    """Have somebody follow a document of their own."""
    token = await issue(client, typed_code.encode(secrets.token_bytes(8)), secrets.token_hex(32))
    await apps.does(world, address, Tapped(f"y:{token}:en", None, "q"))
    found = await apps.who(world, address)
    assert found is not None
    return found


async def follows(apps: TwoApps, who: RecipientId) -> int:
    answer = await apps.tracker.status(who)
    assert isinstance(answer, StatusAnswer)
    return len(answer.followed)


async def worthless(apps: TwoApps) -> dict[str, str]:
    """Secrets that are none, or none any more, by what is wrong with each."""
    replaced = await apps.link(apps.telegram, OLENA)
    expired = await apps.link(apps.telegram, OLENA)
    await apps.telegram.pool.execute("UPDATE address_invitation SET expires_at = now()")
    used = await apps.link(apps.telegram, OLENA)
    await apps.says_yes(apps.viber, HERS, used)
    return {
        "guessed": f"j-{secrets.token_urlsafe(16)}",
        "nothing but zeros": f"j-{'A' * 22}",
        "replaced": replaced,
        "expired": expired,
        "used": used,
        "in other letters": used.swapcase().replace("J-", "j-"),
    }


@pytest.mark.parametrize("who", ["a stranger", "a follower"])
async def test_a_secret_that_is_none_is_answered_alike(apps: TwoApps, nats_client: Client, who: str) -> None:
    """Guessed, used, replaced or expired: each question and each yes gets one text, and nobody is joined."""
    olena = await follower(apps, nats_client, apps.telegram, OLENA)
    thief = await follower(apps, nats_client, apps.viber, THIEF) if who == "a follower" else None
    none = await worthless(apps)

    answers = [
        await act(apps.viber, THIEF, one) for one in none.values() for act in (apps.opens, apps.says_yes)
    ]

    assert 1 == len(set(answers)), answers
    assert "This link does not work" in answers[0]
    assert ["telegram", "viber"] == await apps.ways(olena)
    assert thief == await apps.who(apps.viber, THIEF)
    assert 1 == await follows(apps, olena)


async def test_an_id_is_no_secret(apps: TwoApps, nats_client: Client) -> None:
    """Who knows the ids of a person, an address or a subscription can do nothing with them."""
    olena = await follower(apps, nats_client, apps.telegram, OLENA)
    await follower(apps, nats_client, apps.viber, THIEF)
    (way,) = await routes.ways_of(apps.telegram.pool, olena)
    tries = [f"{verb}:{way.address_id.hex}" for verb in ("wf", "wd", "wx")]
    tries += [f"jy:j-{olena.hex[:22]}:en", f"jy:{olena.hex}", "jy:", "ja:", f"jy:j-{'x' * 300}:en", "jy:j-\0"]

    await apps.does(apps.viber, THIEF, *(Tapped(data, None, "q") for data in tries))

    assert ["telegram"] == await apps.ways(olena)
    assert olena != await apps.who(apps.viber, THIEF)


async def test_a_link_in_a_text_only_asks(apps: TwoApps, nats_client: Client) -> None:
    """A link that is sent on, in a text or a photo, joins nobody before they say yes to the question."""
    olena = await follower(apps, nats_client, apps.telegram, OLENA)
    secret = await apps.link(apps.telegram, OLENA)
    link = f"https://t.me/sample_bot?start={secret}"

    texts = (link, f"look {link}", f"https://docs.agency.example/r/viber/{secret}", f"/start {secret}")
    answers = await apps.does(apps.viber, HERS, *map(Said, texts))
    await apps.does(apps.viber, HERS, Photo(link), Tapped("x", None, "q"))

    assert all("Are you the one who made this link?" in answer for answer in answers)
    assert ["telegram"] == await apps.ways(olena)


async def test_a_link_is_joined_once_whoever_hurries(apps: TwoApps, nats_client: Client) -> None:
    """Of many who bring it at the same moment, from strangers to followers, one is joined."""
    olena = await follower(apps, nats_client, apps.telegram, OLENA)
    for number in range(3):
        await follower(apps, nats_client, apps.viber, f"v{number}")
    secret = await apps.link(apps.telegram, OLENA)

    yes = Tapped(f"jy:{secret}:en", None, "q")
    await asyncio.gather(*(apps.does(apps.viber, f"v{number}", yes) for number in range(6)))

    assert ["telegram", "viber"] == await apps.ways(olena)
    joined = [number for number in range(6) if await apps.who(apps.viber, f"v{number}") == olena]
    assert 1 == len(joined)
    assert (2 if joined[0] < 3 else 1) == await follows(apps, olena)


async def test_what_both_followed_is_one_persons(apps: TwoApps, nats_client: Client) -> None:
    """End to end: two followers become one, who follows both documents and is forgotten as one."""
    olena = await follower(apps, nats_client, apps.telegram, OLENA)
    also = await follower(apps, nats_client, apps.viber, HERS)
    secret = await apps.link(apps.telegram, OLENA)

    asked = await apps.opens(apps.viber, HERS, secret)
    done = await apps.says_yes(apps.viber, HERS, secret)
    again = await apps.tracker.join(also, olena)

    assert "These documents are followed there" in asked
    assert "here as well" in done
    assert 2 == await follows(apps, olena)
    assert olena == await apps.who(apps.viber, HERS)
    assert isinstance(again, Joined)
    assert (olena, 1) == (again.into, again.moved)
