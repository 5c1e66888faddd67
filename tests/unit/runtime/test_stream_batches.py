from collections.abc import Sequence
from typing import cast

import asyncpg
import pytest
from nats.aio.msg import Msg

from runtime.database.stream_batches import settle, take_in


class Table:
    """A table that takes numbers, refuses some and does not answer for others; it keeps what was buried."""

    def __init__(self, refused: set[int], silent: set[int]) -> None:
        self._refused = refused
        self._silent = silent
        self.taken: list[int] = []
        self.buried: list[int] = []

    async def take(self, items: Sequence[int]) -> None:
        """Take some in, all or none."""
        if self._silent & set(items):
            raise asyncpg.ConnectionDoesNotExistError("gone")
        if self._refused & set(items):
            raise asyncpg.CharacterNotInRepertoireError("0x00")
        self.taken += items

    async def bury(self, item: int, why: str) -> None:
        """Keep what was refused."""
        assert why == "0x00"
        self.buried.append(item)


@pytest.mark.parametrize(
    ("refused", "silent", "taken", "buried", "later"),
    [
        (set(), set(), [1, 2, 3], [], []),
        (set(), {2}, [], [], [1, 2, 3]),
        ({2}, set(), [1, 3], [2], []),
        ({1, 2, 3}, set(), [], [1, 2, 3], []),
    ],
)
async def test_refused_data_is_buried_alone_and_silence_puts_off(
    refused: set[int], silent: set[int], taken: list[int], buried: list[int], later: list[int]
) -> None:
    """Only the culprit is buried, the rest is taken in; where the database is away all comes again."""
    table = Table(refused, silent)
    put_off = await settle([1, 2, 3], table.take, table.bury)

    assert (taken, buried, later) == (table.taken, table.buried, put_off)


async def test_one_by_one_only_what_is_not_answered_comes_again() -> None:
    """Where the database goes away while the culprit is looked for, the others are settled."""
    table = Table({1}, set())

    async def take(items: Sequence[int]) -> None:
        if list(items) == [2]:
            raise asyncpg.ConnectionDoesNotExistError("gone")
        await table.take(items)

    assert await settle([1, 2, 3], take, table.bury) == [2]
    assert (table.taken, table.buried) == ([3], [1])


async def test_a_fault_of_ours_is_not_taken_for_bad_data() -> None:
    """Any other error ends the loop: nothing is buried and nothing is acked because of a bug."""

    async def take(_: Sequence[int]) -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await settle([1], take, Table(set(), set()).bury)


class Message:
    """A message of a stream, which keeps how it was answered; that is done once."""

    def __init__(self, number: int, answers: dict[int, str]) -> None:
        self.number = number
        self._answers = answers

    async def ack(self) -> None:
        """Note that it is settled."""
        self._answer("ack")

    async def nak(self, delay: float) -> None:
        """Note that it comes again."""
        self._answer(f"again in {delay}")

    def _answer(self, answer: str) -> None:
        assert self.number not in self._answers
        self._answers[self.number] = answer


def dead(message: Msg, reason: str, detail: str) -> int:
    """Return what is taken in place of a refused message: its number, negative."""
    assert (reason, detail) == ("unstorable", "refused by the database")
    return -cast("Message", message).number


async def come(table: Table, numbers: Sequence[int]) -> tuple[int, dict[int, str]]:
    """Return how many of the messages come again, and how each was answered."""
    answers: dict[int, str] = {}
    batch = [(cast("Msg", Message(number, answers)), number) for number in numbers]
    return await take_in(batch, table.take, dead), answers


async def test_a_batch_is_acked_once_it_is_taken_and_the_refused_is_taken_as_dead() -> None:
    """What the database takes is acked, as well as what is kept as dead in place of what it refuses."""
    table = Table({2}, set())

    assert (0, {1: "ack", 2: "ack", 3: "ack"}) == await come(table, [1, 2, 3])
    assert [1, -2, 3] == table.taken


async def test_messages_that_the_database_does_not_answer_for_come_again() -> None:
    """Nothing is acked that was not committed, and what is not answered for comes again after a while."""
    assert (2, {1: "again in 2.0", 2: "again in 2.0"}) == await come(Table(set(), {2}), [1, 2])
    assert (0, {}) == await come(Table(set(), {2}), [])


async def test_a_dead_letter_that_finds_no_database_leaves_its_message_unacked() -> None:
    """Where the database goes away before the culprit is kept as dead, only the culprit comes again."""
    table = Table({2}, {-2})

    assert (1, {1: "ack", 2: "again in 2.0", 3: "ack"}) == await come(table, [1, 2, 3])
