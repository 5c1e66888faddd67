"""What a message's address of acknowledgement says."""

from unittest.mock import Mock

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from runtime.messaging.jetstream import sequence_of


@pytest.mark.parametrize(
    "reply",
    [
        "$JS.ACK.STAGES.tracker.1.4711.17.1700000000000000000.3",
        "$JS.ACK._.account.STAGES.tracker.1.4711.17.1700000000000000000.3",
        "$JS.ACK.hub.account.STAGES.tracker.1.4711.17.1700000000000000000.3.random",
    ],
)
def test_the_number_of_a_message(reply: str) -> None:
    """It is read from every form of the address, as the library reads it."""
    message = Msg(Mock(spec=Client), "docwatch.stage.v1", reply, b"")

    assert 4711 == message.metadata.sequence.stream == sequence_of(message)
