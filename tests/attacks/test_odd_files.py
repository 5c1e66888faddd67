"""Files that offices handed in to other software, after reports in public trackers; each says what it is."""

import codecs
import json
from pathlib import Path

import pytest

from cli.publish.watch import watch
from tests.attacks.handing_in import AT, GOOD, NAMES, as_bytes, ids, published, row, table
from tests.integration.ingest.exporting import Office, files, run

MARK = codecs.BOM_UTF8
ADDRESS = '"Україна, м. Київ, вул. Хрещатик, буд. 5, кв. 7\n01001, м. Київ, 5, 6, 7"'

READ: dict[str, tuple[str | bytes, list[str]]] = {
    "Excel, 'CSV UTF-8': a byte order mark": (MARK + GOOD.encode(), ids(1, 2)),
    "Excel in Europe: semicolons": (GOOD.replace(",", ";"), ids(1, 2)),
    "Excel, 'Unicode text': UTF-16 with tabs": (GOOD.replace(",", "\t").encode("utf-16"), ids(1, 2)),
    "UTF-16 whose mark a tool removed": (GOOD.encode("utf-16-le"), ids(1, 2)),
    "Excel for Mac: carriage returns": (GOOD.replace("\n", "\r"), ids(1, 2)),
    "a web shop's first line sep=;": ("sep=;\r\n" + GOOD.replace(",", ";"), ids(1, 2)),
    "the same, saved again by a spreadsheet": ('"sep=;"\r\n' + GOOD.replace(",", ";"), ids(1, 2)),
    "an old bank's separator at each line's end": (GOOD.replace(",", ";").replace("\n", ";\n"), ids(1, 2)),
    "the same with none in the header": (table(row(1, ""), row(2, ""), more=""), ids(1, 2)),
    "Excel: empty cells at the end left out after 16 rows": (table(row(1, ""), row(2)), ids(1, 2)),
    "commas within cells under semicolons": (
        table(row(1, "a")).replace(",", ";").replace("a\n", "a,b,c,d,e,f,g\n"),
        ids(1),
    ),
    "a registry's firm in quotes, more text behind": (table(row(1, '"Firm" LLC'), row(2)), ids(1, 2)),
    "an inch mark amid a cell": (table(row(1, '5" pipe'), row(2, '7"')), ids(1, 2)),
    "a comment with line breaks": (table(row(1, '"one\r\n\r\ntwo, three"'), row(2)), ids(1, 2)),
    "an address in lines with commas, as a form keeps it": (table(row(1, ADDRESS)), ids(1)),
    "a heading with a line break": (table(row(1, "a"), more='"firm\nname"'), ids(1)),
    "spaces after the separators, before quotes": (table(row(1, ' "Kyiv, Main st"')), ids(1)),
    "a report's title above the header": (f"Report of 05.02.2026\n\n{GOOD}", ids(1, 2)),
    "a heading copied from a web page": (GOOD.replace("event_id", "\u200bevent_id\u00a0"), ids(1, 2)),
    "a heading in capital letters": (GOOD.replace(NAMES, NAMES.upper()), ids(1, 2)),
    "a spreadsheet's empty rows at the end": (GOOD + ",,,,,\n" * 3 + "\n\n", ids(1, 2)),
    "no line break at the end": (GOOD.rstrip("\n"), ids(1, 2)),
    "an id as a formula that keeps its zeros": (GOOD.replace("e-1", '="00123"'), ["00123", "e-2"]),
    "the same as CSV quotes it": (GOOD.replace("e-1", '"=""00123"""'), ["00123", "e-2"]),
    "a DOS program's Ctrl-Z at the end": (GOOD + "\x1a", ids(1, 2)),
    "a page break between rows": (table(row(1), "\f", row(2)), ids(1, 2)),
    "a line separator of Unicode within a cell": (table(row(1, "a\u2028b\x85c\x0bd"), row(2)), ids(1, 2)),
    "a number of five thousand digits": (table(row(1, "9" * 5000), more="sequence"), ids(1)),
}


@pytest.mark.parametrize("what", READ)
async def test_a_file_that_is_only_odd_is_read(tmp_path: Path, what: str) -> None:
    """Every event of it arrives and nothing is rejected."""
    data, wanted = READ[what]

    done = await published(tmp_path, data)

    assert (0, wanted) == (done.code, done.office.ids), (done.report, done.error)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
