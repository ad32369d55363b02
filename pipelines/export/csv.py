"""CSV (RFC 4180): a line for each row, lists joined, and no cell that a spreadsheet would take for a formula.

Such a cell starts with an apostrophe more than its value has, and so does one whose value is apostrophes and then a
formula: `unguarded` gives back each value as it was. NUL, which ends a string for many readers, becomes U+FFFD.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import IO, Final

from pipelines import urls
from pipelines.export.columns import Column, values
from pipelines.export.values import Row

#: How cells begin that are formulas to a spreadsheet; the full-width forms are, too, to some.
FORMULA: Final = "=+\\-@\t\r\n＝＋－＠"
_FORMULA = re.compile(rf"'*[{FORMULA}]")
_GUARDED = re.compile(rf"'+[{FORMULA}]")
EXCEL_CELL: Final = 32_767  # characters that Excel keeps of a cell
SEPARATOR: Final = "; "  # between the parts of a list


class CsvWriter:
    """Writes rows into a binary file that stays open. The head is written at once, so no rows give a head alone."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column], *, bom: bool = False, raw: bool = False) -> None:
        """`bom`: begin with the mark by which Excel tells UTF-8. `raw`: leave formulas as they are."""
        self._columns = columns
        self._raw = raw
        self.long_cells = 0  # cells of more than EXCEL_CELL characters
        if bom:
            file.write(codecs.BOM_UTF8)
        self._encoded = codecs.getwriter("utf-8")(file, "replace")
        self._writer = csv.writer(self._encoded)  # "excel": commas, quotes where they are needed, CRLF
        self._writer.writerow(column.name for column in columns)

    def write(self, row: Row, _line: bytes = b"") -> None:
        """Write a row. Raises `InputError` for a value of a wrong type."""
        cells = [cell(value) for value in values(row, self._columns)]
        self.long_cells += sum(len(text) > EXCEL_CELL for text in cells)
        self._writer.writerow(cells if self._raw else map(guarded, cells))


def cell(value: object) -> str:
    """A value as text: "" for none, times in UTC with a Z, true and false, lists with "; " between their parts."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return urls.timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return SEPARATOR.join(map(cell, value))
    return repr(value)


def guarded(text: str) -> str:
    """A cell's text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if _GUARDED.match(text) else text
