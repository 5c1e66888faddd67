"""Addresses of strangers: bombed with messages, guessed by code, taken over - and none of it works."""

import asyncio
import secrets
from collections import Counter

import pytest
from nats.aio.client import Client

from contracts import typed_code
from contracts.messages.ids import Publisher
from contracts.messages.rpc import REVOKE, REVOKE_REPLY, RevokeClaim
from runtime.messaging.jetstream import call
from services.notifier.conversation.tracker_client import RpcTracker
from services.notifier.domain.addresses import confirmations as rules
from services.notifier.domain.incoming import Tapped
from tests.attacks.town import Town, issue
from tests.integration.notifier.letterboxes import HER_PHONE, HERS, Letterboxes, letterboxes

THIEF = "666"


@pytest.fixture
def boxes(town: Town, nats_client: Client) -> Letterboxes:
    """E-mail and SMS beside a messenger, with a real tracker behind them."""
    return letterboxes(town.world, RpcTracker(nats_client, "1"))


async def receipt(client: Client) -> str:
    """Return the token of a receipt for a document of its own."""
    return await issue(client, typed_code.encode(secrets.token_bytes(8)), secrets.token_hex(32))


async def revoke(client: Client, token: str) -> None:
    """Have the office take a receipt back."""
    request = RevokeClaim(publisher=Publisher("office"), receipt_id=token[::-1])
    await call(client, REVOKE, request, REVOKE_REPLY)


async def invitation(boxes: Letterboxes, account: str) -> str:
    """Have the thief, who follows a document, ask for a link to another way of theirs."""
    await boxes.does("telegram", THIEF, Tapped("wa", None, "q"))
    (*_, answer) = await boxes.waiting("telegram")
    urls = [button.url or "" for row in answer.buttons for button in row]
    (secret,) = [url.rpartition("/")[2] for url in urls if f"/r/{account}/" in url]
    return secret


async def test_nobody_is_bombed(boxes: Letterboxes, nats_client: Client) -> None:
    """Whatever receipts somebody has, an address gets three messages a day, from hurried asking as well."""
    tokens = [await receipt(nats_client) for _ in range(6)]

    came = await asyncio.gather(*(boxes.ask(secret=token) for token in tokens for _ in range(3)))

    assert {"sent": rules.OF_ADDRESS_A_DAY, "limited": 15} == Counter(one.came for one in came)
    assert rules.OF_ADDRESS_A_DAY == len(await boxes.waiting())


async def test_other_spellings_of_a_mailbox_are_no_others(boxes: Letterboxes, nats_client: Client) -> None:
    """Who writes a name in capitals, or with a word behind a plus, does not reach its owner once more."""
    tokens = [await receipt(nats_client) for _ in range(3)]
    spelled = ("Olena@post.example", "oLENA@post.example", "olena+a@post.example", "OLena+b+c@post.example")

    came = [(await boxes.ask(address=one, secret=token)).came for token in tokens for one in spelled]

    assert ["sent"] * rules.OF_ADDRESS_A_DAY + ["limited"] * 9 == came


async def test_one_receipt_bombs_nobody_far_and_wide(boxes: Letterboxes, nats_client: Client) -> None:
    """A receipt is good for five messages a day, to whomever; so are all links of one person together."""
    token = await receipt(nats_client)
    await boxes.does("telegram", THIEF, Tapped(f"y:{token}:en", None, "q"))

    wide = [await boxes.ask(f"a{number}@post.example", secret=token) for number in range(8)]
    links = [await invitation(boxes, "sms") for _ in range(8)]
    last = [await boxes.ask(f"+38050111220{number}", "sms", links[-1]) for number in range(8)]
    replaced = [await boxes.ask(HER_PHONE, "sms", link) for link in links[:-1]]

    limit = {"sent": rules.OF_OWNER_A_DAY, "limited": 3}
    assert (limit, limit) == (Counter(one.came for one in wide), Counter(one.came for one in last))
    assert {"unknown"} == {one.came for one in replaced}
    assert rules.OF_OWNER_A_DAY == len(await boxes.waiting("sms"))


async def test_a_limit_that_is_reached_costs_the_others_nothing(
    boxes: Letterboxes, nats_client: Client
) -> None:
    """Who is refused for one limit is not counted for another: the address stays open for its owner."""
    thiefs, hers = await receipt(nats_client), await receipt(nats_client)
    for number in range(rules.OF_OWNER_A_DAY):
        await boxes.ask(f"a{number}@post.example", secret=thiefs)

    refused = [(await boxes.ask(secret=thiefs)).came for _ in range(10)]
    own = [(await boxes.ask(secret=hers)).came for _ in range(rules.OF_ADDRESS_A_DAY)]

    assert ({"limited"}, {"sent"}) == (set(refused), set(own))


