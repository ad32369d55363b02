"""CSV: what is written is read back by Python and by DuckDB, and is no formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.export.columns import COLUMNS, named, values
from pipelines.export.csv import CsvWriter, cell, guarded, unguarded
from tests import synthetic

FLAT = tuple(column for column in COLUMNS if column.flat)
SMALL = named(["id", "title", "authors", "text"])
FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
HOSTILE = st.text(st.sampled_from("=+-@\t\r\n＝＋－＠'\"|,; a1!\0é\u2028𐍈\ufeff"), max_size=12)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | HOSTILE


def written(rows, columns=FLAT, **options) -> bytes:
    file = io.BytesIO()
    writer = CsvWriter(file, columns, **options)
    for row in rows:
        writer.write(row)
    return file.getvalue()


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


def small(title, authors=(), text=""):
    return {"id": "x", "title": title, "authors": list(authors), "text": text, "outcome": "article"}


@given(ANY)
@example("=1+1")
@example("''=1")
@example("'text")
def test_a_guarded_cell_is_no_formula_and_comes_back(text):
    assert not guarded(text).startswith(FORMULAS)
    assert unguarded(guarded(text)) == text
    assert guarded(text) in (text, f"'{text}")


@given(st.lists(st.builds(small, ANY, st.lists(ANY, max_size=3), ANY), max_size=5))
@example([small('=HYPERLINK("http://x","y")', ["+cmd|' /C calc'!A0", "＝1"], 'a\r\nb\n"c",d\0e')])
def test_python_reads_every_row_back(rows):
    head, *body = read(written(rows, SMALL))
    assert head == ["id", "title", "authors", "text"]
    assert not any(found.startswith(FORMULAS) for row in body for found in row)
    assert [[unguarded(found) for found in row] for row in body] == [
        [cell(value) for value in values(row, SMALL)] for row in rows
    ]
    assert read(written(rows, SMALL, raw=True))[1:] == [[cell(value) for value in values(row, SMALL)] for row in rows]


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.builds(small, ANY, st.lists(ANY, max_size=3), ANY), min_size=1, max_size=5))
def test_duckdb_reads_every_row_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(written(rows, SMALL))
    found = duckdb.execute(
        "SELECT * FROM read_csv(?, header=true, all_varchar=true, auto_detect=false, delim=',', quote='\"', escape='\"',"
        " columns={id: 'VARCHAR', title: 'VARCHAR', authors: 'VARCHAR', text: 'VARCHAR'})",
        [str(path)],
    ).fetchall()
    expected = [[cell(value) for value in values(row, SMALL)] for row in rows]
    assert [[unguarded(value or "") for value in row] for row in found] == expected


def test_duckdb_finds_the_types_by_itself(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(written(map(synthetic.row, range(100))))
    with duckdb.connect() as database:
        types = dict(database.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{path}')").fetchall())
        assert (types["published_day"], types["words"], types["access_free"]) == ("DATE", "BIGINT", "BOOLEAN")
        assert types["captured_at"].startswith("TIMESTAMP")
        got = database.execute(f"SELECT count(*), sum(words), min(text), max(id) FROM '{path}'").fetchone()
    rows = [synthetic.row(number) for number in range(100)]
    assert got[:2] == (100, sum(len(row["text"].split()) for row in rows))
    assert got[2:] == (min(row["text"] for row in rows if row["text"]), max(row["id"] for row in rows))


def test_cells_of_each_type():
    assert list(map(cell, [None, "", True, False, 7, 0.25, date(2022, 9, 1), ["a", "b; c"], []])) == [
        *("", "", "true", "false", "7", "0.25", "2022-09-01", "a; b; c", "")
    ]
    assert cell(datetime(2022, 9, 1, 8, 0, 0, 500_000, tzinfo=UTC)) == "2022-09-01T08:00:00.5Z"
    assert cell("a\0b") == "a\ufffdb"


def test_lines_end_in_crlf_and_those_inside_a_cell_stay():
    data = written([small("t", text="one\ntwo\rthree")], SMALL)
    assert data == b'id,title,authors,text\r\nx,t,,"one\ntwo\rthree"\r\n'


def test_excel_gets_its_mark_and_is_told_of_long_cells():
    file = io.BytesIO()
    writer = CsvWriter(file, SMALL, bom=True)
    writer.write(small("t", text="x" * 32_767))
    assert writer.long_cells == 0
    writer.write(small("t", text="x" * 32_768))
    assert writer.long_cells == 1
    assert file.getvalue().startswith(b"\xef\xbb\xbfid,title")
    assert read(file.getvalue().removeprefix(b"\xef\xbb\xbf"))[2][3] == "x" * 32_768


@pytest.mark.parametrize("raw", [True, False])
def test_no_rows_are_a_head(raw):
    assert read(written([], raw=raw)) == [[column.name for column in FLAT]]
