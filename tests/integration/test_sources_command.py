"""`scrapy sources` as a process of its own, against real servers on loopback: what it says of each route, and its exit code."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from crawler.commands.sources import Command, age, chosen
from pipelines.config import load_sources
from pipelines.errors import ExitCode
from pipelines.warc import reader

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(hours=26)

RSS = (
    f"<rss version='2.0'><channel><item><link>/1</link><pubDate>{format_datetime(YESTERDAY)}</pubDate></item>"
    "<item><link>/2</link><pubDate>Sat, 10 Sep 2022 18:00:00 +0300</pubDate></item></channel></rss>"
).encode()
ATOM = (
    f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='/1'/><updated>{NOW.isoformat()}</updated></entry></feed>"
).encode()
NEWS = (
    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>"
    f"<url><loc>/1</loc><n:news><n:publication_date>{YESTERDAY.isoformat()}</n:publication_date><n:title>T</n:title>"
    "</n:news></url></urlset>"
).encode()
INDEX = b"<sitemapindex><sitemap><loc>/a.xml</loc><lastmod>2022-10-01</lastmod></sitemap></sitemapindex>"

ANSWERS = {
    "/rss": (200, "text/html", RSS),
    "/atom": (200, "application/atom+xml", ATOM),
    "/json": (200, "application/feed+json", b'{"items": [{"url": "/1"}, {"url": "/2"}, {"url": "/3"}]}'),
    "/news.xml": (200, "application/xml", NEWS),
    "/sitemap.xml.gz": (200, "application/octet-stream", gzip.compress(INDEX)),
    "/page": (
        200,
        "application/rss+xml",
        b"<!doctype html><title>Gone</title><link rel=alternate type='application/rss+xml' href=/rss>",
    ),
    "/robots.txt": (200, "text/plain", b"User-agent: *\nDisallow: /private\nSitemap: /sitemap.xml.gz\n"),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[str]
    stop: threading.Event

    def do_GET(self) -> None:
        self.asked.append(f"{self.headers['Host'].partition(':')[0]}{self.path}")
        if self.path == "/hang":
            self.stop.wait(20)
            self.close_connection = True
            return
        if self.path == "/moved":
            self.answer(301, "text/plain", b"", ("Location", "/rss"))
        else:
            self.answer(*ANSWERS.get(self.path, (404, "text/html", b"<html>none</html>")))

    def answer(self, status: int, mime: str, body: bytes, *fields: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", mime), ("Content-Length", str(len(body))), *fields):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[int, list[str]]]:
    """One port on 127.0.0.1 to 127.0.0.9 (each address is an outlet), and what was asked of it."""
    handler = type("Site", (Handler,), {"asked": [], "stop": threading.Event()})
    server = ThreadingHTTPServer(("0.0.0.0", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_address[1], handler.asked
    handler.stop.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def config(site: tuple[int, list[str]], tmp_path: Path) -> Path:
    port, asked = site
    asked.clear()
    (tmp_path / "crawl.toml").write_text(
        f'[archive]\npath = "{tmp_path / "archive"}"\nfree_disk_floor = 0\nfsync = false\n'
        "[fetch]\ndelay_seconds = 0\nautothrottle = false\nretries = 0\ntimeout_seconds = 1.5\ntotal_seconds = 3\n"
        f'allow_networks = ["127.0.0.0/8"]\nports = [{port}]\n'
    )
    outlets = {
        "aa-good": ("aa", "uk", ["/rss", "/atom", "/json", "/moved"], ["/sitemap.xml.gz"], ["/news.xml"]),
        "bb-gone": ("bb", "de", ["/missing", "/page", "/private/rss"], [], []),
        "cc-slow": ("cc", "de", ["/hang"], [], []),
        "dd-silent": ("dd", "ru", [], [], []),
    }
    entries = []
    for number, (name, (country, language, *routes)) in enumerate(outlets.items(), 1):
        origin = f"http://127.0.0.{number}:{port}"
        listed = "\n".join(
            f"{route} = {json.dumps([origin + path for path in paths])}"
            for route, paths in zip(("feeds", "sitemaps", "news_sitemaps"), routes, strict=True)
        )
        entries.append(
            f'[[source]]\nid = "{name}"\nname = "{name} [bold]"\ndomain = "{origin}"\ncountry = "{country}"\n'
            f'languages = ["{language}"]\naffiliation = "private"\nconfidence = "low"\n{listed}\n'
        )
    (tmp_path / "sources.toml").write_text("\n".join(entries))
    return tmp_path


def scrapy(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", "sources", *arguments],
        cwd=ROOT,
        env={**os.environ, "WARCHRONICLE_CONFIG": str(config), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_check_says_what_each_route_answered(config, site):
    done = scrapy(config, "--check", "--json")
    assert done.returncode == ExitCode.PARTIAL, done.stderr
    told = json.loads(done.stdout)
    base = f"http://127.0.0.1:{site[0]}"
    rows = {(row["source"], row["url"].partition(f":{site[0]}")[2]): row for row in told["routes"]}
    assert len(rows) == len(told["routes"]) == 14

    def said(source: str, path: str) -> tuple[object, ...]:
        row = rows[source, path]
        return row["route"], row["status"], row["kind"], row["entries"], row["documents"], row["ok"]

    assert said("aa-good", "/rss") == ("feeds", 200, "feed", 2, 0, True)
    assert said("aa-good", "/atom") == ("feeds", 200, "feed", 1, 0, True)
    assert said("aa-good", "/json") == ("feeds", 200, "json_feed", 3, 0, True)
    assert said("aa-good", "/news.xml") == ("news_sitemaps", 200, "news_sitemap", 1, 0, True)
    assert said("aa-good", "/sitemap.xml.gz") == ("sitemaps", 200, "sitemap_index", 0, 1, True)
    assert said("aa-good", "/robots.txt") == ("robots", 200, "robots", 0, 1, True)
    assert said("aa-good", "/moved") == ("feeds", 200, "feed", 2, 0, True)
    assert rows["aa-good", "/moved"]["answered_by"] == f"{base}/rss"
    assert rows["aa-good", "/rss"]["newest"] == YESTERDAY.isoformat()
    assert 26 * 3600 <= rows["aa-good", "/rss"]["newest_age_seconds"] < 27 * 3600
    assert rows["aa-good", "/json"]["newest"] is None

    assert said("bb-gone", "/missing")[1:] == (404, "", 0, 0, False)
    assert rows["bb-gone", "/missing"]["error"] == "status 404"
    assert rows["bb-gone", "/page"]["error"].startswith("html_instead: ")
    assert f"http://127.0.0.2:{site[0]}/rss" in rows["bb-gone", "/page"]["error"]
    assert rows["bb-gone", "/private/rss"]["error"].startswith("robots_disallowed: ")
    assert rows["cc-slow", "/hang"]["error"].startswith("timeout: ")
    assert said("dd-silent", "/robots.txt") == ("robots", 200, "robots", 0, 1, True)
    assert (told["answered"], told["failed"]) == (10, 4)

    asked = site[1]
    assert "127.0.0.2/private/rss" not in asked
    assert [asked.count(f"127.0.0.{number}/robots.txt") for number in range(1, 5)] == [1, 1, 1, 1]
    # What was fetched is archived like everything else.
    records = [
        record
        for warc in sorted((config / "archive").rglob("*.warc.gz"))
        for record in reader.read(warc, types=frozenset({"response", "revisit"}))
    ]
    assert {f"{base}/rss", f"{base}/news.xml", f"{base}/robots.txt"} <= {record.url for record in records}


def test_all_answered_is_ok_and_a_table_for_people(config):
    done = scrapy(config, "--check", "aa-good")
    assert done.returncode == ExitCode.OK, done.stderr
    lines = done.stdout.splitlines()
    assert len([line for line in lines if line.startswith("aa-good")]) == 7
    assert any("news_sitemap" in line and "1 d" in line for line in lines)
    assert "\x1b" not in done.stdout + done.stderr
    assert "7 answered" in done.stderr


def test_an_unknown_id_names_the_nearest(config, site):
    done = scrapy(config, "--check", "aa-goood")
    assert done.returncode == ExitCode.CONFIG
    assert "'aa-goood'" in done.stderr
    assert "did you mean 'aa-good'?" in done.stderr
    assert site[1] == []


def test_listing_asks_nobody(config, site):
    done = scrapy(config, "--language", "de,ru")
    assert done.returncode == ExitCode.OK, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["id", "bb-gone", "cc-slow", "dd-silent"]
    assert "bb-gone [bold]" in done.stdout
    assert "feeds:3" in done.stdout
    assert site[1] == []


def command(config: Path) -> tuple[Command, argparse.ArgumentParser]:
    """The command and its options, as scrapy.cmdline makes them ready."""
    made = Command()
    made.settings = Settings({"CHRONICLE_CONFIG": str(config)})
    parser = argparse.ArgumentParser()
    made.add_options(parser)
    return made, parser


def test_a_list_as_json(config, capsys):
    made, parser = command(config)
    made.run([], parser.parse_args(["--json", "--route", "sitemaps"]))
    assert made.exitcode == ExitCode.OK
    (row,) = json.loads(capsys.readouterr().out)["sources"]
    assert (row["id"], row["confidence"], len(row["feeds"])) == ("aa-good", "low", 4)


def test_help_has_examples_and_bad_options_are_refused(config):
    made, parser = command(config)
    assert "scrapy sources --check ua-pravda de-tagesschau" in parser.format_help()
    with pytest.raises(UsageError, match="--chekc"):
        made.run(["--chekc"], parser.parse_args([]))


def options(**given: str) -> argparse.Namespace:
    return argparse.Namespace(**{"country": "", "language": "", "affiliation": "", "route": "", **given})


def test_filters_add_up_and_unknown_values_name_the_known(config):
    sources = load_sources(config).values()
    assert [source.id for source in chosen(sources, options(language="DE", route="feeds"))] == ["bb-gone", "cc-slow"]
    assert [source.id for source in chosen(sources, options(country="aa,dd"))] == ["aa-good", "dd-silent"]
    assert chosen(sources, options(country="bb", language="de", affiliation="private"))[0].id == "bb-gone"
    with pytest.raises(UsageError, match="known: aa, bb, cc, dd"):
        chosen(sources, options(country="uk"))


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (timedelta(seconds=5), "now"),
        (timedelta(minutes=3), "3 min"),
        (timedelta(hours=26), "1 d"),
        (timedelta(days=-2), "-2 d"),
    ],
)
def test_ages_in_the_unit_of_people(ago, told):
    assert age(NOW - ago, NOW) == told
