"""What a document is, by its content: every claim of its media type may be wrong."""

from __future__ import annotations

import gzip

import pytest

from crawler.discovery.found import Kind, Note
from crawler.discovery.sniff import discover
from crawler.discovery.titles import plain_title
from crawler.discovery.visited import Visited
from pipelines.config import Discover
from pipelines.errors import DocumentError
from pipelines.model import Route

URL = "https://news.example.org/x"
RSS = b"<rss version='2.0'><channel><item><link>/1</link></item></channel></rss>"
SITEMAP = b"<urlset><url><loc>/1</loc></url></urlset>"
PAGE = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body><p>Not here</p></body></html>"


def reason(body: bytes, **options) -> str:
    with pytest.raises(DocumentError) as caught:
        discover(body, URL, **options)
    assert caught.value.detail
    return caught.value.reason


@pytest.mark.parametrize("mime", ["text/html", "text/plain", "application/octet-stream", "", "image/png; charset=\x00"])
@pytest.mark.parametrize(
    ("body", "kind"), [(RSS, Kind.FEED), (SITEMAP, Kind.SITEMAP), (b'{"items": []}', Kind.JSON_FEED)]
)
def test_the_media_type_does_not_decide(body, kind, mime):
    assert discover(body, URL, mime=mime).kind is kind


@pytest.mark.parametrize(
    "body",
    [
        PAGE,
        b"\xef\xbb\xbf\n <html xmlns='http://www.w3.org/1999/xhtml'>",
        b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/x.dtd"><html/>',
        b"<!-- cached --><HTML>",
        b"<meta charset=utf-8><script>location='/'</script>",
        gzip.compress(PAGE),
    ],
)
def test_a_page_in_place_of_a_feed(body):
    assert reason(body, mime="application/rss+xml") == "html_instead"


def test_the_feeds_that_such_a_page_names_are_told():
    page = b"<html><head><link rel='alternate' type='application/rss+xml' href='/feed'></head></html>"
    with pytest.raises(DocumentError, match=r"https://news\.example\.org/feed"):
        discover(page, URL)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "empty"),
        (b" \n\x00\xef\xbb\xbf", "empty"),
        (b"\x1f\x8b\x08garbage", "coding"),
        (gzip.compress(RSS)[:-12], "cut"),
        (b"<opml version='2.0'><body/></opml>", "unknown_format"),
        (b"Service temporarily unavailable", "unknown_format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "unknown_format"),
        (b"PK\x03\x04" + bytes(100), "unknown_format"),
        (b"<" * 100_000, "unknown_format"),
        (b"<!--" + b"-" * 200_000, "unknown_format"),
        (b"[1, 2]", "not_a_feed"),
    ],
)
def test_what_can_not_be_read_has_a_name(body, expected):
    assert reason(body) == expected


def test_a_warning_before_the_document_is_passed_over():
    read = discover(b"\r\nWarning: in /var/www/x.php on line 3\n" + b'<?xml version="1.0"?>' + RSS, URL)
    assert [item.url for item in read.found] == ["https://news.example.org/1"]
    assert read.notes[Note.LEADING_JUNK] == 1


def test_links_of_a_page_when_they_are_asked_for():
    page = (
        "<html><head><base href='https://cdn.example/sub/'>"
        "<link rel='alternate' type='application/rss+xml; charset=utf-8' href='feed' title='RSS'>"
        "<link rel='ALTERNATE' type='application/atom+xml' href='/atom'>"
        "<link rel='alternate' type='application/feed+json' href='/feed.json'>"
        "<link rel='sitemap' type='application/xml' href='/sitemap.xml'>"
        "<link rel='alternate' hreflang='en' href='/en/'>"
        "<link rel='alternate' type='application/json' href='https://cdn.example/wp-json/wp/v2/posts/1'>"
        "<link rel='alternate' type='application/json+oembed' href='/oembed'>"
        "<link rel='stylesheet' href='/x.css'><link rel='alternate' type='application/rss+xml' href='javascript:x'>"
        "</head><body>Київ</body></html>"
    )
    read = discover(page.encode(), URL, hint=Route.LINK)
    assert read.kind is Kind.HTML
    assert [child.url for child in read.documents] == [
        "https://cdn.example/sub/feed",
        "https://cdn.example/atom",
        "https://cdn.example/feed.json",
        "https://cdn.example/sitemap.xml",
    ]
    assert {child.route for child in read.documents} == {Route.LINK}
    assert read.skipped.total() == 1


