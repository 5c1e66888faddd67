from collections.abc import Sequence

import asyncpg
import pytest

from services.tracker.intake.stream_batches import settle


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
