"""Odd places and names: pipes, folders that may not be written to, locales, what is no export at all."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

from cli.publish.command import publish
from cli.publish.watch import watch
from tests.attacks.handing_in import GOOD, ids
from tests.integration.ingest.exporting import Office, files, run


async def test_a_report_holds_what_the_locale_cannot(tmp_path: Path) -> None:
    """A column's name outside the code page of the terminal ends nothing: the report is UTF-8."""
    office = Office()
    (tmp_path / "a.csv").write_text(GOOD.replace("firm", "Фірма 書類"), encoding="utf-8")
    async with office.open() as url:
        program = (sys.executable, "-m", "cli", "watch", str(tmp_path), "--once", "--url", url)
        env = {
            **os.environ,
            "DOCWATCH_API_KEY": "dw_x",
            "PYTHONIOENCODING": "ascii",
            "PYTHONUTF8": "0",
            "LC_ALL": "C",
        }
        code, _ = await _ended(program, env)

    report = json.loads((tmp_path / "done/a.csv.report.json").read_text(encoding="utf-8"))
    assert (0, "Фірма 書類") == (code, report["warnings"][0]["field"])


async def test_names_that_fill_the_file_system_are_handled(tmp_path: Path) -> None:
    """A name of 254 bytes, which leaves no room for a report's ending, is published and shortened."""
    office = Office()
    (tmp_path / ("ж" * 125 + ".csv")).write_text(GOOD)
    async with office.open() as url:
        result = await run(watch, str(tmp_path), "--once", "--url", url)

    found = files(tmp_path)
    assert (0, ids(1, 2)) == (result.exit_code, office.ids), result.output
    assert [True, True] == [one.startswith("done/жж") for one in found]


async def test_workbooks_and_archives_are_not_left_without_a_word(tmp_path: Path) -> None:
    """A clerk who drops a workbook is told; a spreadsheet's lock file and a half-sent file are left alone."""
    office = Office()
    for name in ("a.xlsx", "b.csv.gz", "~$a.xlsx", "c.csv.part", ".~lock.c.csv#"):
        (tmp_path / name).write_bytes(b"PK\x03\x04")
    async with office.open() as url:
        result = await run(watch, str(tmp_path), "--once", "--url", url)

    assert 0 == result.exit_code, result.output
    assert [
        ".~lock.c.csv#",
        "c.csv.part",
        "failed/a.xlsx",
        "failed/a.xlsx.report.json",
        "failed/b.csv.gz",
        "failed/b.csv.gz.report.json",
        "~$a.xlsx",
    ] == files(tmp_path)


async def test_a_pipe_is_published_without_a_bookmark(tmp_path: Path) -> None:
    """`publish <(command)` goes through, says that it keeps no mark, and tells CSV from JSON by itself."""
    office = Office()
    outputs = []
    async with office.open() as url:
        for number, text in enumerate((GOOD, '{"event_id":"e-3"}\n')):
            pipe = tmp_path / f"pipe{number}"
            os.mkfifo(pipe)
            writer = threading.Thread(target=pipe.write_text, args=(text,))
            writer.start()
            outputs.append(await run(publish, str(pipe), "--url", url))
            writer.join()

    assert [0, 0] == [one.exit_code for one in outputs], [one.output for one in outputs]
    assert ids(1, 2, 3) == office.ids
    assert all("no bookmark was kept" in one.output for one in outputs)


@pytest.mark.parametrize("text", [GOOD, '{"event_id":"e-1"}\n\n{"event_id":"e-2"}\n'])
async def test_standard_input_may_be_a_file_of_either_form(tmp_path: Path, text: str) -> None:
    """`docwatch publish - < file` tells CSV from JSON by itself."""
    office, file = Office(), tmp_path / "export"
    file.write_text(text)
    async with office.open() as url:
        with file.open() as given:
            program = (sys.executable, "-m", "cli", "publish", "-", "--url", url)
            code, said = await _ended(program, {**os.environ, "DOCWATCH_API_KEY": "dw_x"}, given)

    assert (0, ids(1, 2)) == (code, office.ids), said


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="apt-get install util-linux")
async def test_a_folder_that_may_not_be_written_to_is_published_from(tmp_path: Path) -> None:
    """A read-only share costs the bookmark, not the events."""
    office, folder = Office(), tmp_path / "share"
    folder.mkdir()
    (folder / "export.csv").write_text(GOOD)
    folder.chmod(0o555)
    # Nothing is read-only to root as long as it may override it.
    bound = ("setpriv", "--bounding-set=-dac_override") if os.geteuid() == 0 else ()
    async with office.open() as url:
        program = (*bound, sys.executable, "-m", "cli", "publish", str(folder / "export.csv"), "--url", url)
        code, said = await _ended(program, {**os.environ, "DOCWATCH_API_KEY": "dw_x"})

    assert (0, ids(1, 2)) == (code, office.ids), said
    assert "no bookmark was kept" in said


async def test_a_pipe_with_lost_ids_sends_none_of_them() -> None:
    """What cannot be looked through first is refused row by row."""
    office = Office()
    text = GOOD.replace("e-2", '"2,02601E+11"')
    async with office.open() as url:
        result = await run(publish, "-", "--form", "csv", "--url", url, "--json", given=text)

    report = json.loads(result.stdout)
    assert (1, ids(1), 3) == (result.exit_code, office.ids, report["rejected"][0]["line"])


async def _ended(
    program: tuple[str, ...], env: dict[str, str], given: IO[str] | None = None
) -> tuple[int, str]:
    child = await asyncio.create_subprocess_exec(
        *program, env=env, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await child.communicate()
    return child.returncode or 0, said.decode(errors="replace")
