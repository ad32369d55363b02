"""Parquet: what is written is read back by pyarrow, DuckDB and pandas, with the types of the table of columns."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import InputError
from pipelines.export.columns import COLUMNS, named, values
from pipelines.export.parquet import ParquetWriter, schema, writing
from tests import synthetic

SMALL = named(["id", "title", "authors", "text", "blocks"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def written(rows, columns=COLUMNS, **limits) -> bytes:
    file = io.BytesIO()
    writer = ParquetWriter(file, columns, **limits)
    for row in rows:
        writer.write(row, json.dumps(row).encode())
    writer.close()
    return file.getvalue()


def lacking(value, kind):
    """A value as Arrow gives it back: members that an object lacks are null."""
    if pa.types.is_list(kind):
        return value and [lacking(part, kind.value_type) for part in value]
    if pa.types.is_struct(kind) and value is not None:
        return {field.name: lacking(value.get(field.name), field.type) for field in kind}
    return value


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("parquet") / "rows.parquet"
    path.write_bytes(written(map(synthetic.row, range(300)), group_rows=100))
    return path


def test_every_value_comes_back(path):
    kinds = [field.type for field in schema(COLUMNS)]
    expected = [list(map(lacking, values(synthetic.row(number), COLUMNS), kinds)) for number in range(300)]
    found = pq.read_table(path).to_pylist()
    assert [list(row.values()) for row in found] == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": TEXT,
                "title": TEXT | st.none(),
                "authors": st.lists(TEXT, max_size=3),
                "text": TEXT,
                "blocks": st.lists(
                    st.fixed_dictionaries({"kind": TEXT, "text": TEXT, "kept": st.booleans()}), max_size=2
                ),
                "outcome": st.just("article"),
            }
        ),
        max_size=4,
    )
)
def test_any_text_comes_back(rows):
    kinds = [field.type for field in schema(SMALL)]
    found = pq.read_table(io.BytesIO(written(rows, SMALL))).to_pylist()
    assert [list(row.values()) for row in found] == [list(map(lacking, values(row, SMALL), kinds)) for row in rows]


def test_duckdb_reads_it_as_it_is(path):
    rows = [synthetic.row(number) for number in range(300)]
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        types = dict(database.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{path}')").fetchall())
        assert types["published_day"] == "DATE"
        assert types["captured_at"] == "TIMESTAMP WITH TIME ZONE"
        assert (types["words"], types["access_free"]) == ("BIGINT", "BOOLEAN")
        assert (types["host"], types["authors"]) == ("VARCHAR", "VARCHAR[]")
        assert types["links"] == 'STRUCT(url VARCHAR, "text" VARCHAR)[]'
        per_site = database.execute(
            f"SELECT site, count(*), sum(words) FROM '{path}' WHERE outcome = 'article' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        rules = database.execute(
            f"SELECT b.rule, count(*) FROM (SELECT unnest(blocks) AS b FROM '{path}') WHERE NOT b.kept GROUP BY 1"
        ).fetchall()
        days = database.execute(f"SELECT count(DISTINCT published_day), max(captured_at::VARCHAR) FROM '{path}'")
        assert days.fetchone() == (3, "2022-09-10 06:34:53+00")
    articles = [row for row in rows if row["outcome"] == "article"]
    assert rules == [("en:share", len(articles))]
    assert [site for site, _, _ in per_site] == [
        "example.com",
        "example.org",
        "www.gazette.example",
        "xn--80ak2abgs.example",
    ]
    assert sum(count for _, count, _ in per_site) == len(articles)
    assert sum(total for *_, total in per_site) == sum(len(row["text"].split()) for row in articles)


def test_pandas_reads_it_as_it_is(path):
    frame = pd.read_parquet(path)
    assert list(frame.columns) == [column.name for column in COLUMNS]
    assert len(frame) == 300
    assert str(frame["captured_at"].dtype) == "datetime64[us, UTC]"
    assert frame["captured_at"].max() == datetime(2022, 9, 10, 6, 34, 53, tzinfo=UTC)
    assert frame["words"].dtype == "int64"
    assert frame.groupby("language")["words"].sum().to_dict() == {
        language: sum(len(row["text"].split()) for row in map(synthetic.row, range(300)) if row["language"] == language)
        for language in ("uk", "en")
    }
    assert list(frame["blocks"][0][0]) == ["kind", "text", "kept", "removal", "rule", "evidence", "post"]


def test_the_same_rows_give_the_same_bytes():
    rows = [synthetic.row(number) for number in range(50)]
    assert written(rows) == written(rows) != written(rows[:-1])


def test_the_file_says_what_its_columns_mean_and_what_made_its_rows(path):
    meanings = {column.name: column.meaning for column in COLUMNS}
    file = pq.ParquetFile(path)
    assert {field.name: field.metadata[b"description"].decode() for field in file.schema_arrow} == meanings
    assert json.loads(file.metadata.metadata[b"warchronicle.columns"]) == meanings
    made_by = synthetic.row(0)["processing"]
    del made_by["run"]
    assert json.loads(file.metadata.metadata[b"warchronicle.processing"]) == [{**made_by, "rows": 300}]
    two = [synthetic.row(0), synthetic.row(1) | {"processing": {**made_by, "extractor": "another 1.0", "run": "r"}}]
    metadata = pq.ParquetFile(io.BytesIO(written(two))).metadata.metadata
    assert [one["extractor"] for one in json.loads(metadata[b"warchronicle.processing"])] == [
        "another 1.0",
        "trafilatura 2.3.1",
    ]


def test_row_groups_are_bounded_by_rows_and_by_bytes(path):
    metadata = pq.ParquetFile(path).metadata
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert sum(sizes) == 300
    assert len(sizes) > 1
    assert min(sizes[:-1]) >= 100
    lines = [synthetic.row(number) for number in range(2000)]
    metadata = pq.ParquetFile(io.BytesIO(written(lines, group_bytes=1 << 20))).metadata
    assert metadata.num_row_groups > 5
    assert max(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)) < 8 << 20


def test_what_repeats_has_a_dictionary_and_all_is_zstd(path):
    group = pq.ParquetFile(path).metadata.row_group(0)
    columns = {group.column(number).path_in_schema: group.column(number) for number in range(group.num_columns)}
    with_dictionary = {name for name, column in columns.items() if "RLE_DICTIONARY" in column.encodings}
    assert with_dictionary >= {"host", "site", "language", "outcome", "warc", "source", "extractor", "run"}
    assert with_dictionary >= {f"blocks.list.element.{name}" for name in ("kind", "removal", "rule")}
    assert not with_dictionary & {"id", "url", "title", "text", "blocks.list.element.text", "record_id"}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert columns["host"].statistics.min == "kyiv.example.com"
    assert columns["text"].statistics is None


def test_no_rows_are_a_file_without_any():
    assert pq.read_table(io.BytesIO(written([]))).num_rows == 0
    assert len(pq.read_schema(io.BytesIO(written([])))) == len(COLUMNS)


@pytest.mark.parametrize("block", ["text", {"kept": "yes"}, {"text": 5}, {"post": "x"}])
def test_a_nested_value_of_another_type_is_refused(block):
    file = io.BytesIO()
    with pytest.raises(InputError, match=r"column blocks: .*are these rows of ours"), writing(file, SMALL) as writer:
        writer.write({"id": "x", "blocks": [block]})
    file.close()