async def test_a_byte_order_mark_goes_before_the_option(tmp_path: Path, encoding: str) -> None:
    """Excel's UTF-8 is read as such, whatever encoding the command names."""
    data = MARK + GOOD.replace("firm", "Фірма").encode()

    done = await published(tmp_path, data, "--encoding", encoding)

    assert (0, ids(1, 2), "Фірма") == (done.code, done.office.ids, done.report["warnings"][0]["field"])


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-u", "utf-16-be"])
async def test_a_code_page_is_read_where_it_is_named(tmp_path: Path, encoding: str) -> None:
    """Excel's "CSV" and "CSV (MS-DOS)", and what older systems write."""
    text = table(row(1, '"ТОВ ""Ромашка"", Харьков"'), row(2, '"два\nрядки"'), more="note").replace(",", ";")

    done = await published(tmp_path, text.encode(encoding, "replace"), "--encoding", encoding)

    notes = [one["data"]["note"] for one in done.office.events]
    assert (0, ['ТОВ "Ромашка"; Харьков', "два\nрядки"]) == (done.code, notes)


async def test_ids_that_a_program_may_have_changed_are_sent_with_a_warning(tmp_path: Path) -> None:
    """Whether they were changed only the office can tell; each kind is said once."""
    changed = ("202601000001.0", "202601000002.0", "1914310000010100000")
    rows = [
        row(1).replace("e-1", one).replace("1234567890", two) for one, two in zip(changed, "123", strict=True)
    ]
    rows[0] = rows[0].replace(",1,", ",1914310000010100000,")

    done = await published(tmp_path, table(*rows, more=""))

    assert (0, list(changed)) == (done.code, done.office.ids)
    found = [(warning["line"], warning["field"]) for warning in done.report["warnings"]]
    assert [(2, "event_id"), (2, "application_number")] == found


async def test_a_value_is_as_the_cell_has_it(tmp_path: Path) -> None:
    """Quotes within a cell are kept where they are text and taken off where they are CSV's."""
    rows = (row(1, '"a ""b"", c"'), row(2, '"a" b'), row(3, '5" d'), row(4, ' "e" '), row(5, '="007"'))

    done = await published(tmp_path, table(*rows, more="note"))

    assert ['a "b", c', '"a" b', '5" d', "e", "007"] == [one["data"]["note"] for one in done.office.events]


REJECTED: dict[str, tuple[str | bytes, list[str], list[int]]] = {
    "a quote that nobody closes, in a cell that nobody reads": (
        table(row(1, "a"), row(2, '"Firm'), row(3, "c"), row(4, "d"), row(5, "e")),
        ids(1, 3, 4, 5),
        [3],
    ),
    "the same where every cell is quoted": (
        table(row(1, '"a"'), row(2, '"Firm'), f'"e-3","1","id_card","printing","{AT}","c"'),
        ids(1, 3),
        [3],
    ),
    "two of them": (table(row(1, '"Firm'), row(2, "b"), row(3, '"Other'), row(4, "d")), ids(2, 4), [2, 4]),
    "one quote lost at its beginning, one at its end": (
        table(row(1, "a"), row(2, '"Firm'), row(3, "c"), row(4, 'Other"'), row(5, "e")),
        ids(1, 5),
        [3, 4, 5],
    ),
    "a row pasted into a comment, which is no event": (
        table(row(1, f'"see\n{row(66, "x")}\nabove"'), row(2, "b")),
        ids(2),
        [2, 3, 4],
    ),
    "a database's backslash before a quote": (table(row(1, r'"a \"b, c\""'), row(2)), ids(2), [2]),
    "quotes within quotes, not doubled": (
        table(row(1, '"TOV "Romashka", Kyiv"'), row(2), more="firm,office"),
        ids(2),
        [2],
    ),
    "a file that a full disk cut": (table(row(1, "kyiv-1"), more="office") + row(2)[:-4], ids(1), [3]),
    "files put together, each with its mark and header": (
        (MARK + table(row(1)).encode()) + (MARK + table(row(2)).encode()),
        ids(1, 2),
        [3],
    ),
    "files put together whose columns differ": (
        table(row(1, "kyiv-1"), more="office") + table(row(2, "kyiv-1"), more="note"),
        ids(1),
        [3, 4],
    ),
    "a zero byte, which no request may hold": (
        table(row(1), row(2, "a\0b"), row(3), more="office"),
        ids(1, 3),
        [3],
    ),
    "a row of another encoding": (
        table(row(1)).encode() + row(2, "Фірма").encode("cp1251") + f"\n{row(3)}\n".encode(),
        ids(1, 3),
        [3],
    ),
    "spreadsheet errors in place of ids": (
        table(row(1), row(2).replace("e-2", "#N/A"), row(3).replace("e-3", "#REF!")),
        ids(1),
        [3, 4],
    ),
    "a line of two megabytes": (table(row(1, "x" * 2_000_000), row(2)), ids(2), [2]),
    "a row with more cells than the header": (table(row(1, "a", "b"), row(2)), ids(2), [2]),
}


