import asyncio
from typing import cast

import pytest

from runtime.process.coalescing import MOST_HELD, CoalescingTransport


class Sink(asyncio.Transport):
    """Keeps what is written, and notes the end."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:  # type: ignore[override] # bytes are all that is given here
        """Keep data."""
        self.written.append(data)

    def close(self) -> None:
        """Note that it is over."""
        self.written.append(b"closed")

    def is_closing(self) -> bool:
        """Tell whether it is over."""
        return b"closed" in self.written

    def can_write_eof(self) -> bool:
        """Tell that a half can be closed."""
        return True

    def write_eof(self) -> None:
        """Note that our half is over."""
        self.written.append(b"half closed")


class Loop:
    """Runs what was called for when the turn ends."""

    def __init__(self) -> None:
        self.due: list[object] = []

    def call_soon(self, callback: object) -> None:
        """Keep what is to be called."""
        self.due.append(callback)

    def end_turn(self) -> None:
        """Call it."""
        due, self.due = self.due, []
        for callback in due:
            assert callable(callback)
            callback()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def joining(sink: Sink, loop: Loop) -> CoalescingTransport:
    return CoalescingTransport(sink, cast("asyncio.AbstractEventLoop", loop))


def test_a_turn_writes_once(joining: CoalescingTransport, sink: Sink, loop: Loop) -> None:
    """What is given during one turn of the loop goes out at its end, in order and at once."""
    joining.write(b"head")
    joining.write(b"body")
    before = list(sink.written)
    loop.end_turn()
    joining.write(b"next")
    loop.end_turn()

    assert ([], [b"headbody", b"next"]) == (before, sink.written)


def test_much_is_not_held_back(joining: CoalescingTransport, sink: Sink, loop: Loop) -> None:
    """Much goes out at once, so that the transport can tell when it is too much, and nothing goes twice."""
    joining.write(b"head")
    joining.write(b"x" * MOST_HELD)
    before = list(sink.written)
    loop.end_turn()

    assert [b"head" + b"x" * MOST_HELD] == before == sink.written


def test_nothing_is_lost_at_the_end(joining: CoalescingTransport, sink: Sink, loop: Loop) -> None:
    """What was given before the close is sent before it."""
    joining.write(b"last")
    joining.close()
    loop.end_turn()

    assert [b"last", b"closed"] == sink.written


def test_a_peer_that_still_sends_is_not_reset(sink: Sink, loop: Loop) -> None:
    """Only our half is closed then, for a reset could take the answer from it; more is not sent, either."""
    joining = CoalescingTransport(sink, cast("asyncio.AbstractEventLoop", loop), unread=lambda: True)
    joining.write(b"answer")
    joining.close()
    joining.close()

    assert [b"answer", b"half closed"] == sink.written
    assert joining.is_closing()
