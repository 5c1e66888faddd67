"""What passes soon in a cluster is waited for: a stream without a leader, a copy that is being stored."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from runtime.messaging.connection_state import ConnectionState
from runtime.messaging.jetstream import settle
from runtime.messaging.stream_writer import Stored, StreamWriter, Unknown
from tests.integration.runtime.outgoing import messages
from tests.waiting import until

SUBJECT = "tests.a.stream.in.a.cluster"
STORED = {"stream": "TESTS", "seq": 7}
BEING_STORED = {
    "stream": "TESTS",
    "seq": 0,
    "error": {"code": 409, "err_code": 10158, "description": "duplicate message id is in process"},
}
FULL = {"stream": "TESTS", "seq": 0, "error": {"code": 503, "err_code": 10077, "description": "full"}}


class Leader:
    """Stands in for the leader of a stream: says one thing after the other, the last one for ever."""

    def __init__(self, *answers: Mapping[str, object]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def heard(self, message: Msg) -> None:
        """Answer a message."""
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        await message.respond(json.dumps(answer).encode())


async def test_a_copy_that_is_being_stored_is_waited_for(nats_client: Client) -> None:
    """Who publishes what another one publishes just now learns that it is stored."""
    leader = Leader(BEING_STORED, BEING_STORED, STORED)
    await nats_client.subscribe(SUBJECT, cb=leader.heard)

    found = await StreamWriter(nats_client).publish(messages(1, subject=SUBJECT))

    assert [Stored(7)] == found
    assert 3 == leader.asked


async def test_one_that_is_being_stored_for_ever_is_unknown(nats_client: Client) -> None:
    """The time-out holds whatever passes soon and does not."""
    leader = Leader(BEING_STORED)
    await nats_client.subscribe(SUBJECT, cb=leader.heard)

    async with asyncio.timeout(15):
        found = await StreamWriter(nats_client, wait=0.3).publish(messages(1, subject=SUBJECT))

    assert [Unknown] == [type(one) for one in found]


async def test_a_refusal_is_not_repeated(nats_client: Client) -> None:
    """What does not pass soon is said at once, and asked once."""
    leader = Leader(FULL)
    await nats_client.subscribe(SUBJECT, cb=leader.heard)

    found = await StreamWriter(nats_client, wait=30).publish(messages(1, subject=SUBJECT))

    assert [Unknown] == [type(one) for one in found]
    assert 1 == leader.asked


async def test_a_stream_that_has_no_leader_yet_is_waited_for(
    nats_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages of a stream whose leader changes are stored when there is one again."""
    leader, went = Leader(STORED), asyncio.Event()
    publish = nats_client.publish

    async def published(*arguments: object, **more: object) -> None:
        await publish(*arguments, **more)  # type: ignore[arg-type]  # handed on as they came
        went.set()

    monkeypatch.setattr(nats_client, "publish", published)
    storing = asyncio.ensure_future(StreamWriter(nats_client, wait=30).publish(messages(2, subject=SUBJECT)))
    await went.wait()
    await nats_client.subscribe(SUBJECT, cb=leader.heard)
    await settle(nats_client)

    assert [Stored(7), Stored(7)] == await storing


async def test_a_connection_that_broke_a_moment_ago_is_waited_for(nats_client: Client) -> None:
    """A message that comes while the client is on its way to another node is stored when it is there."""
    state = ConnectionState()
    leader = Leader(STORED)
    await nats_client.subscribe(SUBJECT, cb=leader.heard)
    status = nats_client._status
    nats_client._status = Client.RECONNECTING
    await state.disconnected()
    storing = asyncio.ensure_future(StreamWriter(nats_client, state).publish(messages(1, subject=SUBJECT)))
    waits = state._whole

    async def waited_for() -> bool:
        return bool(waits._waiters)

    await until(waited_for)
    nats_client._status = status
    await state.reconnected()

    assert [Stored(7)] == await storing


async def test_a_connection_that_is_gone_for_longer_is_not_waited_for(nats_client: Client) -> None:
    """An outage costs a post no time."""
    state = ConnectionState()
    await state.disconnected()
    state.broke_at -= 60
    nats_client._status = Client.RECONNECTING
    started = asyncio.get_running_loop().time()
    try:
        found = await StreamWriter(nats_client, state, wait=60).publish(messages(1, subject=SUBJECT))
    finally:
        nats_client._status = Client.CONNECTED

    assert [Unknown("not connected to NATS")] == found
    assert asyncio.get_running_loop().time() - started < 30
