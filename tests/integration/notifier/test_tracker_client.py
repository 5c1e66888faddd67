"""The tracker as the notifier asks it, over the real NATS."""

from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.messages import rpc
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Redeem, Redeemed, Refused
from runtime.messaging.jetstream import RpcUnavailableError, settle
from services.notifier.conversation.tracker_client import Claim, RpcTracker


async def redeem(client: Client, reply: Refused) -> Redeemed | Refused:
    """Redeem a token at a tracker that answers this."""

    async def answer(message: Msg) -> None:
        await message.respond(reply.encoded())

    await client.subscribe(rpc.REDEEM, cb=answer)
    await settle(client)
    return await RpcTracker(client, "1").redeem(claim("token", "A" * 22))


def claim(kind: Literal["token", "code"], secret: str) -> Claim:
    """Return somebody's wish to follow."""
    return Claim(kind, secret, RecipientId(uuid4()), datetime.now(UTC), uuid4(), "c" * 64)


async def test_the_chat_is_named_where_a_code_was_typed(nats_client: Client) -> None:
    """The tracker learns the chat's pseudonym with a typed code, which it counts, and not with a token."""
    asked: list[Redeem] = []

    async def answer(message: Msg) -> None:
        asked.append(Redeem.model_validate_json(message.data))
        await message.respond(Refused(reason="invalid").encoded())

    await nats_client.subscribe(rpc.REDEEM, cb=answer)
    await settle(nats_client)
    wishes = [claim("code", "Z" * 13), claim("token", "A" * 22)]
    for wish in wishes:
        await RpcTracker(nats_client, "1").redeem(wish)

    assert ["c" * 64, None] == [one.typist for one in asked]
    assert [wish.redeem_id for wish in wishes] == [one.redeem_id for one in asked]


@pytest.mark.parametrize("reason", ["invalid", "limit", "too_many"])
async def test_a_refusal_is_an_answer(nats_client: Client, reason: str) -> None:
    """What the tracker will not do it has not done, and the caller may count on that."""
    refused = Refused.model_validate({"reason": reason})

    assert refused == await redeem(nats_client, refused)


async def test_an_unavailable_tracker_has_not_refused(nats_client: Client) -> None:
    """A tracker that lost its database may have committed, so its apology is no refusal."""
    with pytest.raises(RpcUnavailableError, match="what became of it"):
        await redeem(nats_client, Refused(reason="unavailable"))