async def test_tokens_that_are_none_send_nothing(boxes: Letterboxes, nats_client: Client) -> None:
    """Guessed, revoked or used links: nothing goes out, nothing is kept, and the page is as ever."""
    revoked, stands, pool = await receipt(nats_client), await receipt(nats_client), boxes.world.pool
    await revoke(nats_client, revoked)
    guessed = [
        "A" * 22,
        secrets.token_urlsafe(16),
        f"j-{secrets.token_urlsafe(16)}",
        stands.swapcase(),
        revoked,
    ]

    came = [await boxes.ask(secret=secret) for secret in guessed]

    assert {"unknown"} == {one.came for one in came}
    assert all(rules.SECRET.fullmatch(one.secret) for one in came)
    assert [] == await boxes.waiting()
    for table in ("confirmation", "contact_count", "recipient"):
        assert 0 == await pool.fetchval(f"SELECT count(*) FROM {table}"), table  # noqa: S608 - names of ours


async def test_a_code_is_not_guessed(boxes: Letterboxes, nats_client: Client) -> None:
    """Of hundreds of codes typed at once five are compared, the right one among the rest is worth nothing."""
    asked = await boxes.ask(HER_PHONE, "sms", await receipt(nats_client))
    code = await boxes.code()
    wrong = [f"{(int(code) + 1 + number) % 10**6:06}" for number in range(300)]

    found = await asyncio.gather(*(boxes.confirming.by_code(asked.secret, one) for one in wrong))
    late = await boxes.confirming.by_code(asked.secret, code)
    tries = await boxes.world.pool.fetchval("SELECT tries FROM confirmation")

    assert not any(found)
    assert (False, rules.TRIES) == (late, tries)
    assert None is await boxes.who(HER_PHONE, "sms")


async def test_more_codes_give_no_more_guesses(boxes: Letterboxes, nats_client: Client) -> None:
    """Asking for code after code, to many numbers, has a day's end for whoever holds one receipt."""
    token = await receipt(nats_client)
    compared = 0
    for number in range(rules.OF_OWNER_A_DAY):
        asked = await boxes.ask(f"+38050111220{number}", "sms", token)
        right = await boxes.code()
        for one in range(rules.TRIES):
            before = await boxes.world.pool.fetchval("SELECT sum(count) FROM contact_count")
            await boxes.confirming.by_code(asked.secret, f"{(int(right) + 1 + one) % 10**6:06}")
            compared += await boxes.world.pool.fetchval("SELECT sum(count) FROM contact_count") - before

    assert rules.TRIES_A_DAY == compared
    assert rules.TRIES_A_DAY < rules.OF_OWNER_A_DAY * rules.TRIES


async def test_the_page_of_the_code_proves_nothing(boxes: Letterboxes, nats_client: Client) -> None:
    """Whoever asked for a code has the page's secret: it confirms nothing, as a link, or without the code."""
    asked = await boxes.ask(HER_PHONE, "sms", await receipt(nats_client))
    mailed = await boxes.ask(HERS, "email", await receipt(nats_client))
    link = await boxes.link()

    tries = [
        await boxes.confirming.by_link(asked.secret),
        await boxes.confirming.by_code(asked.secret, ""),
        await boxes.confirming.by_code(link, "000000"),
        await boxes.confirming.by_code(link, "None"),
    ]

    assert [False] * 4 == tries
    assert (None, None) == (await boxes.who(HER_PHONE, "sms"), await boxes.who())
    assert link != mailed.secret


async def test_a_strangers_wish_takes_nobody_over(boxes: Letterboxes, nats_client: Client) -> None:
    """Who gives another's address with their own link gets nothing of theirs, unless its owner confirms."""
    hers, thiefs = await receipt(nats_client), await receipt(nats_client)
    await boxes.confirmed(HERS, secret=hers)
    olena = await boxes.who()
    await boxes.does("telegram", THIEF, Tapped(f"y:{thiefs}:en", None, "q"))

    asked = await boxes.ask(HERS, secret=await invitation(boxes, "email"), detail="all")
    await boxes.confirming.by_code(asked.secret, "000000")

    assert "sent" == asked.came
    assert olena == await boxes.who()
    assert olena != await boxes.who(THIEF, "telegram")
    assert (["email"], ["telegram"]) == (
        await boxes.ways(olena),  # type: ignore[arg-type]  # she is on record
        await boxes.ways(await boxes.who(THIEF, "telegram")),  # type: ignore[arg-type]  # so is the thief
    )


async def test_a_row_moved_to_another_is_nobodys(boxes: Letterboxes, nats_client: Client) -> None:
    """Whoever writes in the database cannot put one confirmation's box under another's secret."""
    await boxes.ask(HERS, secret=await receipt(nats_client))
    link = await boxes.link()
    await boxes.ask(f"x{HERS}", secret=await receipt(nats_client))
    await boxes.world.pool.execute(
        "UPDATE confirmation SET box = other.box FROM confirmation other WHERE other.id <> confirmation.id"
    )

    assert not await boxes.confirming.by_link(link)


async def test_a_receipt_that_was_replaced_is_answered_by_the_address_alone(
    boxes: Letterboxes, nats_client: Client
) -> None:
    """What became void between the form and the link ends with words to its owner and nobody on record."""
    token = await receipt(nats_client)
    await boxes.ask(secret=token)
    link = await boxes.link()
    await revoke(nats_client, token)

    assert await boxes.confirming.by_link(link)
    assert "We could not find a document by this code." in (await boxes.waiting())[-1].shown
    assert None is await boxes.who()
