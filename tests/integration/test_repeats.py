"""Repetition on the sample site: the crawl learns it, `extract --repeats` learns the same, and a killed pass is taken up."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from pipelines.errors import ExitCode
from pipelines.extract.residue import prints
from pipelines.message import decode_content, entity, parse_head
from pipelines.model import Locator
from pipelines.store.catalog import Catalog
from pipelines.warc.reader import read_at
from tests.integration.conftest import ROOT, Crawled
from tests.site.outlets import OUTLETS


def extract(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines", "extract", "--json", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        check=False,
    )


def rows_of(output: bytes) -> dict[str, dict]:
    return {row["provenance"]["record_id"]: row for row in map(orjson.loads, output.splitlines())}


def live(archive: Path) -> dict[str, dict]:
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    try:
        return {row["provenance"]["record_id"]: row for row in map(orjson.loads, catalog.rows())}
    finally:
        catalog.close()


def run_json(archive: Path) -> dict:
    return json.loads(max(archive.glob("runs/*/run.json")).read_text())


@pytest.fixture(scope="module")
def read(crawled: Crawled) -> tuple[dict[str, dict], dict]:
    warcs = [str(path) for path in sorted(crawled.archive.glob("warc/**/*.warc.gz"))]
    result = extract(*warcs, "--repeats")
    assert result.returncode == ExitCode.OK, result.stderr[-2000:]
    return rows_of(result.stdout), json.loads(result.stderr)


def test_what_outlets_add_to_each_story_is_gone_and_its_stories_are_whole(crawled: Crawled) -> None:
    truth = crawled.site.expected()
    added = {outlet.id: {outlet.amid, outlet.closing} - {""} for outlet in OUTLETS}
    assert {len(lines) for lines in added.values()} == {0, 1, 2}
    seen = 0
    for row in live(crawled.archive).values():
        each = truth.get(row["url"])
        if row["outcome"] != "article" or each is None or each.outcome != "article":
            continue
        for sentence in each.sentences:
            assert sentence in row["text"], each.url
        removed = {block["text"]: block for block in row["blocks"] if block["removal"] == "site_repeat"}
        assert added[each.outlet] <= removed.keys(), each.url
        for line in added[each.outlet]:
            assert line not in row["text"]
            assert removed[line]["rule"] == "site-repeat"
            assert removed[line]["evidence"].startswith("in at least ")
            seen += 1
    assert seen > 20


def test_text_files_and_the_run_folder_have_the_second_pass(crawled: Crawled) -> None:
    rows = live(crawled.archive)
    catalog = Catalog(crawled.archive / "catalog.sqlite", readonly=True)
    try:
        paths = list(catalog.text_paths())
    finally:
        catalog.close()
    texts = {path.rpartition("-")[2].removesuffix(".txt"): (crawled.archive / path).read_text() for path in paths}
    assert texts == {row["id"]: f"{row['text']}\n" for row in rows.values() if row["outcome"] == "article"}
    on_disk = {str(path.relative_to(crawled.archive)) for path in crawled.archive.glob("text/**/*.txt")}
    assert on_disk == set(paths)
    packed = next(crawled.archive.glob("runs/*/articles.jsonl.gz")).read_bytes()
    kept = rows_of(gzip.decompress(packed))
    assert kept == {key: row for key, row in rows.items() if row["outcome"] == "article"}


def test_extract_with_repeats_gives_the_same_table_and_rows(
    crawled: Crawled, read: tuple[dict[str, dict], dict]
) -> None:
    again, said = read
    rows = live(crawled.archive)
    assert said["repeats"]["table"] == run_json(crawled.archive)["repeats"]["table"]
    assert said["repeats"]["outlets"] >= 2
    assert set(again) == set(rows)
    for record_id, row in rows.items():
        other = again[record_id]
        assert {key for key in row if row[key] != other[key]} <= {"processing", "provenance"}, row["url"]
    assert any(block["removal"] == "site_repeat" for row in rows.values() for block in row["blocks"])


def test_a_pipe_gives_the_same_rows(crawled: Crawled, read: tuple[dict[str, dict], dict]) -> None:
    again, said = read
    stream = b"".join(path.read_bytes() for path in sorted(crawled.archive.glob("warc/**/*.warc.gz")))
    piped = extract("-", "--repeats", "--jobs", "1", stdin=stream)
    assert piped.returncode == ExitCode.OK, piped.stderr[-2000:]
    assert json.loads(piped.stderr)["repeats"] == said["repeats"]
    rows = rows_of(piped.stdout)
    assert list(rows) == list(again)
    assert [row["blocks"] for row in rows.values()] == [row["blocks"] for row in again.values()]


def test_html_files_in_any_order_with_or_without_addresses(crawled: Crawled, tmp_path: Path) -> None:
    chosen = [
        row for row in live(crawled.archive).values() if row["outcome"] == "article" and "127.0.0.17" in row["url"]
    ]
    assert len(chosen) > 4
    entries = []
    for row in chosen:
        place = row["provenance"]
        record = read_at(crawled.archive, Locator(place["warc"], place["offset"], place["length"], place["record_id"]))
        head = parse_head(record.block)
        body = decode_content(entity(record.block, head)[0], head.codings, 10**7)
        path = tmp_path / f"{row['id']}.html"
        path.write_bytes(body)
        entries.append({"id": row["id"], "path": str(path), "url": row["url"]})
    closing = next(outlet.closing for outlet in OUTLETS if outlet.id == "kurier")
    tables = []
    for number, url in enumerate((True, True, False)):
        order = random.Random(number).sample(entries, len(entries))
        manifest = tmp_path / "manifest.jsonl"
        manifest.write_text("".join(json.dumps(each if url else {**each, "url": ""}) + "\n" for each in order))
        result = extract("--manifest", str(manifest), "--repeats")
        assert result.returncode == ExitCode.OK, result.stderr[-2000:]
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        assert [row["id"] for row in rows] == [each["id"] for each in order]
        for row in rows:
            last = next(block for block in row["blocks"] if block["text"] == closing)
            where = "127.0.0.17" if url else "its folder"
            assert (last["removal"], last["evidence"]) == ("site_repeat", f"in at least 5 stories of {where}")
        tables.append(json.loads(result.stderr)["repeats"])
    assert tables[0] == tables[1]


def test_repeats_left_out_and_asked_for_at_once(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html><p>text")
    result = extract(str(page), "--repeats", "--without", "repeats")
    assert result.returncode == ExitCode.USAGE
    assert b"choose one" in result.stderr


def test_without_the_option_nothing_is_learnt(crawled: Crawled) -> None:
    warcs = [str(path) for path in sorted(crawled.archive.glob("warc/**/*.warc.gz"))]
    result = extract(*warcs)
    assert b"site_repeat" not in result.stdout
    assert "repeats" not in json.loads(result.stderr)


def test_prints_of_rows_are_those_of_articles(crawled: Crawled) -> None:
    catalog = Catalog(crawled.archive / "catalog.sqlite", readonly=True)
    try:
        rows = {row["provenance"]["record_id"]: row for row in map(orjson.loads, catalog.rows())}
        outlets = {learnt.outlet: learnt for learnt in catalog.learnt()}
        compared = 0
        for name in outlets:
            for record_id, printed in catalog.printed(name):
                assert prints.of_row(rows[record_id]).pack() == printed.data
                compared += 1
    finally:
        catalog.close()
    assert compared > 40
    assert sum(bool(learnt.digest) for learnt in outlets.values()) >= 2
