"""Pictures that are made to hurt: whoever sends one hurts nobody else."""

import asyncio
import contextlib
import os
import sys
import time
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.keyring import Sealed
from services.notifier.domain.incoming import Body, Incoming, Photo, Said
from services.notifier.pictures.reader import PhotoReader, ReaderKilledError
from tests.attacks import bombs
from tests.attacks.heartbeat import Heartbeat
from tests.integration.notifier.world import World
from tests.waiting import until

LONGEST_HOLD = 0.25
ROOM_MIB = 300


def did(update: int, body: Body, address: str = "7") -> Incoming:
    return Incoming(str(update), address, private=True, language="en", at=datetime.now(UTC), body=body)


def peak_mib(pid: int) -> int:
    """The most memory that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


async def texts(world: World) -> dict[str, list[str]]:
    """The answers in the queue, by address."""
    rows = await world.pool.fetch(
        "SELECT a.id AS address_id, a.address, a.key_id, d.id, d.payload "
        "FROM delivery d JOIN address a ON a.id = d.address_id ORDER BY d.seq"
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        address = world.recipients.address(row["address_id"], Sealed(row["key_id"], row["address"]))
        answer = world.recipients.answers.open(row["id"], row["payload"])
        found.setdefault(address, []).append(answer.shown)
    return found


async def ended(process: Path) -> bool:
    """A process that nobody waits for may stay as a name; it runs no more."""
    with contextlib.suppress(FileNotFoundError):
        return ") Z" in (process / "stat").read_text("ascii")
    return True


async def none_open(world: World) -> bool:
    return not await world.pool.fetchval("SELECT count(*) FROM delivery WHERE ended_at IS NULL")


async def gone(world: World) -> bool:
    return not await world.count("recipient")


async def fuzz(reader: PhotoReader, seeds: range) -> float:
    """Read a picture for each seed; return for how long the loop was held at most."""
    longest = 0.0
    for seed in seeds:
        picture = bombs.arbitrary(seed)
        async with Heartbeat() as heart:
            try:
                found = await reader.codes_in(picture)
            except ReaderKilledError:
                found = None
        assert found is None or isinstance(found, tuple), seed
        longest = max(longest, heart.longest)
    return longest


async def test_a_picture_of_finder_patterns_is_given_up(reader: PhotoReader) -> None:
    """A picture that would take minutes ends its reader within seconds, and the next one is read as ever."""
    bomb, good = bombs.tiled(5000, 2), bombs.encoded(bombs.code())
    await reader.codes_in(good)
    began = time.monotonic()

    async with Heartbeat() as heart:
        with pytest.raises(ReaderKilledError):
            await reader.codes_in(bomb)

    assert time.monotonic() - began < reader.seconds + 1
    assert heart.longest < LONGEST_HOLD
    assert (bombs.LINK,) == await reader.codes_in(good)


async def test_a_picture_that_unpacks_into_much_is_not_unpacked(reader: PhotoReader) -> None:
    """A small file of many dots takes no more memory than a reader may have."""
    found = await reader.codes_in(bombs.heavy())

    assert reader._process is not None
    assert found is None
    assert peak_mib(reader._process.pid) < ROOM_MIB


async def test_a_reader_has_nothing_of_ours(reader: PhotoReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that reads strangers' pictures has no environment, no socket and no file but its pipes."""
    monkeypatch.setenv("DOCWATCH_PEPPER", "secret")
    await reader.codes_in(b"x")

    assert reader._process is not None
    process = Path(f"/proc/{reader._process.pid}")
    files = [str(one.readlink()) for one in (process / "fd").iterdir()]
    limits = (process / "limits").read_text("ascii").splitlines()
    assert b"" == (process / "environ").read_bytes()
    assert 3 == len(files)
    assert not [one for one in files if not one.startswith(("pipe:", "socket:", "/dev/null"))]
    assert [["3", "3"]] == [line.split()[3:5] for line in limits if line.startswith("Max open files")]


async def test_one_reader_serves_many(reader: PhotoReader) -> None:
    """A picture costs no start of a process; one that died meanwhile is replaced."""
    good = bombs.encoded(bombs.code())
    await reader.codes_in(good)
    assert reader._process is not None
    first = reader._process

    await reader.codes_in(good)
    same = reader._process
    os.kill(first.pid, 9)
    await first.wait()

    assert first is same
    assert (bombs.LINK,) == await reader.codes_in(good)


