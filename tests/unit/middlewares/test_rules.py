"""What the middlewares decide by, without a crawl: Retry-After, robots.txt, traps and scope."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http.headers import Headers

from crawler.middlewares.budget import trap
from crawler.middlewares.pause import retry_after
from crawler.middlewares.robots import READ_BYTES, read_rules
from crawler.middlewares.scope import Scope
from crawler.refusals import Refused
from pipelines.config import Config, Fetch, Operator, Source
from pipelines.model import Found, Outcome, Role, Route

NOW = datetime(2022, 9, 10, 12, 0, 0, tzinfo=UTC)
ROBOTS = "https://news.example/robots.txt"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (" 7 ", 7),
        ("Sat, 10 Sep 2022 12:01:30 GMT", 90),
        ("Saturday, 10-Sep-22 12:01:30 GMT", 90),
        ("Sat, 10 Sep 2022 15:01:30 +0300", 90),
        ("Sat, 10 Sep 2022 11:00:00 GMT", 0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Sat, 99 Sep 2022 12:01:30 GMT", None),
        ("12 parsecs", None),
        ("9" * 400, float("inf")),
        ("9" * 5000, None),
    ],
)
def test_retry_after_as_written(text, seconds):
    assert retry_after(Headers({"Retry-After": text}), NOW) == seconds


def test_retry_after_dates_are_taken_against_the_servers_own_clock():
    headers = {"Retry-After": "Sat, 10 Sep 2022 13:00:30 GMT", "Date": "Sat, 10 Sep 2022 13:00:00 GMT"}
    assert retry_after(Headers(headers), NOW) == 30


@given(st.binary(max_size=60))
def test_retry_after_never_raises_and_is_never_negative(raw):
    seconds = retry_after(Headers({"Retry-After": raw}), NOW)
    assert seconds is None or seconds >= 0


def allowed(body: bytes, path: str) -> bool:
    try:
        read_rules(body, ROBOTS).check(f"https://news.example{path}")
    except Refused as refused:
        return refused.outcome is not Outcome.ROBOTS_DISALLOWED
    return True


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        (b"", "/a", True),
        (b"User-agent: *\nDisallow: /", "/a", False),
        (b"User-agent: *\nDisallow: /\n\nUser-agent: warchronicle\nDisallow: /private", "/a", True),
        (b"User-agent: WarChronicle/2.0\nDisallow: /", "/a", False),
        (b"User-agent: warchronicle-pro\nDisallow: /", "/a", True),
        (b"User-agent: war\nDisallow: /", "/a", True),
        (b"User-agent: googlebot\nUser-agent: *\nDisallow: /a", "/a", False),
        (b"User-agent: googlebot # not us\nDisallow: /", "/a", True),
        (b"User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b", True),
        (b"User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False),
        (b"User-agent: *\rDisallow: /a\r", "/a", False),
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /a".encode("utf-16"), "/a", False),
        ("User-agent: *\nDisallow: /новини".encode(), "/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8/1", False),
        (b"<!doctype html><p>User-agent: *</p><p>Disallow: /</p>", "/a", True),
        (b"\x00\xff\xfe\x80" * 100, "/a", True),
        (b"User-agent: *\nDisallow: /a" + b"\n#" + b"x" * READ_BYTES, "/a", False),
        (b"User-agent: *\n" + b"#" * READ_BYTES + b"\nDisallow: /a", "/a", True),
    ],
)
def test_robots_txt_as_written(body, path, expected):
    assert allowed(body, path) is expected


def test_a_rule_that_the_limit_cuts_is_not_read_as_a_shorter_one():
    head = b"User-agent: *\n"
    rule = b"\nDisallow: /a/very/long/path\n"
    filler = b"#" * (READ_BYTES - len(head) - 15)
    assert allowed(head + filler + rule, "/a")


@pytest.mark.parametrize("delay", [b"0", b"-3", b"nan", b"inf", b"soon", b"1e999"])
def test_a_crawl_delay_that_is_none_is_none(delay):
    assert read_rules(b"User-agent: *\nCrawl-delay: " + delay, ROBOTS).crawl_delay is None


def test_delay_and_sitemaps():
    body = b"Sitemap: /map.xml\nUser-agent: *\nCrawl-delay: 2.5\nSitemap: https://cdn.example/n.xml\nSitemap: http://[x"
    rules = read_rules(body, ROBOTS)
    assert rules.crawl_delay == 2.5
    assert rules.sitemaps == ("https://news.example/map.xml", "https://cdn.example/n.xml")


def test_a_robots_txt_made_to_fill_the_memory_is_read_at_once():
    agents = b"".join(b"User-agent: bot%d\n" % number for number in range(14_000))
    began = time.process_time()
    assert allowed(agents + b"Disallow: /a\n" * 20_000, "/a")
    assert time.process_time() - began < 5


@given(st.binary(max_size=300))
def test_no_robots_txt_raises(body):
    read_rules(body, ROBOTS)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://a.example/2022/09/10/war/news/story.html", ""),
        ("https://a.example/", ""),
        ("https://a.example/a/a/a/b", ""),
        ("https://a.example/a/a/a/a", "repeats 'a' 4 times"),
        ("https://a.example/x/y/x/y/x/y/x/y", "repeats"),
        ("https://a.example/" + "a" * 2048, "characters"),
        ("https://a.example/" + "/".join(str(n) for n in range(31)), "31 parts"),
        ("https://a.example/?q=/a/a/a/a/a", ""),
    ],
)
def test_traps(url, reason):
    assert reason in trap(url)
    assert bool(trap(url)) is bool(reason)


def source(**more: object) -> Source:
    return Source(id="a", name="A", domain="https://www.outlet.co.uk/", **more)


def end(url: str, *, found: Found | None = None, role: Role = Role.PAGE, fetch: Fetch | None = None) -> Outcome | None:
    outlet = source(hosts=("Live.Other.example",), feeds=("https://feeds.example.net/a",))
    config = Config(operator=Operator(contact="crawl@example.org"), fetch=fetch or Fetch())
    scope = Scope(config, {"a": outlet})
    try:
        scope.check(url, found or Found(url=url, route=Route.FEED, source="a"), "a", role)
    except Refused as refused:
        return refused.outcome
    return None


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("https://www.outlet.co.uk/a", None),
        ("http://live.outlet.co.uk/a", None),
        ("https://live.other.example/a", None),
        ("https://feeds.example.net/b", None),
        ("https://other.example/a", Outcome.OUT_OF_SCOPE),
        ("https://outlet.co.uk.evil.example/", Outcome.OUT_OF_SCOPE),
        ("https://other.co.uk/", Outcome.OUT_OF_SCOPE),
        ("https://evil.example/@www.outlet.co.uk/", Outcome.OUT_OF_SCOPE),
        ("https://www.outlet.co.uk:8080/a", Outcome.OUT_OF_SCOPE),
        ("https://www.outlet.co.uk:22/", Outcome.OUT_OF_SCOPE),
        ("ftp://www.outlet.co.uk/", Outcome.BAD_URL),
        ("file:///etc/passwd", Outcome.BAD_URL),
        ("https://user:pw@www.outlet.co.uk/", Outcome.BAD_URL),
        ("http://169.254.169.254/", Outcome.BLOCKED_ADDRESS),
        ("http://0x7f.1/", Outcome.BLOCKED_ADDRESS),
        ("http://[::1]/", Outcome.BLOCKED_ADDRESS),
        ("http://1.1.1.1/", Outcome.OUT_OF_SCOPE),
    ],
)
def test_scope(url, outcome):
    assert end(url) is outcome


def test_documents_that_the_outlet_names_may_lie_elsewhere_but_not_where_redirects_lead():
    elsewhere = "https://sitemaps.cdn.example/n.xml"
    named = Found(url=elsewhere, route=Route.ROBOTS, source="a")
    assert end(elsewhere, found=named, role=Role.SITEMAP) is None
    assert end(elsewhere, found=named, role=Role.PAGE) is Outcome.OUT_OF_SCOPE
    redirected = Found(url=elsewhere, route=Route.ROBOTS, source="a", via="https://www.outlet.co.uk/n.xml", hops=1)
    assert end(elsewhere, found=redirected, role=Role.SITEMAP) is Outcome.OUT_OF_SCOPE
    linked = Found(url=elsewhere, route=Route.LINK, source="a")
    assert end(elsewhere, found=linked, role=Role.FEED) is Outcome.OUT_OF_SCOPE
