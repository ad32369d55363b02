"""URL lists that people write: one URL a line, a column of a CSV file, or JSON Lines with a "url".

Every line that can't be used is counted and, up to a hundred, kept with its number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import orjson

from crawler.discovery.charset import charset_of, text_of
from crawler.discovery.found import Collector, Discovered, Kind, Skip
from pipelines.errors import DocumentError
from pipelines.model import Route

ENTRIES_MAX = 10_000_000
_DELIMITERS = ",;\t|"
_SCHEMES = ("http://", "https://")
_URL_COLUMNS = ("url", "link", "loc", "address", "href", "uri")


def url_list(
    body: bytes, *, name: str, column: str = "", source: str = "", entries_max: int = ENTRIES_MAX, base: str = ""
) -> Discovered:
    """The URLs of a list, in its order. `name` (a file's) is what `Found.via` says.

    `column` makes it CSV: the name of a column of the first line, or a number that counts from 1 (then there is no
    first line to leave out, unless it holds no URL). Without it the content decides: lines that start with "{" are
    JSON; a first line with a column named url, link, loc, address, href or uri is CSV; all else is a URL a line, with
    "#" for comments.

    Raises `DocumentError`: "empty", or "no_column" with the columns there are.
    """
    text = text_of(body, charset_of(body, ""))
    collector = Collector(base, source, entries_max, via=name)
    first = next((line for line in text.split("\n", 50) if line.strip() and not line.lstrip().startswith("#")), "")
    if not first:
        raise DocumentError("empty", f"{name}: no line holds anything")
    if not column and first.lstrip().startswith("{"):
        _read_json_lines(text, collector)
    elif column or (column := _column_of(first)):
        _read_csv(text, column, name, collector)
    else:
        _read_lines(text, collector)
    return collector.done(Kind.URL_LIST)


def read_plain(text: str, collector: Collector, route: Route) -> Discovered:
    """A URL a line: a list, or a text sitemap (sitemaps.org)."""
    _read_lines(text, collector, route)
    return collector.done(Kind.URL_LIST)


def _read_lines(text: str, collector: Collector, route: Route = Route.URL_LIST) -> None:
    for number, line in _lines(text):
        words = line.split()
        if words and not words[0].startswith("#"):
            # What stands behind the URL after white space is a remark.
            collector.item(words[0] if _is_absolute(words[0]) else line.strip(), route, line=number)


def _read_json_lines(text: str, collector: Collector) -> None:
    for number, line in _lines(text):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        if not isinstance(row, dict):
            collector.bad_line(number, Skip.BAD_LINE, line)
            continue
        stated = {key: value for key, value in row.items() if isinstance(value, str)}
        collector.item(
            stated.get("url", ""),
            Route.URL_LIST,
            title=stated.get("title", ""),
            published=stated.get("published", ""),
            language=stated.get("language", ""),
            line=number,
        )


def _read_csv(text: str, column: str, name: str, collector: Collector) -> None:
    rows = _rows(text, collector)
    number, head = next(rows)
    names = [cell.strip().lower() for cell in head]
    if column.strip().lower() in names:
        index = names.index(column.strip().lower())
    elif column.isdecimal() and 1 <= int(column) <= max(len(head), 1):
        index = int(column) - 1
        if _is_absolute(head[index].strip()):
            collector.item(head[index], Route.URL_LIST, line=number)
    else:
        known = ", ".join(repr(cell[:40]) for cell in head[:20])
        raise DocumentError("no_column", f"{name}: no column {column!r}; its first line has {known}")
    for number, row in rows:
        if index < len(row):
            collector.item(row[index], Route.URL_LIST, line=number)
        elif row:
            collector.bad_line(number, Skip.BAD_LINE, "".join(row))


def _rows(text: str, collector: Collector) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of their last line. A row that is no CSV (a quote that swallows 128 KiB) is counted."""
    delimiter = _delimiter(text.lstrip("\r\n").partition("\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            collector.bad_line(reader.line_num, Skip.BAD_LINE, str(error))
            continue
        if row:
            yield reader.line_num, row


def _column_of(first: str) -> str:
    """The name of the column with URLs, where a first line names one among several."""
    if _is_absolute(first):
        return ""
    names = [cell.strip().strip('"').lower() for cell in first.split(_delimiter(first))]
    return next((name for name in _URL_COLUMNS if name in names), "")


def _delimiter(head: str) -> str:
    return max(_DELIMITERS, key=head.count)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines as editors count them: a line ends at LF, not at U+2028."""
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        yield number, line.rstrip("\r\n")


def _is_absolute(text: str) -> bool:
    return text.strip().lower().startswith(_SCHEMES)
