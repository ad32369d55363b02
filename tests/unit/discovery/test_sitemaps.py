"""Sitemaps, indexes and Google News fields: kept whole, whatever their namespaces and faults."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from datetime import UTC, datetime

import pytest

from crawler.discovery.found import Kind, Note, Skip
from crawler.discovery.sniff import discover
from pipelines.config import Discover
from pipelines.errors import DocumentError
from pipelines.model import Route

URL = "https://news.example.org/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def urlset(entries: str, attributes: str = f"{NS} {NEWS}") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {attributes}>{entries}</urlset>'.encode()


def test_a_news_sitemap_keeps_date_title_language_and_publication():
    read = discover(
        urlset(
            "<url><loc>\n https://a.example/1?x=1&amp;y=2 \n</loc><lastmod>2022-09-11</lastmod><news:news>"
            "<news:publication><news:name>The Example &amp; Co</news:name><news:language>uk</news:language>"
            "</news:publication><news:publication_date>2022-09-10T18:00:00+03:00</news:publication_date>"
            "<news:title>Q&amp;amp;A: <![CDATA[Київ & Харків]]></news:title></news:news></url>"
            "<url><loc>https://a.example/2</loc></url>"
        ),
        URL,
        source="x",
    )
    assert read.kind is Kind.NEWS_SITEMAP
    first, second = read.found
    assert first.url == "https://a.example/1?x=1&y=2"
    assert first.title == "Q&A: Київ & Харків"
    assert (first.published, first.published_raw) == (
        datetime(2022, 9, 10, 15, tzinfo=UTC),
        "2022-09-10T18:00:00+03:00",
    )
    assert first.modified == datetime(2022, 9, 11, tzinfo=UTC)
    assert (first.language, first.route, first.source, first.via) == ("uk", Route.NEWS_SITEMAP, "x", URL)
    assert second.route is Route.SITEMAP
    assert read.publications == ("The Example & Co",)
    assert not read.notes


def test_an_index_names_documents():
    body = (
        f"<sitemapindex {NS}><sitemap><loc>/s-2022-09.xml.gz</loc><lastmod>2022-10-01</lastmod></sitemap>"
        f"<sitemap><loc>{URL}</loc></sitemap><sitemap><loc>file:///etc/passwd</loc></sitemap></sitemapindex>"
    ).encode()
    read = discover(body, URL)
    assert read.kind is Kind.SITEMAP_INDEX
    assert [(child.url, child.route, child.modified) for child in read.documents] == [
        ("https://news.example.org/s-2022-09.xml.gz", Route.SITEMAP, datetime(2022, 10, 1, tzinfo=UTC))
    ]
    assert read.skipped == {Skip.BAD_URL: 1}
    assert discover(body, URL, hint=Route.NEWS_SITEMAP).documents[0].route is Route.NEWS_SITEMAP


@pytest.mark.parametrize(
    "attributes", ["", 'xmlns="http://www.google.com/schemas/sitemap/0.84"', f'{NS} xmlns:news="http://wrong.example/"']
)
def test_wrong_and_missing_namespaces(attributes):
    entries = (
        "<url><loc>https://a.example/1</loc><news:news><news:publication_date>2022-09-10</news:publication_date>"
        "</news:news></url>"
    )
    read = discover(urlset(entries, attributes), URL)
    assert [item.url for item in read.found] == ["https://a.example/1"]
    assert read.found[0].published == datetime(2022, 9, 10, tzinfo=UTC)


def test_prefixed_elements_and_upper_case():
    body = (
        b'<s:URLSET xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:URL><s:LOC>/1</s:LOC></s:URL></s:URLSET>'
    )
    assert [item.url for item in discover(body, URL).found] == ["https://news.example.org/1"]


def test_images_videos_and_translations_are_no_pages():
    entries = (
        '<url xmlns:image="i" xmlns:video="v" xmlns:xhtml="h"><loc>/1</loc>'
        '<xhtml:link rel="alternate" hreflang="uk" href="/uk/1"/>'
        "<image:image><image:loc>/1.jpg</image:loc><image:title>I</image:title></image:image>"
        "<video:video><video:title>V</video:title><video:publication_date>2020-01-01</video:publication_date>"
        "</video:video></url>"
    )
    read = discover(urlset(entries), URL)
    assert [(item.url, item.title, item.published) for item in read.found] == [("https://news.example.org/1", "", None)]
    assert read.kind is Kind.SITEMAP


def test_a_bare_ampersand_does_not_cut_an_address():
    read = discover(
        urlset(
            "<url><loc>https://a.example/?a=1&b=2&amp;c=3&copy=4</loc></url>"
            "<url><loc><![CDATA[https://a.example/?a=1&b=2]]></loc></url>"
        ),
        URL,
    )
    assert [item.url for item in read.found] == ["https://a.example/?a=1&b=2&c=3&copy=4", "https://a.example/?a=1&b=2"]
    assert read.notes == {Note.REPAIRED: 1}


def test_a_cut_sitemap_gives_what_was_whole():
    whole = urlset("".join(f"<url><loc>/{n}</loc></url>" for n in range(50)))
    read = discover(whole[:900], URL)
    assert 20 < len(read.found) < 50
    assert read.notes == {Note.REPAIRED: 1, Note.CUT: 1}


def test_gzip_once_and_twice_without_saying_so():
    body = urlset("<url><loc>/1</loc></url>")
    for packed, layers in ((gzip.compress(body), 1), (gzip.compress(gzip.compress(body)), 2)):
        read = discover(packed, URL, mime="text/html")
        assert [item.url for item in read.found] == ["https://news.example.org/1"]
        assert read.notes[Note.GZIP] == layers


def test_feeds_and_text_serve_as_sitemaps():
    feed = discover(
        b"<rss version='2.0'><channel><item><link>/1</link></item></channel></rss>", URL, hint=Route.SITEMAP
    )
    assert (feed.kind, feed.found[0].route) == (Kind.FEED, Route.FEED)
    text = discover(b"\xef\xbb\xbfhttps://a.example/1\r\nhttps://a.example/2\r\n\r\n", URL, hint=Route.SITEMAP)
    assert (text.kind, [item.url for item in text.found]) == (
        Kind.URL_LIST,
        ["https://a.example/1", "https://a.example/2"],
    )
    assert {item.route for item in text.found} == {Route.SITEMAP}


def test_an_encoding_that_lies_leaves_addresses_whole():
    body = (
        '<?xml version="1.0" encoding="utf-8"?><urlset><url><loc>https://a.example/1</loc></url><!-- Київ --></urlset>'
    )
    for actual in ("windows-1251", "utf-16", "utf-16-le"):
        read = discover(body.encode(actual), URL)
        assert [item.url for item in read.found] == ["https://a.example/1"], actual


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        '<!doctype x SYSTEM "http://127.0.0.1:1/x.dtd" [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>',
        '<!DOCTYPE x PUBLIC "a>b" "c" [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        "<!-- c --><?pi?><!DOCTYPE x [",
    ],
)
@pytest.mark.parametrize("root", ["urlset", "rss"])
def test_entities_are_refused_unread(doctype, root):
    loc = "<url><loc>https://a.example/&f;&lol2;</loc></url>"
    body = f'<?xml version="1.0"?>{doctype}<{root}><channel><item><link>&f;</link></item></channel>{loc}</{root}>'
    with pytest.raises(DocumentError) as caught:
        discover(body.encode(), URL)
    assert caught.value.reason == "doctype"
    assert "root:" not in caught.value.detail


def test_a_doctype_with_a_file_reads_no_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("https://secret.example/")
    body = f'<!DOCTYPE urlset SYSTEM "{secret.as_uri()}"><urlset><url><loc>/a&x;b</loc></url></urlset>'
    read = discover(body.encode(), URL)
    assert [item.url for item in read.found] == ["https://news.example.org/a&x;b"]


def test_a_quadratic_blow_up_has_no_entities_to_blow_up():
    body = b"<urlset><url><loc>/" + b"&amp;" * 20_000 + b"</loc></url><url><loc>/1</loc></url></urlset>"
    read = discover(body, URL)
    assert [item.url for item in read.found] == ["https://news.example.org/1"]
    assert read.skipped == {Skip.BAD_URL: 1}


def test_a_gzip_bomb_stops_at_the_limit():
    bomb = gzip.compress(gzip.compress(bytes(60 << 20)))
    tracemalloc.start()
    with pytest.raises(DocumentError) as caught:
        discover(bomb, URL, limits=Discover(document_max=4 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.reason == "bomb"
    assert peak < 32 << 20


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_nesting_stops(depth):
    read = discover(urlset("<url><loc>/1</loc></url>" + "<a>" * depth), URL)
    assert [item.url for item in read.found] == ["https://news.example.org/1"]
    assert read.notes[Note.TOO_DEEP] == 1


def test_a_flood_of_elements_stops():
    limits = Discover(entries_max=1000)
    read = discover(urlset("<url><loc>/1</loc></url>" + "<a/>" * 100_000), URL, limits=limits)
    assert len(read.found) == 1
    assert read.notes[Note.CUT] == 1


def test_more_entries_than_allowed_are_counted():
    read = discover(
        urlset("".join(f"<url><loc>/{n}</loc></url>" for n in range(30))), URL, limits=Discover(entries_max=10)
    )
    assert len(read.found) == 10
    assert read.skipped == {Skip.TOO_MANY: 20}


def test_nothing_that_can_be_read_is_an_error():
    with pytest.raises(DocumentError) as caught:
        discover(b"<urlset><<<<</urlset>", URL)
    assert caught.value.reason == "not_xml"
    empty = discover(b"<urlset/>", URL)
    assert (empty.kind, empty.found) == (Kind.SITEMAP, ())


def test_fifty_thousand_entries_are_quick_and_small():
    entry = (
        "<url><loc>https://a.example/news/2022/09/10/article-{}.html?a=1&amp;b=2</loc>"
        "<lastmod>2022-09-10T18:00:00+02:00</lastmod><changefreq>daily</changefreq><priority>0.5</priority></url>"
    )
    body = urlset("".join(map(entry.format, range(50_000))))
    started = time.process_time()
    read = discover(body, URL)
    assert time.process_time() - started < 6  # about one; the machine may be busy
    assert len(read.found) == 50_000
    assert read.found[-1].url == "https://a.example/news/2022/09/10/article-49999.html?a=1&b=2"


def test_fifty_megabytes_are_held_once():
    filler = "<x>" + "y" * 1000 + "</x>"
    body = urlset("<url><loc>/1</loc></url>" + filler * 48_000)
    assert len(body) > 45 << 20
    tracemalloc.start()
    read = discover(body, URL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(read.found) == 1
    assert peak < 64 << 20
    with pytest.raises(DocumentError) as caught:
        discover(body + bytes(8 << 20), URL)
    assert caught.value.reason == "too_large"
