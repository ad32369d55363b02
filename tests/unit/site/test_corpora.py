"""The corpora site serves the files it was given, byte by byte, under addresses that its own documents name."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import orjson
import pytest

from pipelines.config import load_config, load_sources
from tests.site.corpora import ROUTES, CorporaSite
from tests.unit.site.asking import ask

SHARED = Path(__file__).parents[3].parent / "shared" / "corpora"
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"

# Odd on purpose: no encoding is UTF-8, an id that is no file name, a day that is none, a control character, two sites of one name.
PAGES = [
    ("a/one", "one.example", "Grüße & <Küsse>", "2017-03-04", "<p>Gr\xfc\xdfe</p>".encode("latin-1")),
    ("a/two words", "one.example", None, "2017-00-12", b"<p>\x00\xff two</p>"),
    ("a/three", "two.example", "a\x0bb", "", b"<p>three</p>" * 5000),
    ("b/one", "one.example", "", None, "<p>один</p>".encode("cp1251")),
]


@pytest.fixture
def corpora(tmp_path):
    rows = []
    for number, (name, site, title, date, html) in enumerate(PAGES):
        corpus = name.partition("/")[0]
        file = Path("html") / corpus / f"{number}.html.gz"
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(gzip.compress(html))
        rows.append(
            {
                "id": name,
                "corpus": corpus,
                "site": site,
                "url": "",
                "lang": "",
                "title": title,
                "date": date,
                "file": str(file),
            }
        )
    (tmp_path / "truth.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return tmp_path


def named(site: CorporaSite, host: str, path: str) -> set[str]:
    """The pages that a document names, sitemaps of an index followed."""
    answer = ask(host, site.port, path)
    body = gzip.decompress(answer.body) if path.endswith(".gz") else answer.body
    root = ET.fromstring(body)
    if root.tag == "rss":
        return {item.findtext("link") or "" for item in root.iter("item")}
    urls = {loc.text or "" for loc in root.iter(LOC)}
    if root.tag.endswith("sitemapindex"):
        return set().union(*(named(site, host, urlsplit(url).path) for url in urls))
    return urls


def check(site: CorporaSite, folder: Path) -> None:
    """Config, documents and pages agree: what the sources' documents name is what is served, no page missing."""
    site.write_config(folder, folder / "archive")
    config, sources = load_config(folder), load_sources(folder)
    assert site.port in config.fetch.ports
    seen: set[str] = set()
    kinds = Counter()
    for source in sources.values():
        (address,) = (*source.feeds, *source.sitemaps, *source.news_sitemaps)
        parts = urlsplit(address)
        kinds[site.route_of(parts.hostname or "")] += 1
        pages = named(site, parts.hostname or "", parts.path)
        assert pages
        assert {urlsplit(page).netloc for page in pages} == {parts.netloc}
        assert not pages & seen
        seen |= pages
    assert seen == set(site.files())
    assert set(kinds) == set(ROUTES)


def test_every_page_is_named_once_and_served_as_it_lies(corpora, tmp_path):
    with CorporaSite(corpora) as site:
        check(site, tmp_path / "config")
        files = site.files()
        assert {served.id: served.html for served in files.values()} == {page[0]: page[4] for page in PAGES}
        for url, served in files.items():
            parts = urlsplit(url)
            coded = ask(parts.hostname or "", site.port, parts.path, Accept_Encoding="gzip")
            assert coded.fields["content-encoding"] == "gzip"
            assert coded.raw == served.entity == served.file.read_bytes()
            assert coded.fields["content-type"] == "text/html"
            plain = ask(parts.hostname or "", site.port, parts.path)
            assert "content-encoding" not in plain.fields
            assert plain.raw == served.html


def test_addresses_stay(corpora):
    with CorporaSite(corpora) as one, CorporaSite(corpora) as other:
        hosts = [
            {served.id: urlsplit(served.url).hostname for served in site.files().values()} for site in (one, other)
        ]
    assert hosts[0] == hosts[1]
    assert len(set(hosts[0].values())) == 3


def test_other_addresses_and_paths_are_404(corpora):
    with CorporaSite(corpora) as site:
        assert ask("127.9.9.9", site.port, "/a/one.html").status == 404
        assert ask("127.1.0.1", site.port, "/a/../truth.jsonl").status == 404


@pytest.mark.corpora
def test_the_whole_corpus(tmp_path):
    if not SHARED.is_dir():
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(f"{SHARED} is not there, and REQUIRE_SERVICES=1 asks for it")
        pytest.skip(f"{SHARED} is not there")
    with CorporaSite(SHARED) as site:
        check(site, tmp_path)
        rows = [orjson.loads(line) for line in (SHARED / "truth.jsonl").read_bytes().splitlines()]
        assert {served.id for served in site.files().values()} == {row["id"] for row in rows}
        for url, served in list(site.files().items())[::97]:
            parts = urlsplit(url)
            answer = ask(parts.hostname or "", site.port, parts.path, Accept_Encoding="gzip")
            assert answer.raw == served.file.read_bytes()