@pytest.mark.parametrize("what", REJECTED)
async def test_a_damaged_row_is_named_and_the_others_go_on(tmp_path: Path, what: str) -> None:
    """No row vanishes: each line is an event, rejected with its number, or blank; the exit status is 1."""
    data, wanted, rejected = REJECTED[what]

    done = await published(tmp_path, data)

    assert (1, wanted, rejected) == (done.code, done.office.ids, done.rejected), done.report
    below = done.report["lines"] - done.report["header"]
    assert below == done.report["accepted"] + done.report["rejected_lines"] + done.report["blank"]


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "two columns of the same name": (
        table(row(1, "issued"), more="Stage"),
        "columns 4 (stage) and 6 (Stage) both mean stage",
    ),
    "ids that a spreadsheet took for numbers": (
        table(row(1), row(2), row(3)).replace("e-1", '"2,02601E+11"').replace("e-3", "2.02601e+11"),
        "the ids are damaged: a spreadsheet turned them into rounded ones such as 2,02601E+11, in line 2, 4",
    ),
    "the same in UTF-16": (
        GOOD.replace(",", "\t").replace("e-2", "2,02601E+11").encode("utf-16"),
        "the ids are damaged",
    ),
    "an unclosed quote in a header of 300 kB": (
        f'{NAMES},"firm\n' + f"{row(1, 'a')}\n" * 5000,
        "the header, line 1, has a quote that is never closed",
    ),
    "an empty file": (b"", "the file is empty"),
    "only a byte order mark": (MARK, "the file is empty"),
    "a workbook under the name of a CSV": (b"PK\x03\x04\x14\x00\x06\x00" + bytes(200), "is a workbook"),
    "an old workbook likewise": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200), "is an Excel workbook"),
    "a web page likewise": (b"<html><table><tr><td>event_id</td></tr></table>", "is HTML or XML"),
    "a heading in cp1251, read as UTF-8": (
        table(row(1, "Ромашка"), more="Фірма").encode("cp1251"),
        "the header is not UTF-8 text; say its encoding, such as --encoding cp1251",
    ),
    "no header at all": (f"{row(1)}\n{row(2)}\n", "the header lacks event_id"),
    "one array of JSON": ('[{"event_id": "e-1"}]', "write an object on each line"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_a_file_that_cannot_be_meant_is_refused_as_a_whole(tmp_path: Path, what: str) -> None:
    """Nothing of it is sent; it is in `failed` with a reason for a clerk, and the next file goes on."""
    data, reason = REFUSED[what]
    office, name = Office(), "a.jsonl" if "JSON" in what else "a.csv"
    (tmp_path / name).write_bytes(as_bytes(data))
    (tmp_path / "b.csv").write_text(GOOD)
    async with office.open() as url:
        result = await run(watch, str(tmp_path), "--once", "--url", url)

    assert (0, ids(1, 2)) == (result.exit_code, office.ids), result.output
    assert [
        "done/b.csv",
        "done/b.csv.report.json",
        f"failed/{name}",
        f"failed/{name}.report.json",
    ] == files(tmp_path)
    assert reason in json.loads((tmp_path / f"failed/{name}.report.json").read_text())["error"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp037", "shift_jis"])
async def test_a_file_in_a_wrong_encoding_does_not_end_the_watcher(tmp_path: Path, encoding: str) -> None:
    """It is done or failed with a report, however wrong the encoding is."""
    office = Office()
    (tmp_path / "a.csv").write_text(GOOD.replace("firm", "Фірма") + row(3, "Ж" * 7) + "\n")
    async with office.open() as url:
        result = await run(watch, str(tmp_path), "--once", "--url", url, "--encoding", encoding)

    assert 0 == result.exit_code, result.output
    assert ["failed/a.csv", "failed/a.csv.report.json"] == files(tmp_path)


@pytest.mark.parametrize("encoding", ["cp1252x", "idna", "undefined", "rot13", "hex"])
async def test_what_is_no_encoding_is_said_before_a_file_is_touched(tmp_path: Path, encoding: str) -> None:
    """A mistyped option fails no file."""
    (tmp_path / "a.csv").write_text(GOOD)
    result = await run(watch, str(tmp_path), "--once", "--url", "http://127.0.0.1:1", "--encoding", encoding)

    assert ["a.csv"] == files(tmp_path)
    assert f"there is no encoding {encoding}" in str(result.exception)


async def test_lines_of_json_are_held_to_the_same(tmp_path: Path) -> None:
    """Of two stages in one object neither wins in silence; what is no JSON number or text is named."""
    lines = (
        '\ufeff{"event_id":"e-1"}',
        '{"event_id":"e-2","stage":"a","stage":"b"}',
        '{"event_id":"e-3","sequence":NaN}',
        '{"event_id":"e-4","note":"\\ud800"}',
        f'{{"event_id":"e-5","sequence":{"9" * 5000}}}',
        "",
        '{"event_id":"e-7"}',
    )

    done = await published(tmp_path, "\n".join(lines), name="export.jsonl")

    assert (1, ids(1, 7), [2, 3, 4, 5]) == (done.code, done.office.ids, done.rejected)
    assert 1 == done.report["blank"]