def test_an_attribute_flood_in_a_page_is_bounded():
    page = b"<html><head><link " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b"></head></html>"
    assert discover(page, URL, hint=Route.LINK).documents == ()


ROBOTS = (
    b"\xef\xbb\xbf# rules\nUser-agent: *\nDisallow: /private\n\nSITEMAP: /sitemap.xml\n"
    b"Sitemap: https://other.example/news.xml # news\r\nSitemap: javascript:x\nSitemap:\nSitemap: /sitemap.xml\n"
)


@pytest.mark.parametrize("hint", [Route.ROBOTS, Route.UNKNOWN])
def test_sitemaps_of_robots_txt(hint):
    read = discover(ROBOTS, "https://news.example.org/robots.txt", hint=hint, source="x")
    assert read.kind is Kind.ROBOTS
    assert [(child.url, child.route, child.source) for child in read.documents] == [
        ("https://news.example.org/sitemap.xml", Route.ROBOTS, "x"),
        ("https://other.example/news.xml", Route.ROBOTS, "x"),
    ]
    assert read.skipped.total() == 2


def test_a_page_in_place_of_robots_txt():
    assert reason(PAGE, hint=Route.ROBOTS) == "html_instead"


def test_robots_txt_is_read_up_to_its_bound():
    body = b"Sitemap: /1.xml\n" + b"# filler\n" * 80_000 + b"Sitemap: /2.xml\n"
    read = discover(body, "https://news.example.org/robots.txt", hint=Route.ROBOTS)
    assert [child.url for child in read.documents] == ["https://news.example.org/1.xml"]
    assert read.notes[Note.CUT] == 1


def test_a_flood_of_agents_and_rules_costs_nothing():
    body = b"User-agent: a\n" * 10_000 + b"Disallow: /*x\n" * 20_000 + b"Sitemap: /1.xml\n"
    read = discover(body, "https://news.example.org/robots.txt", hint=Route.ROBOTS)
    assert len(read.documents) == 1


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Plain", "Plain"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("Q&amp;amp;A", "Q&A"),
        ("AT&T &lt;b&gt;up&lt;/b&gt;", "AT&T up"),
        ("a<script>alert(1)</script>b<style>x</style>", "ab"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<svg/onload=alert(1)>Title", "Title"),
        ("<!-- only a comment -->", ""),
        ("3 < 5 and 5 > 3", "3 < 5 and 5 > 3"),
        ("  a\u2028b\x85c\x00\x1b[31m ", "a b c[31m"),
        ("e\u0301", "é"),
        ("\ud800x", "x"),
        ("x" * 900, "x" * 500),
        ("<" * 50_000, None),
    ],
)
def test_titles_are_text(title, expected):
    read = plain_title(title)
    if expected is not None:
        assert read == expected
    assert len(read) <= 500


def test_visited_ends_loops_and_bounds_depth_and_number():
    visited = Visited(Discover(index_depth_max=2, documents_max=3))
    assert visited.refuses("https://a.example/s.xml?utm_source=x", "a", 0) == ""
    assert visited.refuses("https://a.example/s.xml#top", "a", 1) == "seen"
    assert visited.refuses("https://a.example/deep", "a", 3) == "too_deep"
    assert visited.refuses("https://a.example/2", "a", 2) == ""
    assert visited.refuses("https://a.example/3", "a", 1) == ""
    assert visited.refuses("https://a.example/4", "a", 1) == "too_many_documents"
    assert visited.refuses("https://b.example/1", "b", 0) == ""
    assert visited.refused == {"seen": 1, "too_deep": 1, "too_many_documents": 1}
