"""`scrapy collect` as cron calls it: a process, an exit code, and an archive that is whole however it ended."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from crawler.commands.collect import Command, collected, due
from crawler.lock import archive_lock
from pipelines.config import Collect, Source
from pipelines.errors import ConfigError, ExitCode
from pipelines.store.catalog import Catalog
from pipelines.store.catalog_schema import Visit
from tests.integration.loopback import Answer, Hit, Reply, Site

ROOT = Path(__file__).parents[2]
NOW = datetime(2022, 9, 10, 12, 0, tzinfo=UTC)
TEXT = "Речення про подію, якого досить для статті. Збройні сили України звільнили місто. " * 8


def page(title: str) -> Reply:
    body = f"<html lang=uk><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{TEXT}</p></article></body></html>"
    return Reply(200, body.encode(), {"Content-Type": "text/html; charset=utf-8"})


def outlet(address: str, pages: int = 3, **routes: Answer) -> Site:
    """A site with a feed at /feed that names /p0, /p1, ..."""
    site = Site(address)
    stated = format_datetime(datetime.now(UTC) - timedelta(hours=2))
    items = "".join(
        f"<item><title>t{n}</title><link>{site.url(f'/p{n}')}</link><pubDate>{stated}</pubDate></item>"
        for n in range(pages)
    )
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
    site.routes |= {f"/p{n}": page(f"Стаття {n} про звільнення, {address}") for n in range(pages)}
    site.routes |= {"/feed": Reply(200, feed.encode(), {"Content-Type": "application/rss+xml"}), **routes}
    return site


def configure(folder: Path, *sites: Site, crawl: str = "", fetch: str = "delay_seconds = 0.0") -> Path:
    """A config folder for these sites, and an archive beside it. Returns the archive."""
    config = folder / "config"
    config.mkdir()
    archive = folder / "archive"
    (config / "crawl.toml").write_text(
        f'[archive]\npath = "{archive}"\nfree_disk_floor = 0\n[fetch]\nallow_networks = ["127.0.0.0/8"]\n'
        f"autothrottle = false\nretries = 0\n{fetch}\n[derive]\nworkers = 1\n{crawl}\n"
    )
    (config / "sources.toml").write_text(
        "".join(
            f'[[source]]\nid = "s{number}"\nname = "S{number}"\ndomain = "{site.url()}"\nfeeds = ["{site.url("/feed")}"]\n'
            for number, site in enumerate(sites)
        )
    )
    return archive


def start(folder: Path, *args: str) -> subprocess.Popen[str]:
    environment = os.environ | {"WARCHRONICLE_CONFIG": str(folder / "config")}
    command = [sys.executable, "-m", "scrapy", "collect", *args]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> tuple[ExitCode, str, str]:
    try:
        out, log = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        out, log = process.communicate()
        raise AssertionError(f"it did not end:\n{log[-3000:]}") from None
    return ExitCode(process.returncode), out, log


def collect(folder: Path, *args: str) -> tuple[ExitCode, dict[str, Any], str]:
    code, out, log = finish(start(folder, "--json", *args))
    assert out, log[-3000:]
    return code, json.loads(out), log


def wait_for_hits(site: Site, count: int) -> None:
    until = time.monotonic() + 30
    while len(site.hits) < count:
        assert time.monotonic() < until, site.paths()
        time.sleep(0.02)


def assert_sealed(archive: Path) -> None:
    """No file is open, and every WARC is whole gzip to its last byte."""
    assert not list(archive.rglob("*.open"))
    warcs = list(archive.rglob("*.warc.gz"))
    assert warcs
    for warc in warcs:
        assert gzip.decompress(warc.read_bytes()).startswith(b"WARC/1.1\r\n")


def test_what_is_due_is_visited_once_and_the_next_run_has_nothing_to_do(tmp_path):
    with outlet("127.0.0.91") as one, outlet("127.0.0.92") as two:
        archive = configure(tmp_path, one, two)
        code, result, log = collect(tmp_path)
        assert (code, result["reason"]) == (ExitCode.OK, "finished"), log[-3000:]
        assert result["due"] == ["s0", "s1"]
        assert result["outcomes"]["article"] == 6
        assert (archive / "runs" / result["run"]).is_dir()
        assert_sealed(archive)
        hits = len(one.hits) + len(two.hits)

        code, result, _ = collect(tmp_path)
        assert (code, result["reason"], result["due"]) == (ExitCode.OK, "nothing_due", [])
        assert len(one.hits) + len(two.hits) == hits


def test_a_source_that_fails_is_named_and_the_others_are_complete(tmp_path):
    with outlet("127.0.0.93") as good, outlet("127.0.0.94") as bad:
        bad.routes["/feed"] = Reply(500, b"")
        configure(tmp_path, good, bad)
        code, result, log = collect(tmp_path)
    assert code is ExitCode.PARTIAL, log[-3000:]
    assert list(result["failed_sources"]) == ["s1"]
    assert "status 500" in result["message"]
    assert result["outcomes"]["article"] == 3


def test_the_time_budget_ends_it_and_the_ledger_has_the_rest(tmp_path):
    with outlet("127.0.0.95", pages=12) as site:
        archive = configure(tmp_path, site, fetch="delay_seconds = 0.5", crawl="[collect]\nevery_minutes = 1")
        code, _, log = collect(tmp_path, "--budget", "0.05")
        assert code is ExitCode.TIME, log[-3000:]
        assert_sealed(archive)
        fetched = len(site.paths())
        assert fetched < 14
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    waiting = catalog.ledger_states(datetime.now(UTC))["waiting"]
    catalog.close()
    assert waiting >= 14 - fetched, "what was not fetched waits for the next run"


def test_what_the_time_budget_left_is_taken_up_before_the_source_is_due_again(tmp_path):
    with outlet("127.0.0.1", pages=6) as site:
        archive = configure(tmp_path, site, fetch="delay_seconds = 1.0", crawl="[collect]\nevery_minutes = 600")
        code, _, log = collect(tmp_path, "--budget", "0.06")
        assert code is ExitCode.TIME, log[-3000:]
        code, facts, log = collect(tmp_path)
        assert (code, facts["due"]) == (ExitCode.OK, ["s0"]), log[-3000:]
        assert [path for path in site.paths() if path.startswith("/p")] == [f"/p{number}" for number in range(6)]
        code, facts, _ = collect(tmp_path)
        assert (code, facts["reason"]) == (ExitCode.OK, "nothing_due")
    assert_sealed(archive)


@pytest.mark.parametrize("signals", [1, 2])
def test_sigterm_ends_it_with_all_files_closed(tmp_path, signals):
    release = threading.Event()

    def slow(hit: Hit) -> Reply:
        release.wait(20)
        return page("Пізня сторінка")

    with outlet("127.0.0.96", pages=8) as site:
        site.routes["/p3"] = site.routes["/p5"] = slow
        archive = configure(tmp_path, site)
        process = start(tmp_path)
        try:
            wait_for_hits(site, 5)
            time.sleep(0.3)
            for _ in range(signals):
                process.send_signal(signal.SIGTERM)
                time.sleep(0.7)
        finally:
            if signals == 1:
                release.set()
            code, _, log = finish(process)
            release.set()
    assert code is ExitCode.INTERRUPTED, log[-3000:]
    assert "Traceback" not in log
    assert_sealed(archive)


@pytest.mark.parametrize("signals", [1, 2])
def test_sigterm_while_pages_are_derived_does_not_wait_for_them(tmp_path, signals):
    long = "".join(f"<p>{n}. {TEXT}</p>" for n in range(400))
    with outlet("127.0.0.100", pages=30) as site:
        for n in range(30):
            body = f"<html><head><title>{n}</title></head><body><article><h1>{n}</h1>{long}</article></body></html>"
            site.routes[f"/p{n}"] = Reply(200, body.encode(), {"Content-Type": "text/html; charset=utf-8"})
        archive = configure(tmp_path, site)
        process = start(tmp_path)
        wait_for_hits(site, 32)
        time.sleep(0.5)
        began = time.monotonic()
        for _ in range(signals):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        code, _, log = finish(process)
    assert code is ExitCode.INTERRUPTED, log[-3000:]
    assert time.monotonic() - began < 15
    assert_sealed(archive)
    catalog = Catalog(archive / "catalog.sqlite", readonly=True)
    left, kept = len(list(catalog.underived())), catalog.counts().get("article", 0)
    catalog.close()
    assert left > 0
    assert left + kept == 30, "each captured page has its row, or waits for the next start"


def here(folder: Path, *args: str) -> Command:
    """The command in this process, for what ends before a crawl begins."""
    command = Command()
    command.settings = Settings({"CHRONICLE_CONFIG": str(folder / "config")})
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    options, rest = parser.parse_known_args(args)
    command.run(rest, options)
    return command


def test_one_run_at_a_time(tmp_path, capsys):
    site = outlet("127.0.0.97")
    archive = configure(tmp_path, site)
    site.close()
    with archive_lock(archive, "scrapy collect"):
        assert here(tmp_path, "--json").exitcode == ExitCode.BUSY
    said = capsys.readouterr()
    assert f"process {os.getpid()}" in said.err
    assert json.loads(said.out)["exit"] == ExitCode.BUSY


def test_a_disk_without_room_ends_it_before_the_system_refuses(tmp_path):
    with outlet("127.0.0.98") as site:
        archive = configure(tmp_path, site)
        config = tmp_path / "config" / "crawl.toml"
        config.write_text(config.read_text().replace("free_disk_floor = 0", f"free_disk_floor = {2**60}"))
        code, _, log = collect(tmp_path)
        assert code is ExitCode.STORAGE, log[-3000:]
        assert "free_disk_floor" in log
        assert not list(archive.rglob("*.open"))


def test_mistakes_of_the_operator_are_said_in_a_line(tmp_path, capsys):
    site = outlet("127.0.0.99")
    configure(tmp_path, site)
    site.close()
    assert here(tmp_path, "--sources", "s00").exitcode == ExitCode.CONFIG
    assert "did you mean 's0'" in capsys.readouterr().err
    (tmp_path / "config" / "crawl.toml").write_text("[fetch]\ndelay_second = 1\n")
    assert here(tmp_path).exitcode == ExitCode.CONFIG
    assert re.search(r"crawl\.toml:2: .*did you mean 'delay_seconds'", capsys.readouterr().err)
    for wrong in (["--budget", "0"], ["--budget", "nan"], ["--budjet", "3"], ["news"]):
        with pytest.raises(UsageError):
            here(tmp_path, *wrong)


def test_help_shows_examples_and_exit_codes(tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", "scrapy", "collect", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "scrapy collect --sources ua-pravda,de-tagesschau --budget 10\n" in process.stdout
    for code in (
        ExitCode.PARTIAL,
        ExitCode.BUSY,
        ExitCode.TIME,
        ExitCode.INTERRUPTED,
        ExitCode.CONFIG,
        ExitCode.STORAGE,
    ):
        assert re.search(rf"\b{code.value} [a-zA-Z]", process.stdout)


def sources(*ids: str, **more: Any) -> dict[str, Source]:
    return {
        name: Source(
            id=name, name=name, domain=f"https://{name}.example/", feeds=(f"https://{name}.example/feed",), **more
        )
        for name in ids
    }


def test_which_sources_are_collected():
    known = sources("a", "b")
    known["c"] = Source(id="c", name="c", domain="https://c.example/", sitemaps=("https://c.example/sitemap.xml",))
    assert [source.id for source in collected(known, Collect(), "")] == ["a", "b"]
    assert [source.id for source in collected(known, Collect(sources=("b", "c")), "")] == ["b", "c"]
    assert [source.id for source in collected(known, Collect(sources=("b",)), "c,a")] == ["c", "a"]
    with pytest.raises(ConfigError, match="no source 'd'"):
        collected(known, Collect(), "d")


@pytest.mark.parametrize(
    ("minutes_ago", "expected"), [(None, True), (10, False), (53, False), (55, True), (61, True), (-600, True)]
)
def test_when_a_source_is_due(minutes_ago, expected):
    """An hourly cron job starts a little earlier or later each time: six minutes early is on time."""

    def visit(url: str) -> Visit | None:
        if minutes_ago is None:
            return None
        return Visit(url, NOW - timedelta(minutes=minutes_ago), 200, "", "")

    ready = due(sources("a").values(), Collect(every_minutes=60), visit, NOW)
    assert bool(ready) is expected


def test_crontab_calls_what_exists_and_holds_no_secret():
    text = (ROOT / "config" / "crontab").read_text()
    jobs = [line for line in text.splitlines() if re.match(r"[\d*]", line)]
    assert len(jobs) >= 2
    assert "scrapy collect" in jobs[0]
    assert "warchronicle verify" in jobs[1]
    assert not re.search(r"(?i)(password|secret|token|key)\s*=", text)
    for line in jobs:
        command = line.split(maxsplit=5)[5].replace("\\%", "%")  # cron ends a command at a bare %
        subprocess.run(["sh", "-n", "-c", command], check=True)
        assert not re.search(r"(?<!\\)%", line)
