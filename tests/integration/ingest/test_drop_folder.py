"""Files: going on after an interruption, looking without sending, and the drop folder."""

import json
from pathlib import Path

import pytest

from cli.publish.command import publish
from cli.publish.watch import watch
from tests.integration.ingest.exporting import HEADER, Office, export, files, run


async def test_an_interrupted_file_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What is known to have arrived is not sent again, and the counts are of the whole."""
    office, file = Office(), export(tmp_path / "export.csv", 10)
    office.broken_from = 6
    async with office.open() as url:
        options = ("--url", url, "--batch", "3", "--patience", "0", "--json")
        first = await run(publish, str(file), *options)
        office.broken_from = 10**9
        second = await run(publish, str(file), *options)

    reports = [json.loads(one.stdout) for one in (first, second)]
    assert [(1, 6, False), (0, 10, True)] == [
        (one.exit_code, report["accepted"], report["complete"])
        for one, report in zip((first, second), reports, strict=True)
    ]
    assert [f"e-{number}" for number in range(10)] == office.ids
    assert ["export.csv"] == files(tmp_path)


async def test_a_changed_file_begins_anew(tmp_path: Path) -> None:
    """The mark of another content is not believed."""
    office, file = Office(), export(tmp_path / "export.csv", 4)
    office.broken_from = 2
    async with office.open() as url:
        options = ("--url", url, "--batch", "2", "--patience", "0")
        await run(publish, str(file), *options)
        export(file, 5)
        office.broken_from = 10**9
        await run(publish, str(file), *options)

    assert ["e-0", "e-1", "e-0", "e-1", "e-2", "e-3", "e-4"] == office.ids


async def test_a_file_read_in_another_way_begins_anew(tmp_path: Path) -> None:
    """A mapping that was corrected after an interruption holds for every line."""
    office, file, mapping = Office(), export(tmp_path / "export.csv", 3), tmp_path / "mapping.yaml"
    mapping.write_text("values: {stage: {printing: accepted}}")
    office.broken_from = 2
    async with office.open() as url:
        options = ("--url", url, "--batch", "2", "--patience", "0", "--mapping", str(mapping))
        await run(publish, str(file), *options)
        mapping.write_text("values: {stage: {printing: issued}}")
        office.broken_from = 10**9
        await run(publish, str(file), *options)

    assert ["e-0", "e-1", "e-0", "e-1", "e-2"] == office.ids


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ((), '{"event_id":"e-0"}\n\n{"event_id":"e-1"}\n'),
        (("--form", "csv"), HEADER + 'e-0,1,id_card,printing,x\n"e-1",1,id_card,printing,x\n'),
    ],
)
async def test_standard_input_is_a_file_too(form: tuple[str, ...], text: str) -> None:
    """Lines of JSON, or a CSV where that is said, are published as they come."""
    office = Office()
    async with office.open() as url:
        result = await run(publish, "-", "--url", url, "--json", *form, given=text)

    assert (0, ["e-0", "e-1"]) == (result.exit_code, office.ids), result.output


async def test_a_dry_run_sends_nothing(tmp_path: Path) -> None:
    """It reads the whole file and says what it would send, without a key or a server."""
    file = export(tmp_path / "export.csv", 3)
    file.write_text(file.read_text() + "e-9,1,2,3,4,5,6\n")

    result = await run(publish, str(file), "--dry-run")

    assert 1 == result.exit_code
    assert "3 events would be sent" in result.stdout
    assert '"id": "e-0"' in result.stdout.replace("\n", "")


async def test_a_drop_folder_sorts_its_files(tmp_path: Path) -> None:
    """Through is done, rejected or unreadable is failed, each with a report; other files stay."""
    office = Office()
    export(tmp_path / "a.csv", 2)
    export(tmp_path / "b.csv", 2, stage="bad")
    (tmp_path / "c.csv").write_text("no,header\n")
    (tmp_path / "notes.txt").write_text("-")
    async with office.open() as url:
        result = await run(watch, str(tmp_path), "--once", "--url", url)

    assert 0 == result.exit_code, result.output
    assert [
        "done/a.csv",
        "done/a.csv.report.json",
        "failed/b.csv",
        "failed/b.csv.report.json",
        "failed/c.csv",
        "failed/c.csv.report.json",
        "notes.txt",
    ] == files(tmp_path)
    assert (
        "is bad" == json.loads((tmp_path / "failed/b.csv.report.json").read_text())["rejected"][0]["reason"]
    )


@pytest.mark.parametrize("broken_from", [0, 2])
async def test_a_file_that_did_not_arrive_waits(tmp_path: Path, broken_from: int) -> None:
    """While ingest does not answer, files stay where they are for the next look."""
    office, file = Office(), export(tmp_path / "a.csv", 4)
    office.broken_from = broken_from
    async with office.open() as url:
        result = await run(watch, str(tmp_path), "--once", "--url", url, "--batch", "2", "--patience", "0")

    assert (0, True) == (result.exit_code, file.exists())
