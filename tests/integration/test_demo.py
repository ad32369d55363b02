"""`make demo`, twice: the whole chain on the sample site, held against the site's own truth, politeness included."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import orjson
import psutil
import pytest

from pipelines.errors import ExitCode
from pipelines.store.catalog import Catalog
from tests.site.content import Content
from tests.site.model import Expected

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.site.demo"]


class Ran(NamedTuple):
    archive: Path
    truth: dict[str, Expected]
    outputs: list[str]
    codes: list[int]
    seconds: list[float]
    captures: list[int]  # records in the catalog after each run
    rows: dict[str, dict]


def free_port() -> int:
    with socket.create_server(("127.0.0.11", 0)) as holder:
        return holder.getsockname()[1]


def records(archive: Path) -> int:
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    try:
        return sum(catalog.captures_by_kind().values())
    finally:
        catalog.close()


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    archive, port = folder / "archive-demo", free_port()
    outputs, codes, seconds, captures = [], [], [], []
    for _ in range(2):
        started = time.monotonic()
        done = subprocess.run(
            [*COMMAND, "--port", str(port), "--archive", str(archive)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        outputs.append(done.stdout)
        codes.append(done.returncode)
        seconds.append(time.monotonic() - started)
        captures.append(records(archive))
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    try:
        rows = {row["url"]: row for row in map(orjson.loads, catalog.rows()) if row["outcome"] == "article"}
    finally:
        catalog.close()
    return Ran(archive, Content(port).expected(), outputs, codes, seconds, captures, rows)


def articles(ran: Ran) -> list[Expected]:
    return [each for each in ran.truth.values() if each.outcome == "article"]


def test_both_runs_end_well_and_every_page_as_the_truth_says(ran):
    assert ran.codes == [0, 0], "\n".join(ran.outputs)
    for output in ran.outputs:
        assert f"All {len(ran.truth)} pages ended as the site's own truth says." in output
        assert "Traceback" not in output


def test_the_second_run_says_that_it_continues_and_fetches_no_page_again(ran):
    first, second = ran.outputs
    assert "continues it" not in first
    assert "continues it" in second
    assert ran.captures[1] - ran.captures[0] < ran.captures[0] / 3  # robots.txt, feeds, sitemaps; what failed


def test_output_in_a_pipe_is_plain_text(ran):
    for output in ran.outputs:
        assert "\x1b" not in output
        assert "\r" not in output
        assert "The headteacher who kept two diaries" in output
        assert re.search(r"WARC +warc/\S+\.warc\.gz, offset \d+, \d+ bytes", output)
        assert "What next" in output


def test_text_title_and_language_of_every_article(ran):
    for each in articles(ran):
        row = ran.rows[each.url]
        assert row["title"] == each.title, each.url
        assert row["language"] == each.language, each.url
        for sentence in each.sentences:
            assert sentence in row["text"], each.url


def test_the_day_of_every_article_that_states_it_for_programs(ran):
    for each in articles(ran):
        if each.outlet != "kurier":
            assert ran.rows[each.url]["published"][:10] == each.date, each.url


def test_the_agency_of_the_wire_story_at_three_outlets(ran):
    copies = [each for each in articles(ran) if each.agency == "AFP"]
    assert [ran.rows[each.url]["agency"] for each in copies] == ["AFP"] * 3


def test_everything_is_sealed(ran):
    assert not list(ran.archive.glob("warc/**/*.open"))
    sealed = list(ran.archive.glob("warc/**/*.warc.gz"))
    assert sealed
    assert all(Path(f"{warc}.cdxj").exists() for warc in sealed)
    assert len(list(ran.archive.glob("runs/*/run.json"))) == 2


def test_a_taken_port_is_said_and_nothing_is_left(tmp_path):
    with socket.create_server(("127.0.0.14", 0)) as holder:
        port = holder.getsockname()[1]
        command = [*COMMAND, "--port", str(port), "--archive", str(tmp_path / "archive")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "archive").exists()


def test_an_interrupt_ends_crawl_and_site_and_leaves_sound_files(tmp_path):
    command = [*COMMAND, "--port", str(free_port()), "--archive", str(tmp_path / "archive")]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as demo:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("archive/warc/**/*.open")) and time.monotonic() < deadline:
            time.sleep(0.1)
        family = psutil.Process(demo.pid).children(recursive=True)
        assert any("scrapy" in " ".join(each.cmdline()) for each in family)
        os.killpg(demo.pid, signal.SIGINT)  # as Ctrl-C does: demo, crawl and workers; the site has a session of its own
        output, _ = demo.communicate(timeout=60)
    assert demo.returncode == ExitCode.INTERRUPTED, output
    assert "the next run goes on from there" in output
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert not list(tmp_path.glob("archive/warc/**/*.open"))
    verify = [sys.executable, "-m", "pipelines", "verify", str(tmp_path / "archive")]
    assert subprocess.run(verify, cwd=ROOT, capture_output=True, check=False).returncode == 0
