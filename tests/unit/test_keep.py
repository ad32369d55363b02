"""The keeper: text, row and run folder agree; a run that died gets its folder at the next start."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from pipelines import derive
from pipelines.errors import StorageError
from pipelines.keep import Keeper, complete_runs
from pipelines.model import Derived, Found, Outcome, Route
from pipelines.store.catalog import Catalog, RunState
from pipelines.store.runs import new_run_id, write_run
from pipelines.warc.reader import read_at
from tests import archives, warcs

NOW = datetime(2022, 9, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return archives.make(tmp_path_factory.mktemp("kept") / "archive")


def lines(path: Path) -> list[dict[str, object]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.decode().splitlines()]


def test_text_file_and_row_say_the_same(archive):
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    rows = [orjson.loads(row) for row in catalog.rows(outcome=Outcome.ARTICLE)]
    paths = list(catalog.text_paths())
    catalog.close()
    assert [(archive / path).read_text() for path in paths] == [f"{row['text']}\n" for row in rows]
    assert [path.rpartition("-")[2] for path in paths] == [f"{row['id']}.txt" for row in rows]
    on_disk = {str(path.relative_to(archive)) for path in (archive / "text").rglob("*") if path.is_file()}
    assert on_disk == set(paths)
    assert len(paths) == 3


def test_the_run_folder_names_every_end(archive):
    folder = archive / "runs/run-1"
    articles, skipped = lines(folder / "articles.jsonl.gz"), lines(folder / "skipped.jsonl")
    run = json.loads((folder / "run.json").read_text())
    assert {row["outcome"] for row in articles} == {"article"}
    assert {row["processing"]["run"] for row in articles} == {"run-1"}
    assert {row["found"]["source"] for row in articles} == {"news"}
    times = [row["provenance"]["captured_at"] for row in articles]
    assert times == sorted(times)
    ended = [row["outcome"] for row in articles + skipped]
    assert run["outcomes"] == {name: ended.count(name) for name in sorted(set(ended))}
    assert sorted(set(ended)) == ["article", "duplicate", "http_4xx", "http_5xx", "no_text", "robots_disallowed"]
    by_outcome = {row["outcome"]: row for row in skipped}
    assert by_outcome["robots_disallowed"]["warc"] is None
    assert by_outcome["http_4xx"]["detail"] == "404 Not Found"
    assert (archive / by_outcome["http_4xx"]["warc"]).is_file()
    assert (run["state"], run["spider"], run["config_digest"]) == ("finished", "news", "sha256:0")
    assert run["processing"]["extractor"].startswith("trafilatura ")
    assert [(archive / name).is_file() for name in run["sealed"]] == [True]
    assert run["open"] == []
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_the_same_catalog_gives_the_same_bytes(archive, tmp_path):
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    run = catalog.run_of("run-1")
    folder = write_run(tmp_path, catalog, run)
    catalog.close()
    for name in ("articles.jsonl.gz", "skipped.jsonl"):
        assert (folder / name).read_bytes() == (archive / "runs/run-1" / name).read_bytes()


def test_a_dead_run_gets_its_folder_and_ended_runs_are_left_alone(tmp_path):
    archive = archives.make(tmp_path / "archive", "dead", close=False)
    catalog = Catalog(archive / "catalog.sqlite")
    catalog.run_started("unwritten", NOW)
    catalog.run_ended("unwritten", NOW)  # died between the two
    catalog.run_started("your", NOW)
    assert complete_runs(archive, catalog) == ["dead", "unwritten"]
    assert complete_runs(archive, catalog) == []
    assert [run.state for run in catalog.runs()] == [RunState.KILLED, RunState.FINISHED, RunState.RUNNING]
    catalog.close()
    run = json.loads((archive / "runs/dead/run.json").read_text())
    assert (run["state"], run["ended"], run["outcomes"]["article"]) == ("killed", None, 3)
    assert len(lines(archive / "runs/dead/articles.jsonl.gz")) == 3
    assert lines(archive / "runs/unwritten/skipped.jsonl") == []
    assert not (archive / "runs/your").exists()


@pytest.fixture
def copy(archive, tmp_path):
    return Path(shutil.copytree(archive, tmp_path / "copy"))


def test_a_folder_without_run_json_is_not_taken_for_whole(copy):
    archive = copy
    (archive / "runs/run-1/run.json").unlink()
    (archive / "runs/run-1/articles.jsonl.gz").write_bytes(b"half")
    catalog = Catalog(archive / "catalog.sqlite")
    assert complete_runs(archive, catalog) == ["run-1"]
    catalog.close()
    assert len(lines(archive / "runs/run-1/articles.jsonl.gz")) == 3


def test_a_row_made_by_the_worker_is_stored_as_it_is(copy):
    archive = copy
    catalog = Catalog(archive / "catalog.sqlite")
    archives.record(archive, catalog, "run-2")
    (item, *_) = catalog.underived()
    record = read_at(archive, item.locator)
    derived = derive.derive(record, item.found, derive.DeriveSettings())
    catalog.run_started("run-2", NOW)
    Keeper(archive, catalog, derive.processing("run-2"), "run-2").keep(derived, b'{"made": "elsewhere"}\n', item.found)
    assert list(catalog.rows("run-2")) == [b'{"made": "elsewhere"}\n']
    catalog.close()


def test_a_record_that_cannot_be_read_back_has_a_row_all_the_same(copy):
    catalog = Catalog(copy / "catalog.sqlite")
    archives.record(copy, catalog, "run-2")
    catalog.run_started("run-2", NOW)
    (item, *others) = catalog.underived()
    keeper = Keeper(copy, catalog, derive.processing("run-2"), "run-2")
    keeper.keep(Derived("x", "", Outcome.DAMAGED_RECORD, "cut"), b"{}", item.found, item.locator)
    (row,) = map(orjson.loads, catalog.rows("run-2"))
    assert (row["outcome"], row["url"], row["detail"]) == ("damaged_record", "https://news.test/page-0", "cut")
    assert row["provenance"]["record_id"] == item.locator.record_id
    assert [left.locator for left in catalog.underived()] == [other.locator for other in others]
    catalog.close()


def test_a_crawl_killed_between_two_hops_goes_on_at_the_second(copy):
    """The redirect is in its WARC, nobody followed it: deriving it at the next start names its target."""
    catalog = Catalog(copy / "catalog.sqlite")
    named = Found("https://news.test/old", Route.FEED, source="news", title="as the feed has it")
    catalog.found([named], NOW)
    moved = warcs.response(b"", "Location: /new?a=1#top", status="301 Moved Permanently")
    recorder = warcs.recorder(copy, catalog)
    recorder.submit(warcs.capture(9, url=named.url, response=moved, found=named)).result(30)
    recorder.close()
    (item,) = catalog.underived()
    catalog.run_started("run-2", NOW)
    keeper = Keeper(copy, catalog, derive.processing("run-2"), "run-2")
    keeper.keep(derive.derive(read_at(copy, item.locator), item.found, derive.DeriveSettings()), None, item.found)
    (target,) = catalog.waiting(["news"], warcs.START)
    assert target == replace(named, url="https://news.test/new?a=1", via=named.url, hops=1)
    assert catalog.state(named.url).outcome is Outcome.REDIRECT
    catalog.close()


def test_a_run_must_end_before_its_folder_is_written(tmp_path):
    catalog = Catalog(tmp_path / "catalog.sqlite")
    catalog.run_started("r", NOW)
    keeper = Keeper(tmp_path, catalog, derive.processing("r"), "r")
    with pytest.raises(ValueError, match="has not ended"):
        keeper.close()
    catalog.run_ended("r", NOW)
    (tmp_path / "runs").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="runs/r"):
        keeper.close()
    (tmp_path / "runs").unlink()
    keeper.close()
    keeper.close()
    assert (tmp_path / "runs/r/run.json").is_file()
    catalog.close()


def test_run_ids_sort_by_time():
    ids = [new_run_id(datetime(2022, 9, 11, hour, tzinfo=UTC)) for hour in range(10, 20)]
    assert ids == sorted(ids)
    assert len({new_run_id(NOW) for _ in range(100)}) > 90
    assert new_run_id(NOW).startswith("20220912T000000Z-")
