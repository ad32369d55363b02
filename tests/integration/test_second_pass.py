"""The second pass of a session: killed, repeated, on an old catalog, on an empty archive; and what it leaves alone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from pipelines.config import Config
from pipelines.errors import ExitCode
from pipelines.model import Item, Outcome
from pipelines.session import Session
from pipelines.store.catalog import Catalog
from pipelines.store.catalog_schema import SCHEMA_VERSION
from tests import warcs
from tests.integration.conftest import ROOT

PAGES = 40
CLOSING = "The herring does not read the newspaper, which is why we do."
CONFIG = Config.model_validate({"derive": {"workers": 1}, "archive": {"fsync": False}})
PLACES = ("mill", "harbour", "orchard", "chapel", "station", "bakery", "quarry", "school", "ferry", "market")


def html(number: int, closing: str = CLOSING) -> bytes:
    place = f"{PLACES[number % 10]} of street {number}"
    told = (
        f"The {place} opened again on Saturday after {number + 2} months, and a queue formed before eight o'clock.",
        f"Its keeper, who wanted to be called only number {number * 7}, said that the roof of the {place} had held.",
        f"By noon, {number * 13 + 5} people had come to the {place}, most of them with something that needed mending.",
    )
    body = "".join(f"<p>{line}</p>" for line in told)
    return (
        f'<html lang="en"><head><title>Queue at the {place}</title></head><body><article><h1>Queue at the {place}</h1>'
        f"{body}<p>{closing}</p></article></body></html>"
    ).encode()


def record(archive: Path, numbers: range, closing: str = CLOSING, *, derive: bool = True) -> str:
    """Capture pages in a run of their own; without `derive` they wait for the next one. Returns the run's id."""
    config = (
        CONFIG if derive else CONFIG.model_copy(update={"derive": CONFIG.derive.model_copy(update={"live": False})})
    )
    session = Session(archive, config)
    for number in numbers:
        capture = warcs.capture(number, html(number, closing))
        session.catalog.found([capture.found], warcs.START)
        recorded = session.record(capture).result(30)
        session.derive(Item(recorded.locator, capture.found))
    session.close()
    return session.run


def close_again(archive: Path) -> str:
    session = Session(archive, CONFIG)
    session.close()
    return session.run


def run_json(archive: Path, run: str) -> dict:
    return json.loads((archive / "runs" / run / "run.json").read_text())


class State:
    """What an archive holds, read and closed again."""

    def __init__(self, archive: Path) -> None:
        catalog = Catalog(archive / "catalog.sqlite", readonly=True)
        try:
            self.rows = {row["url"]: row for row in map(orjson.loads, catalog.rows())}
            self.number = len(list(catalog.rows()))
            self.counts = {run.id: catalog.counts(run.id) for run in catalog.runs()}
            self.tables = catalog.learnt_digests()
            self.stale = catalog.stale_outlets("1.1")
        finally:
            catalog.close()
        self.without = [
            url for url, row in self.rows.items() if row["blocks"] and row["blocks"][-1]["removal"] == "site_repeat"
        ]

    def blocks(self) -> dict[str, list]:
        return {url: row["blocks"] for url, row in self.rows.items()}


def extracted(archive: Path) -> tuple[dict[str, list], str]:
    paths = [str(path) for path in archive.glob("warc/**/*.warc.gz")]
    command = [sys.executable, "-m", "pipelines", "extract", "--json", "--repeats", *paths]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert result.returncode == ExitCode.OK, result.stderr[-2000:]
    rows = [orjson.loads(line) for line in result.stdout.splitlines()]
    return {row["url"]: row["blocks"] for row in rows}, json.loads(result.stderr)["repeats"]["table"]


def applied(archive: Path) -> int:
    database = sqlite3.connect(f"file:{archive / 'catalog.sqlite'}?mode=ro", uri=True, timeout=10)
    try:
        return database.execute("SELECT count(*) FROM prints WHERE applied != ''").fetchone()[0]
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        database.close()


