"""A live crawl and a reading of its WARCs alone give the same rows: text, title, dates, evidence, outcome, all of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pipelines.errors import ExitCode
from pipelines.store.catalog import Catalog
from tests.integration.conftest import ROOT, Crawled


def test_live_rows_equal_those_of_the_archive_read_alone(crawled: Crawled, tmp_path: Path) -> None:
    assert crawled.code in (ExitCode.OK, ExitCode.PARTIAL), crawled.log[-2000:]
    catalog = Catalog(crawled.archive / "catalog.sqlite", readonly=True)
    try:
        live = {row["provenance"]["record_id"]: row for row in map(json.loads, catalog.rows())}
    finally:
        catalog.close()
    assert len(live) > 70

    warcs = [str(path) for path in sorted(crawled.archive.glob("warc/**/*.warc.gz"))]
    command = [sys.executable, "-m", "pipelines", "extract", "--repeats", *warcs, "-o", str(tmp_path / "rows.jsonl")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == ExitCode.OK, result.stderr[-2000:]
    read = {}
    for row in map(json.loads, (tmp_path / "rows.jsonl").read_text("utf-8").splitlines()):
        row["provenance"]["warc"] = str(Path(row["provenance"]["warc"]).relative_to(crawled.archive))
        read[row["provenance"]["record_id"]] = row

    assert set(read) == set(live)
    for record_id, row in live.items():
        again = read[record_id]
        assert list(again) == list(row)
        assert {key for key in row if row[key] != again[key]} <= {"processing"}, row["url"]
        assert {key for key in row["processing"] if row["processing"][key] != again["processing"][key]} <= {"run"}