STARTS = """
import asyncio
from services.notifier.pictures.reader import PhotoReader

async def main():
    reader = PhotoReader()
    await reader.codes_in(b"x")
    print(reader._process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_reader_ends_with_its_service() -> None:
    """A service that is killed leaves no process behind."""
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", STARTS, stdout=PIPE)
    assert service.stdout is not None
    reading = Path(f"/proc/{int(await service.stdout.readline())}")

    service.kill()
    await service.wait()

    await until(lambda: ended(reading))


async def test_a_bomb_holds_up_nobody(world: World) -> None:
    """Whoever writes beside a picture that takes long is answered before it is read."""
    world.channel.pictures["bomb"] = bombs.tiled(5000, 2)
    world.pictures.reader.seconds = 3.0
    updates, stop = world.updates(), asyncio.Event()
    reading = asyncio.create_task(world.pictures.run(stop))

    await updates.take([did(1, Photo("bomb")), did(2, Said("/help"), "8")])
    await updates.take([did(3, Said("/help"), "9")])

    waiting = await world.pool.fetchval("SELECT count(*) FROM picture")
    told = await texts(world)
    stop.set()
    await reading
    assert (1, {"8", "9"}) == (waiting, set(told))


async def test_what_ended_its_reader_twice_is_answered_and_done(world: World) -> None:
    """A picture that is never read is tried twice, and then said to be unreadable."""
    world.channel.pictures["bomb"] = bombs.tiled(5000, 2)
    world.pictures.reader.seconds = 1.0

    await world.updates().take([did(1, Photo("bomb"))])
    tries = [await world.pictures.once() for _ in range(4)]

    assert [True, True, True, False] == tries
    assert ["We could not read this picture."] == [one.splitlines()[0] for one in (await texts(world))["7"]]


async def test_a_process_that_died_with_a_picture_is_remembered(world: World) -> None:
    """Tries are written down before the picture is looked at, so those of processes that died count."""
    world.channel.pictures["good"] = bombs.encoded(bombs.code())
    await world.updates().take([did(1, Photo("good"))])

    for _ in range(2):
        # A process takes the picture and dies; a minute later another may take it.
        await world.pictures._claim()
        assert not await world.pictures.once()
        await world.pool.execute("UPDATE picture SET due_at = now()")
    read = await world.pictures.once()

    assert read
    assert "could not read this picture" in (await texts(world))["7"][0]


async def test_a_try_that_failed_goes_behind_the_others(world: World) -> None:
    """A picture that ended its reader is tried again only after those that nobody has looked at yet."""
    world.channel.pictures |= {"bomb": bombs.tiled(5000, 2), "good": bombs.encoded(bombs.code())}
    world.pictures.reader.seconds = 1.0
    await world.updates().take([did(1, Photo("bomb")), did(2, Photo("good"), "8")])

    await world.pictures.once()
    await world.pictures.once()

    assert {"8"} == set(await texts(world))


async def test_pictures_are_read_in_turn(world: World) -> None:
    """One person's many pictures keep another's one waiting no longer than a single one does."""
    many = [did(number, Photo("gone")) for number in range(1, 6)]
    await world.updates().take([*many, did(6, Photo("gone"), "8")])

    claimed = [await world.pictures._claim() for _ in range(6)]

    assert [1, 6, 2, 3, 4, 5] == [waiting.update for waiting in claimed if waiting is not None]


async def test_photos_of_one_chat_are_limited(world: World) -> None:
    """An album of photos is read; after that one is told to wait, and somebody else's is kept."""
    flood = [did(number, Photo("gone")) for number in range(1, 19)]

    await world.updates().take([*flood, did(19, Photo("gone"), "8")])

    told = (await texts(world))["7"]
    assert 11 == await world.pool.fetchval("SELECT count(*) FROM picture")
    assert ["You have sent many photos in a short time"] == [one.split(",")[0] for one in told]


async def test_too_many_pictures_are_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the queue of all pictures is full, people are told to try later, and nothing grows."""
    monkeypatch.setattr("services.notifier.conversation.picture_queue._MOST_WAITING", 1)

    await world.updates().take([did(1, Photo("gone"))])
    await world.updates().take([did(2, Photo("gone"), "8")])

    assert 1 == await world.pool.fetchval("SELECT count(*) FROM picture")
    assert "Nothing is lost" in (await texts(world))["8"][0]


async def test_a_picture_of_somebody_forgotten_goes_with_them(world: World) -> None:
    """What waits to be read is erased with the person, and read for nobody."""
    person = await world.person("7")
    await world.updates().take([did(1, Photo("gone"))])

    await world.pool.execute("DELETE FROM recipient WHERE id = $1", person)

    assert not await world.pictures.once()


async def test_a_guest_stays_until_the_picture_is_answered(world: World) -> None:
    """A stranger's row lives while their picture waits, also past an earlier answer, and no longer."""
    updates = world.updates()
    await updates.take([did(1, Said("/help")), did(2, Photo("gone"))])
    async with world.sending(await world.lease()):
        await until(lambda: none_open(world))
        kept = await world.count("recipient")
        await world.pictures.once()
        await until(lambda: gone(world))

    assert (1, 2) == (kept, len(world.channel.sent))


async def test_arbitrary_pictures_hurt_nobody(reader: PhotoReader) -> None:
    """Whatever bytes come as a picture, the service goes on and its loop is never held."""
    assert await fuzz(reader, range(100)) < LONGEST_HOLD


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_a_thousand_arbitrary_pictures_hurt_nobody(reader: PhotoReader) -> None:
    """The same for a thousand of them."""
    assert await fuzz(reader, range(1000, 2000)) < LONGEST_HOLD
