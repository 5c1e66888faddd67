"""The tracker as the notifier asks it, over the real NATS."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.messages import rpc
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Redeemed, Refused
from runtime.messaging.jetstream import RpcUnavailableError, settle
from services.notifier.conversation.tracker_client import RpcTracker


async def redeem(client: Client, reply: Refused) -> Redeemed | Refused:
    """Redeem a token at a tracker that answers this."""

    async def answer(message: Msg) -> None:
        await message.respond(reply.encoded())

    await client.subscribe(rpc.REDEEM, cb=answer)
    await settle(client)
    token, person = "A" * 22, RecipientId(uuid4())
    return await RpcTracker(client, "1").redeem("token", token, person, datetime.now(UTC))


@pytest.mark.parametrize("reason", ["invalid", "limit", "too_many"])
async def test_a_refusal_is_an_answer(nats_client: Client, reason: str) -> None:
    """What the tracker will not do it has not done, and the caller may count on that."""
    refused = Refused.model_validate({"reason": reason})

    assert refused == await redeem(nats_client, refused)


async def test_an_unavailable_tracker_has_not_refused(nats_client: Client) -> None:
    """A tracker that lost its database may have committed, so its apology is no refusal."""
    with pytest.raises(RpcUnavailableError, match="what became of it"):
        await redeem(nats_client, Refused(reason="unavailable"))
