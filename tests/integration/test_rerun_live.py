"""A live crawl and a re-run of its WARCs give the same rows, but for `processing`; damages and revisits included."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.errors import ExitCode
from pipelines.rerun import layout
from pipelines.store.catalog import Catalog
from tests.integration.conftest import Crawled
from tests.reruns import facts, rerun


def test_rows_of_a_crawl_and_of_a_rerun_of_its_archive_are_equal(crawled: Crawled, tmp_path: Path) -> None:
    catalog = Catalog(crawled.archive / "catalog.sqlite", readonly=True)
    try:
        live = {row["provenance"]["record_id"]: row for row in map(json.loads, catalog.rows())}
    finally:
        catalog.close()
    assert len(live) > 70

    result = rerun(tmp_path / "run", crawled.archive)
    assert result.returncode == ExitCode.OK, result.stderr[-3000:]
    again = {row["provenance"]["record_id"]: row for row in layout.rows_of(tmp_path / "run")}
    assert set(again) == set(live)
    for record_id, row in live.items():
        other = again[record_id]
        assert list(other) == list(row)
        assert {key for key in row if row[key] != other[key]} <= {"processing"}, (
            row["url"],
            row["detail"],
            other["detail"],
        )
        assert {key for key in row["processing"] if row["processing"][key] != other["processing"][key]} == {"run"}
        assert other["processing"]["run"] is None

    run = max(crawled.archive.glob("runs/*/run.json"))
    assert facts(result)["repeats"]["table"] == json.loads(run.read_text())["repeats"]["table"]
    outcomes = {row["outcome"] for row in again.values()}
    assert {"article", "duplicate", "redirect"} <= outcomes
    assert any(block["removal"] == "site_repeat" for row in again.values() for block in row["blocks"])
