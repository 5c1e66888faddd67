"""A drop folder while things happen to it: newer files, several watchers, deaths, slow writers."""

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path
from unittest.mock import Mock

import pytest

from cli.publish.drop_folder import DropFolder
from cli.publish.watch import SettledFiles, watch
from tests.attacks.handing_in import ids, row, table
from tests.integration.ingest.exporting import Office, export, files, run


def report(path: Path) -> dict[str, object]:
    """Read the report beside a file."""
    found: dict[str, object] = json.loads(path.with_name(f"{path.name}.report.json").read_text())
    return found


async def watched(*arguments: str) -> tuple[int, str]:
    """Run the program that forks watchers."""
    program = (sys.executable, "-m", "tests.attacks.watching", *arguments)
    child = await asyncio.create_subprocess_exec(
        *program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, wrong = await child.communicate()
    return child.returncode or 0, said.decode() + wrong.decode()


async def test_a_newer_file_of_the_same_name_is_a_file_of_its_own(tmp_path: Path) -> None:
    """Moved into the folder while the older one is published, it waits, and gets its own report."""
    older, newer = table(row(1), row(2), more=""), table(row(3), more="")
    dropped = tmp_path / "export.csv"

    def move_in() -> None:
        if not office.ids:
            fresh = tmp_path / "export.tmp"
            fresh.write_text(newer)
            fresh.replace(dropped)

    office = Office(meanwhile=move_in)
    dropped.write_text(older)
    async with office.open() as url:
        await run(watch, str(tmp_path), "--once", "--url", url)
        between = (files(tmp_path), dropped.read_text(), (tmp_path / "done/export.csv").read_text())
        await run(watch, str(tmp_path), "--once", "--url", url)

    assert (["done/export.csv", "done/export.csv.report.json", "export.csv"], newer, older) == between
    assert ids(1, 2, 3) == office.ids
    second = next(path for path in (tmp_path / "done").glob("export.*.csv"))
    assert (newer, 1) == (second.read_text(), report(second)["accepted"])
    assert (older, 2) == (
        (tmp_path / "done/export.csv").read_text(),
        report(tmp_path / "done/export.csv")["accepted"],
    )


async def test_an_undelivered_file_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    """Where a newer one has come under its name it is kept aside, and both are published afterwards."""
    dropped = tmp_path / "a.csv"

    def move_in() -> None:
        if office.broken_from == 0:
            dropped.write_text(table(row(9), more=""))

    office = Office(meanwhile=move_in)
    office.broken_from = 0
    dropped.write_text(table(row(1), more=""))
    async with office.open() as url:
        await run(watch, str(tmp_path), "--once", "--url", url, "--patience", "0")
        kept = [path for path in files(tmp_path) if path.startswith("sending/")]
        office.broken_from = 10**9
        office.ids.clear()
        await run(watch, str(tmp_path), "--once", "--url", url)
        await run(watch, str(tmp_path), "--once", "--url", url)

    assert [True] == [path.endswith("/a.csv") for path in kept if not Path(path).name.startswith(".")]
    assert ids(1, 9) == sorted({*office.ids})
    assert 4 == len([path for path in files(tmp_path) if path.startswith("done/")])


async def test_two_watchers_share_a_folder(tmp_path: Path) -> None:
    """Each file is published by one of them, once."""
    office = Office()
    for number in range(12):
        text = table(*(row(10 * number + at) for at in range(4)), more="")
        (tmp_path / f"{number}.csv").write_text(text)
    async with office.open() as url:
        code, said = await watched("many", url, str(tmp_path), "3")

    assert 0 == code, said
    assert {1} == {*Counter(office.ids).values()}
    assert 48 == len(office.ids)
    found = files(tmp_path)
    assert 24 == len([path for path in found if path.startswith("done/")]) == len(found)


@pytest.mark.parametrize("delivers", [True, False])
async def test_a_watcher_may_be_killed_at_any_operation(tmp_path: Path, *, delivers: bool) -> None:
    """Another takes its file up: every event arrives, the file is in `done`, and nothing else is left.

    So also where the one that dies delivers nothing and is giving the file back.
    """
    office, text, folder = Office(), tmp_path / "a.txt", tmp_path / "deaths"
    text.write_text(table(*(row(number) for number in range(5)), more=""))
    folder.mkdir()
    async with office.open() as url:
        first = url if delivers else "http://127.0.0.1:9"
        deaths, said = await watched("each", url, str(folder), str(text), first)

    assert deaths > 10, said
    assert len(list(folder.iterdir())) == deaths + 1
    for place in folder.iterdir():
        left = [path for path in files(place) if not path.endswith(".report.json")]
        # Killed between putting a file back and taking it off, a watcher leaves it twice.
        assert len(left) == 1 or not delivers, (place.name, left)
        for path in left:
            assert path.startswith("done/a."), (place.name, left)
            assert text.read_text() == (place / path).read_text()
            assert report(place / path)["complete"]
    assert set(ids(0, 1, 2, 3, 4)) == {*office.ids}


def test_a_living_watchers_file_is_left_to_it(tmp_path: Path) -> None:
    """What one has taken another does not see, until the first is gone."""
    export(tmp_path / "a.csv", 1)
    with DropFolder(tmp_path) as one, DropFolder(tmp_path) as other:
        claim = one.take(tmp_path / "a.csv")
        seen = list(other.left_over())

        os.close(one._lock)
        one._lock = os.open(os.devnull, os.O_RDONLY)
        afterwards = list(other.left_over())

    assert ([], [claim]) == (seen, afterwards)


def test_a_newer_file_waits_for_the_older_one_of_its_name(tmp_path: Path) -> None:
    """What was taken and is not through is never replaced."""
    with DropFolder(tmp_path) as drop:
        older = drop.take(export(tmp_path / "a.csv", 1))
        newer = drop.take(export(tmp_path / "a.csv", 2))
        assert older is not None
        kept = older.read_text()
        drop.settle(older, "done", {})

        assert (None, 2) == (newer, len(kept.splitlines()))
        assert drop.take(tmp_path / "a.csv") is not None


def test_a_report_replaces_none(tmp_path: Path) -> None:
    """Two files of one name in `done` keep their own reports."""
    with DropFolder(tmp_path) as drop:
        for number in range(3):
            claim = drop.take(export(tmp_path / "a.csv", number))
            assert claim is not None
            drop.settle(claim, "done", {"number": number})

    settled = [path for path in (tmp_path / "done").iterdir() if path.suffix == ".csv"]
    assert [0, 1, 2] == sorted(len(path.read_text().splitlines()) - 1 for path in settled)
    for path in settled:
        assert report(path)["number"] == len(path.read_text().splitlines()) - 1


def test_a_file_is_quiet_by_our_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that keeps an old date, or one from a server an hour ahead, is taken when it stopped growing."""
    now = [100.0]
    monkeypatch.setattr("cli.publish.watch.time", Mock(monotonic=lambda: now[0]))
    old, ahead = export(tmp_path / "old.csv", 1), export(tmp_path / "ahead.csv", 1)
    os.utime(old, (1, 1))
    os.utime(ahead, (4e9, 4e9))
    quiet, looks = SettledFiles(2.0), []
    for _ in range(3):
        looks.append([path.name for path in quiet.among((path, path.stat()) for path in (old, ahead))])
        if now[0] == 100.0:
            with old.open("a") as file:
                file.write("more")
            os.utime(old, (1, 1))
        now[0] += 2.0

    assert [[], ["ahead.csv"], ["old.csv", "ahead.csv"]] == looks


async def test_a_file_that_is_written_to_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    """Rows that a slow writer adds to the file after it was taken are not lost."""
    dropped = tmp_path / "a.csv"
    dropped.write_text(table(row(1), more=""))
    writer = dropped.open("a")

    def add() -> None:
        if not office.ids:
            writer.write(f"{row(2)}\n")
            writer.flush()

    office = Office(meanwhile=add)
    async with office.open() as url:
        with writer:
            await run(watch, str(tmp_path), "--once", "--url", url)
        await run(watch, str(tmp_path), "--once", "--url", url)

    assert ids(1, 2) == sorted({*office.ids})
    assert ["done/a.csv", "done/a.csv.report.json"] == files(tmp_path)
