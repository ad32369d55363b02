"""The table of columns: it holds all of a row, with types that are kept to, and docs/reference.md says what it says."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.export.columns import COLUMNS, KEYS, named, values
from tests import synthetic

PAGE = (Path(__file__).parents[3] / "docs/reference.md").read_text("utf-8")


def taken(row):
    return dict(zip((column.name for column in COLUMNS), values(row, COLUMNS), strict=True))


def test_every_key_of_a_row_has_a_column_and_no_column_reads_another():
    for number in (0, 6):  # an article, a 404
        assert set(synthetic.row(number)) == KEYS


def test_every_member_of_provenance_charset_access_found_and_processing_has_a_column():
    row = synthetic.row(0)
    marks = {}
    for key in ("provenance", "charset", "access", "found", "processing"):
        for name in row[key]:
            moment = name in ("captured_at", "published", "modified")
            row[key][name] = f"2022-01-01T00:00:{len(marks):02}Z" if moment else f"{key}.{name}"
            marks[key, name] = row[key][name]
    texts = {str(column.take(row)).replace(" ", "T").replace("+00:00", "Z") for column in COLUMNS}
    assert [place for place, mark in marks.items() if mark not in texts] == []


def test_the_members_of_nested_columns_are_those_of_rows():
    row = synthetic.row(0)
    embed = next(block for block in row["blocks"] if "post" in block)
    found = {
        "links": row["links"][0],
        "blocks": embed,
        "title_evidence": row["title_evidence"][0],
        "published_evidence": row["published_evidence"][0],
        "authors_evidence": row["authors_evidence"][0],
        "agency_evidence": row["agency_evidence"],
    }
    nested = {column.name: [name for name, _ in column.fields] for column in COLUMNS if not column.flat}
    assert nested == {name: list(members) for name, members in found.items()}
    (post,) = (dict(column.fields)["post"] for column in COLUMNS if column.name == "blocks")
    assert [name for name, _ in post] == list(embed["post"])


def test_the_values_of_an_article():
    row = synthetic.row(2)
    got = taken(row)
    assert got["host"] == "kyiv.example.com"
    assert got["site"] == "example.com"
    assert got["published"] == row["published"] == "2022-09-10T04:00:14+00:00"
    assert got["published_day"] == date(2022, 9, 10)
    assert got["published_at"] == datetime(2022, 9, 10, 4, 0, 14, tzinfo=UTC)
    assert (got["published_source"], got["published_confidence"]) == ("json-ld", 0.95)
    assert got["captured_at"] == datetime(2022, 9, 10, 6, 0, 14, tzinfo=UTC)
    assert got["authors"] == ["Olena Test", "Ivan Проба"]
    assert got["text_sha256"] == hashlib.sha256(row["text"].encode()).hexdigest()
    assert (got["words"], got["characters"]) == (len(row["text"].split()), len(row["text"]))
    assert got["libraries"] == "lxml 6.1.3; w3lib 2.5.0"
    assert got["warc_offset"] == 1800
    assert got["topic"] is got["story"] is got["run"] is got["access_free"] is None


def test_a_day_is_the_pages_own_and_a_moment_needs_an_offset():
    row = synthetic.row(2)
    row |= {"published": "2022-09-11T01:30:00+03:00", "modified": "2022-09-11T01:30:00"}
    got = taken(row)
    assert got["published_day"] == date(2022, 9, 11)
    assert got["published_at"] == datetime(2022, 9, 10, 22, 30, tzinfo=UTC)
    assert (got["modified_day"], got["modified_at"]) == (date(2022, 9, 11), None)
    assert taken(row | {"published": "2022-09-11"})["published_at"] is None
    got = taken(row | {"published": None})
    assert got["published_source"] is got["published_confidence"] is got["published_day"] is None


def test_a_row_that_is_no_article_has_no_article():
    got = taken(synthetic.row(6))
    assert (got["outcome"], got["detail"]) == ("http_4xx", "404 Not Found")
    assert (got["words"], got["text"], got["text_sha256"], got["authors"]) == (0, "", None, [])
    assert got["warc"] == "warc/2022/09/10/news-0000.warc.gz"


def test_a_verdict_of_any_shape_is_json():
    got = taken(synthetic.row(0) | {"topic": {"score": 0.5, "about": ["Харків"]}, "story": "s1"})
    assert (got["topic"], got["story"]) == ('{"score":0.5,"about":["Харків"]}', '"s1"')


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"title": 5}, "title"),
        ({"authors": "Olena"}, "authors"),
        ({"authors": [None]}, "authors"),
        ({"removed": "3"}, "removed"),
        ({"removed": True}, "removed"),
        ({"provenance": {"offset": 1 << 63}}, "warc_offset"),
        ({"provenance": "somewhere"}, "provenance"),
        ({"found": "somewhere"}, "found"),
        ({"access": {"free": 1}}, "access_free"),
        ({"blocks": {"kind": "paragraph"}}, "blocks"),
        ({"agency_evidence": []}, "agency_evidence"),
    ],
)
def test_a_value_of_another_type_is_refused_by_row_and_column(changes, column):
    with pytest.raises(InputError, match=rf"^row 'x7': {column}: expected "):
        values(synthetic.row(0) | {"id": "x7"} | changes, COLUMNS)


def test_an_int_is_a_double_where_one_is_due():
    row = synthetic.row(2)
    row["published_evidence"][0]["confidence"] = 1
    got = taken(row)["published_confidence"]
    assert (got, type(got)) == (1.0, float)


def test_columns_by_name():
    assert [column.name for column in named(["url", "id"])] == ["url", "id"]
    with pytest.raises(ValueError, match="no column 'texts'; known: id, url"):
        named(["id", "texts"])
    with pytest.raises(ValueError, match="'id' is named twice"):
        named(["id", "id"])


def test_names_are_fit_for_every_reader():
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    reserved = {"offset", "end", "start", "order", "group", "limit", "date", "timestamp", "desc", "table", "user"}
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) and name not in reserved for name in names)


def test_the_documentation_has_every_column_with_its_type_and_meaning_and_no_other():
    section = re.search(r"^## Export\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)[1]
    assert [line for line in section.splitlines() if line.startswith("| `")] == [
        f"| `{column.name}` | {column.type} | {'csv, parquet' if column.flat else 'parquet'} | {column.meaning} |"
        for column in COLUMNS
    ]
