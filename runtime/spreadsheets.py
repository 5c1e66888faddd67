"""CSV that a spreadsheet opens as it is meant: its letters whole, and no cell of it run as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

_MARK = "\ufeff"
"""Without a byte order mark Excel reads UTF-8 in the code page of its country."""

_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_AT_START = re.compile(rf"\A(?=[\t\r\n]|\s*{_SIGNS})")
# A spreadsheet set to another separator splits a cell at it, and what follows begins a cell too.
_INSIDE = re.compile(rf"([,;|\t\r\n\"'])(?=\s*{_SIGNS})")


def csv_for_spreadsheets(
    columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, separator: str = ","
) -> str:
    """Return a CSV with a byte order mark, every cell in quotes; None is an empty cell.

    What a spreadsheet would take for the beginning of a formula has an apostrophe before it.
    """
    text = io.StringIO()
    text.write(_MARK)
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([harmless(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def harmless(cell: object) -> str:
    """Return a cell as text that no spreadsheet runs."""
    return "" if cell is None else _AT_START.sub("'", _INSIDE.sub(r"\1'", str(cell)))