def test_a_pass_that_is_killed_is_finished_by_the_next_run(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    first = record(archive, range(PAGES), derive=False)
    command = [sys.executable, "-m", "tests.integration.session_child", str(archive)]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as child:
        deadline = time.monotonic() + 60
        while applied(archive) < 3 and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    between = State(archive)
    assert 0 < len(between.without) < PAGES, "killed too late or too early to tell anything"
    assert between.number == PAGES
    assert between.stale == ["news.test"]

    last = close_again(archive)
    after = State(archive)
    assert len(after.without) == after.number == PAGES
    assert after.stale == []
    killed = next(run for run in after.counts if run not in (first, last))
    assert after.counts[killed] == {"article": PAGES}, "rows stay those of the run that made them first"
    assert after.counts[last] == {}
    assert {row["processing"]["run"] for row in after.rows.values()} == {killed}
    assert run_json(archive, last)["repeats"]["derived_again"] == PAGES - len(between.without)
    assert extracted(archive) == (after.blocks(), run_json(archive, last)["repeats"]["table"])
    for row in after.rows.values():
        assert CLOSING not in row["text"]


def test_a_second_run_that_brings_nothing_changes_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    first = record(archive, range(8))
    before = State(archive)
    assert len(before.without) == 8
    last = close_again(archive)
    assert State(archive).rows == before.rows
    said = run_json(archive, last)["repeats"]
    assert said == {
        "table": run_json(archive, first)["repeats"]["table"],
        "outlets_learnt": 0,
        "derived_again": 0,
        "left": 0,
    }


def test_what_two_runs_brought_is_learnt_together_and_in_the_end_the_order_makes_no_difference(tmp_path: Path) -> None:
    both = tmp_path / "both", tmp_path / "other"
    for archive, parts in zip(both, ((range(2), range(2, 7)), (range(4, 7), range(4))), strict=True):
        for part in parts:
            record(archive, part)
    one, other = (State(archive) for archive in both)
    assert {url: row["blocks"] for url, row in one.rows.items()} == {
        url: row["blocks"] for url, row in other.rows.items()
    }
    assert one.tables == other.tables
    assert len(one.without) == 7
    assert sorted(sum(counts.values()) for counts in one.counts.values()) == [2, 5]


def test_a_catalog_of_the_first_schema_is_learnt_from_its_rows(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    record(archive, range(6))
    expected = State(archive)
    plain = CONFIG.model_copy(update={"derive": CONFIG.derive.model_copy(update={"residue": ("phrases",)})})
    old = tmp_path / "old"
    session = Session(old, plain)
    for number in range(6):
        capture = warcs.capture(number, html(number))
        session.catalog.found([capture.found], warcs.START)
        session.derive(Item(session.record(capture).result(30).locator, capture.found))
    session.close()
    database = sqlite3.connect(old / "catalog.sqlite")
    with database:
        for table in ("prints", "repeats", "repeat_tables"):
            database.execute(f"DROP TABLE {table}")
        database.execute("UPDATE meta SET value = '1' WHERE name = 'schema'")
    database.close()
    assert not _without(old)

    close_again(old)
    after = State(old)
    assert after.tables == expected.tables
    assert after.blocks() == expected.blocks()
    assert [row["found"] for row in after.rows.values()] == [row["found"] for row in expected.rows.values()]
    catalog = Catalog(old / "catalog.sqlite", readonly=True)
    database = sqlite3.connect(catalog.path)
    assert database.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() == (str(SCHEMA_VERSION),)
    database.close()
    catalog.close()


def _without(archive: Path) -> list[str]:
    """As `State.without`, for a catalog of any schema."""
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    try:
        rows = [orjson.loads(row) for row in catalog.rows()]
    finally:
        catalog.close()
    return [row["url"] for row in rows if row["blocks"][-1]["removal"] == "site_repeat"]


def test_an_empty_archive_has_an_empty_table(tmp_path: Path) -> None:
    run = close_again(tmp_path / "archive")
    said = run_json(tmp_path / "archive", run)["repeats"]
    assert said["table"].startswith("sha256:")
    assert (said["outlets_learnt"], said["derived_again"]) == (0, 0)


def test_rows_whose_warc_is_elsewhere_stay_as_they_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    archive = tmp_path / "archive"
    record(archive, range(2))
    for path in archive.glob("warc/**/*.warc.gz"):
        path.unlink()
    run = record(archive, range(2, 6))
    state = State(archive)
    assert sorted(state.without) == [f"https://news.test/page-{number}" for number in range(2, 6)]
    assert run_json(archive, run)["repeats"]["left"] == 2
    assert caplog.text.count("was not derived again") == 2
    assert all(row["outcome"] == Outcome.ARTICLE.value for row in state.rows.values())


def test_switched_off_nothing_is_learnt(tmp_path: Path) -> None:
    plain = CONFIG.model_copy(update={"derive": CONFIG.derive.model_copy(update={"residue": ("phrases",)})})
    session = Session(tmp_path / "archive", plain)
    session.close()
    assert "repeats" not in run_json(tmp_path / "archive", session.run)
