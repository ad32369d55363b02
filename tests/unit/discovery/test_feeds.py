"""RSS 0.9x, 1.0, 2.0, Atom and JSON Feed: what of an entry is kept, and what is counted."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import orjson
import pytest

from crawler.discovery import feeds
from crawler.discovery.found import Kind, Note, Skip
from crawler.discovery.sniff import discover
from pipelines.config import Discover
from pipelines.errors import DocumentError
from pipelines.model import Route

URL = "https://news.example.org/rss/all.xml"


def rss(items: str, head: str = "", version: str = "2.0") -> bytes:
    return f'<?xml version="1.0"?><rss version="{version}"><channel>{head}{items}</channel></rss>'.encode()


def links(body: bytes, **options) -> list[str]:
    return [item.url for item in discover(body, URL, **options).found]


def test_an_rss_item_becomes_a_found():
    read = discover(
        rss(
            "<item><title>Київ: &lt;b&gt;новини&lt;/b&gt; &amp;amp; факти</title><link>/a?x=1&amp;y=2#top</link>"
            "<pubDate>Sat, 10 Sep 2022 18:00:00 +0300</pubDate></item>",
            "<language>uk-UA</language>",
        ),
        URL,
        source="ua-example",
    )
    assert read.kind == Kind.FEED == "feed"
    (item,) = read.found
    assert item.url == "https://news.example.org/a?x=1&y=2"
    assert item.title == "Київ: новини & факти"
    assert item.published == datetime(2022, 9, 10, 15, tzinfo=UTC)
    assert item.published_raw == "Sat, 10 Sep 2022 18:00:00 +0300"
    assert (item.route, item.source, item.via, item.language) == (Route.FEED, "ua-example", URL, "uk-UA")
    assert not read.skipped
    assert not read.notes


def test_rss_0_91_with_its_public_doctype():
    body = (
        b'<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        b'"http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>'
        b"<item><title>T</title><link>http://a.example/1</link></item></channel></rss>"
    )
    assert links(body) == ["http://a.example/1"]


def test_rss_1_0_with_dublin_core_date():
    body = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        b'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="http://a.example/"/>'
        b'<item rdf:about="http://a.example/1"><title>T</title><link>http://a.example/1</link>'
        b"<dc:date>2022-09-10T18:00:00+02:00</dc:date></item></rdf:RDF>"
    )
    (item,) = discover(body, URL).found
    assert item.published == datetime(2022, 9, 10, 16, tzinfo=UTC)


def test_atom_alternate_link_base_and_dates():
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://other.example/sub/">'
        b'<entry><title type="html">&lt;i&gt;Charkiw&lt;/i&gt; gemeldet</title>'
        b'<link rel="enclosure" href="/a.mp3"/><link rel="self" href="/a.atom"/>'
        b'<link rel="alternate" type="application/pdf" href="a.pdf"/><link rel="alternate" type="text/html" href="a"/>'
        b"<published>2022-09-10T18:00:00Z</published><updated>2022-09-11T08:00:00Z</updated></entry></feed>"
    )
    (item,) = discover(body, URL).found
    assert item.url == "https://other.example/sub/a"
    assert item.title == "Charkiw gemeldet"
    assert item.language == "de"
    assert (item.published, item.modified) == (
        datetime(2022, 9, 10, 18, tzinfo=UTC),
        datetime(2022, 9, 11, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("<guid>https://a.example/permalink</guid>", ["https://a.example/permalink"]),
        ('<guid isPermaLink="false">https://a.example/name</guid>', []),
        ("<guid>urn:uuid:1</guid>", []),
        ("<title>nothing else</title>", []),
    ],
)
def test_a_permalink_guid_stands_in_for_a_link(item, expected):
    read = discover(rss(f"<item>{item}</item>"), URL)
    assert [found.url for found in read.found] == expected
    assert read.skipped.total() == 1 - len(expected)


def test_the_page_behind_a_feed_proxy():
    body = (
        b'<rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><item>'
        b"<link>http://feeds.proxy.example/x</link><feedburner:origLink>https://a.example/1</feedburner:origLink>"
        b"</item></channel></rss>"
    )
    assert links(body) == ["https://a.example/1"]


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ftp://a.example/", "https://u:p@a.example/"],
)
def test_links_that_are_no_pages_are_counted(link):
    read = discover(rss(f"<item><link>{link}</link></item><item><link>/good</link></item>"), URL)
    assert [item.url for item in read.found] == ["https://news.example.org/good"]
    assert read.skipped.total() == 1
    assert read.skipped[Skip.BAD_URL] + read.skipped[Skip.NO_LINK] == 1


def test_duplicates_and_the_bound():
    body = rss("<item><link>/1</link></item>" * 3 + "".join(f"<item><link>/{n}</link></item>" for n in range(1, 9)))
    read = discover(body, URL, limits=Discover(entries_max=4))
    assert len(read.found) == 4
    assert read.skipped == {Skip.DUPLICATE: 3, Skip.TOO_MANY: 4}


def test_older_pages_of_a_feed_are_documents():
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/atom"/><link rel="next" href="?page=2"/>'
        b'<link rel="prev-archive" href="/2022/09.atom"/><link rel="next-archive" href="/2022/11.atom"/></feed>'
    )
    read = discover(body, "https://a.example/atom")
    assert [(found.url, found.route) for found in read.documents] == [
        ("https://a.example/atom?page=2", Route.FEED),
        ("https://a.example/2022/09.atom", Route.FEED),
    ]


def test_a_feed_that_is_not_well_formed_is_read_and_said_to_be():
    read = discover(b"<rss version='2.0'><channel><item><title>A & B</title><link>/1</link></item>", URL)
    assert [(item.url, item.title) for item in read.found] == [("https://news.example.org/1", "A & B")]
    assert read.notes[Note.REPAIRED] == 1


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("utf-8", "windows-1251"),
        ("windows-1251", "utf-8"),
        ("iso-8859-1", "utf-8"),
        ("utf-16", "utf-8"),
        ("x", "utf-8"),
    ],
)
def test_an_encoding_that_lies(declared, actual):
    title = "Українські військові звільнили Балаклію на Харківщині, повідомили в обласній адміністрації"
    body = (
        f'<?xml version="1.0" encoding="{declared}"?><rss version="2.0"><channel><item><title>{title}</title>'
        "<link>https://a.example/1</link></item></channel></rss>"
    ).encode(actual)
    read = discover(body, URL, mime=f"text/xml; charset={declared}")
    assert [(item.url, item.title) for item in read.found] == [("https://a.example/1", title)]
    assert read.notes[Note.RECODED] == 1


def test_utf_16_and_control_characters():
    body = '<?xml version="1.0" encoding="utf-16"?><rss version="2.0"><channel><item><link>/ї</link></item></channel></rss>'
    assert links(body.encode("utf-16")) == ["https://news.example.org/%D1%97"]
    assert links(body.encode("utf-16-le")) == ["https://news.example.org/%D1%97"]
    assert links(rss("<item><title>a\x00\x0bb\u2028c</title><link>/1</link></item>")) == ["https://news.example.org/1"]
    (item,) = discover(rss("<item><title>a\x00\x0bb\u2028c</title><link>/1</link></item>"), URL).found
    assert item.title == "ab c"


def test_a_feed_too_large_for_its_parser_is_cut_after_a_whole_entry(monkeypatch):
    monkeypatch.setattr(feeds, "FEED_MAX", 4000)
    read = discover(rss("".join(f"<item><link>/{n}</link></item>" for n in range(1000))), URL)
    assert 50 < len(read.found) < 1000
    assert len(read.found) + read.skipped[Skip.TOO_MANY] == 1000
    assert read.notes[Note.CUT] == 1


@pytest.mark.parametrize("flood", ["<a>", "<a ", "<![CDATA[", "<!--", "&a", "</a"])
def test_a_flood_of_markup_costs_no_entry_before_it(flood):
    body = rss("<item><link>/good</link></item>").removesuffix(b"</channel></rss>")
    started = time.process_time()
    read = discover(body + b"<item><title>" + flood.encode() * 200_000, URL)
    assert read.found[0].url == "https://news.example.org/good"
    assert time.process_time() - started < 10
    with pytest.raises(DocumentError) as caught:
        discover(b"<rss version='2.0'><channel><item>" + b"<a>" * 200_000, URL)
    assert caught.value.reason == "too_large"


def test_json_feed():
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "language": "en",
        "next_url": "?p=2",
        "items": [
            {"id": "1", "url": "/a", "title": "A <b>b</b>", "date_published": "2022-09-10T18:00:00+02:00"},
            {"id": "https://a.example/2", "date_modified": "2022-09-11T00:00:00Z", "language": "uk"},
            {"id": "3", "external_url": "https://b.example/3"},
            {"id": 4},
            "no item",
            {"id": "5", "url": "javascript:alert(1)"},
        ],
    }
    read = discover(orjson.dumps(feed), URL)
    assert read.kind is Kind.JSON_FEED
    assert [(item.url, item.title, item.language) for item in read.found] == [
        ("https://news.example.org/a", "A b", "en"),
        ("https://a.example/2", "", "uk"),
        ("https://b.example/3", "", "en"),
    ]
    assert read.found[0].published == datetime(2022, 9, 10, 16, tzinfo=UTC)
    assert read.skipped == {Skip.NO_LINK: 2, Skip.BAD_URL: 1}
    assert [found.url for found in read.documents] == ["https://news.example.org/rss/all.xml?p=2"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"a": 1}', "not_a_feed"), (b'{"items": [', "not_json"), (b'{"items":' + b"[" * 100_000, "not_json")],
)
def test_json_that_is_no_feed(body, reason):
    with pytest.raises(DocumentError) as caught:
        discover(body, URL)
    assert caught.value.reason == reason


def test_many_items_of_a_json_feed_are_counted():
    body = orjson.dumps({"items": [{"url": f"/{n}"} for n in range(10)]})
    read = discover(body, URL, limits=Discover(entries_max=4))
    assert (len(read.found), read.skipped[Skip.TOO_MANY]) == (4, 6)
