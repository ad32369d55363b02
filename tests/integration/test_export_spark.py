"""Spark reads the Parquet of `export` as it is.

Spark needs Java and 400 MB, so it is no part of `dev`: SPARK_PYTHON names a Python that has pyspark, or this is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from pipelines.export.columns import COLUMNS
from pipelines.export.parquet import writing
from tests import synthetic

SPARK_TYPES = {
    "string": "string",
    "bool": "boolean",
    "int64": "bigint",
    "double": "double",
    "date": "date",
    "timestamp": "timestamp",
    "list<string>": "array<string>",
}
CODE = """
import json, sys
from pyspark.sql import SparkSession
options = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.driver.bindAddress": "127.0.0.1"}
spark = SparkSession.builder.master("local[1]").config(map=options).getOrCreate()
frame = spark.read.parquet(sys.argv[1])
frame.createOrReplaceTempView("rows")
def ask(query):
    return [list(row) for row in spark.sql(query).collect()]
print(json.dumps({
    "types": dict(frame.dtypes),
    "rows": frame.count(),
    "words": ask("SELECT site, sum(words) FROM rows GROUP BY site ORDER BY site"),
    "posts": ask("SELECT b.post.handle, count(*) FROM (SELECT explode(blocks) b FROM rows) WHERE b.kind = 'embed' GROUP BY 1"),
    "times": ask("SELECT string(max(captured_at)), string(min(published_day)), string(max(published_at)) FROM rows"),
}))
spark.stop()
"""
PYTHON = os.environ.get("SPARK_PYTHON", "")


@pytest.mark.skipif(not PYTHON, reason="SPARK_PYTHON names no Python with pyspark")
def test_spark_reads_it_as_it_is(tmp_path):
    rows = [synthetic.row(number) for number in range(100)]
    path = tmp_path / "rows.parquet"
    with path.open("wb") as file, writing(file, COLUMNS) as writer:
        for row in rows:
            writer.write(row)
    done = subprocess.run([PYTHON, "-c", CODE, path], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert {name: kind for name, kind in told["types"].items() if "struct" not in kind} == {
        column.name: SPARK_TYPES[column.type] for column in COLUMNS if column.flat
    }
    assert told["types"]["links"] == "array<struct<url:string,text:string>>"
    assert told["rows"] == 100
    assert sum(words for _, words in told["words"]) == sum(len(row["text"].split()) for row in rows)
    assert told["posts"] == [["@olena", sum(row["outcome"] == "article" for row in rows)]]
    published = [row["published"] for row in rows if row["published"]]
    assert told["times"] == [
        [
            "2022-09-10 06:11:33",
            min(published)[:10],
            max(day for day in published if day.endswith("+00:00")).removesuffix("+00:00").replace("T", " "),
        ]
    ]
