"""Whatever bytes come in: a `Discovered` or a `DocumentError` with a known reason, and only http(s) URLs out of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from xml.sax.saxutils import escape

import hypothesis.strategies as st
from hypothesis import example, given, settings

from crawler.discovery.dates import FIRST_YEAR, read_date
from crawler.discovery.found import Note, Skip
from crawler.discovery.lists import url_list
from crawler.discovery.sniff import discover
from crawler.discovery.titles import plain_title
from pipelines import urls
from pipelines.errors import DocumentError
from pipelines.model import Route

URL = "https://news.example.org/x"
REASONS = {
    "empty", "too_large", "bomb", "coding", "cut", "doctype", "html_instead", "not_xml", "not_json", "not_a_feed",
    "unknown_format", "no_column",
}  # fmt: skip

PIECES = [
    "<?xml version='1.0' encoding='windows-1251'?>", "<!DOCTYPE x>", "<!DOCTYPE x [<!ENTITY e 'f'>]>", "<rss version='2.0'>",
    "<channel>", "<item>", "</item>", "<link>", "</link>", "<title>", "</title>", "<pubDate>", "</pubDate>", "<urlset>",
    "</urlset>", "<url>", "</url>", "<loc>", "</loc>", "<sitemapindex>", "<sitemap>", "</sitemap>", "<lastmod>",
    "</lastmod>", "<news:news>", "<news:title>", "<![CDATA[", "]]>", "&amp;", "&e;", "&", "<!--", "-->", "<html>",
    "https://a.example/", "javascript:x", "2022-09-10", "\x00", "\ufffe", "\u2028", "{", "}", '"items":', "[", "]",
    "Sitemap: /x\n", "\n", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "<link href='/a'/>", "</entry>", "її",
    "<rdf:RDF>", "<a ", "='", "<guid>", "</guid>", "<base href='", "<link rel='alternate' type='application/rss+xml' href='x'>",
]  # fmt: skip
documents = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join).map(lambda text: text.encode("utf-16", "replace")),
)


@settings(max_examples=400, deadline=None)
@given(documents, st.sampled_from(list(Route)), st.text(max_size=30))
def test_any_bytes_are_read_or_named(body, hint, mime):
    try:
        read = discover(body, URL, mime=mime, hint=hint, source="s")
    except DocumentError as error:
        assert error.reason in REASONS  # noqa: PT017 - an error is one of two right results
        return
    for found in (*read.found, *read.documents):
        assert found.url.startswith(("http://", "https://"))
        assert urls.normalise(found.url) == found.url
        assert found.published is None or found.published.tzinfo is UTC
        assert found.title.isprintable() or not re.search(r"[\x00-\x1f\x7f\u2028]", found.title)
    assert set(read.skipped) <= set(Skip)
    assert set(read.notes) <= set(Note)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", "1", "url"]))
def test_any_list_is_read_or_named(body, column):
    try:
        listed = url_list(body, name="x", column=column)
    except DocumentError as error:
        assert error.reason in REASONS  # noqa: PT017
        return
    numbers = [line.number for line in listed.bad_lines]
    assert all(1 <= number <= body.count(b"\n") + body.count(b"\r") + 2 for number in numbers)


def twice_encoded(text: str) -> bool:
    """UTF-8 that somebody took for Latin-1 and encoded once more; feedparser undoes that, so it has no round trip."""
    try:
        return text.encode("latin-1").decode("utf-8") != text
    except UnicodeError:
        return False


paths = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"]), max_size=20
).filter(lambda text: not twice_encoded(text))
titles = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]), max_size=40).filter(
    lambda text: not twice_encoded(text)
)
moments = st.datetimes(
    datetime(FIRST_YEAR + 1, 1, 1),  # noqa: DTZ001 - hypothesis puts the zone in
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
).map(lambda moment: moment.replace(microsecond=0))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(paths, titles, moments), max_size=5))
def test_what_a_sitemap_and_a_feed_state_comes_out(entries):
    sitemap = "".join(
        f"<url><loc>https://a.example/{n}/{escape(path)}</loc><news:news><news:title>{escape(escape(title))}</news:title>"
        f"<news:publication_date>{moment.isoformat()}</news:publication_date></news:news></url>"
        for n, (path, title, moment) in enumerate(entries)
    )
    feed = "".join(
        f"<item><title>{escape(escape(title))}</title><link>https://a.example/{n}/{escape(path)}</link>"
        f"<pubDate>{format_datetime(moment)}</pubDate></item>"
        for n, (path, title, moment) in enumerate(entries)
    )
    expected = [
        (urls.normalise(f"https://a.example/{n}/{path}"), moment.astimezone(UTC))
        for n, (path, _, moment) in enumerate(entries)
    ]
    for document in (
        f"<urlset xmlns:news='n'>{sitemap}</urlset>",
        f"<rss version='2.0'><channel>{feed}</channel></rss>",
    ):
        read = discover(document.encode(), URL)
        assert [(item.url, item.published) for item in read.found] == expected
        assert [item.title for item in read.found] == [plain_title(escape(title)) for _, title, _ in entries]


@given(st.text(max_size=60))
@example("2022-09-10T00:00:00+24:00")
@example("Mon, 00 Foo 0000 99:99:99 +9999")
@example("0 0 0 0")
def test_any_text_is_a_date_or_none(raw):
    read = read_date(raw, datetime(2026, 1, 1, tzinfo=UTC))
    assert (read.moment is None) <= bool(read.problem)
    if read.moment is not None:
        assert read.moment.tzinfo is UTC
        assert FIRST_YEAR - 1 <= read.moment.year <= 2026


@given(moments)
def test_dates_round_trip(moment):
    assert read_date(moment.isoformat()).moment == moment
    assert read_date(format_datetime(moment)).moment == moment


PLAIN_PARTS = st.text(st.sampled_from("abZ09_~,:;@!$&()*+=-.../%2eE?"), max_size=30)


@settings(max_examples=500)
@given(
    st.sampled_from(["http", "https"]),
    st.sampled_from(
        ["a.example", "0x1.aa", "1.2.3.aa", "-a.bb", "x--y.aa", "xn--a.aa", "a.xn--p1ai", "1.2.3.4", "a..bb"]
    ),
    PLAIN_PARTS,
)
def test_the_short_way_through_normalise_gives_what_the_parser_gives(scheme, host, rest):
    url = f"{scheme}://{host}/{rest}"
    if urls._PLAIN.fullmatch(url):
        # The fragment makes the short way impossible; the parser then takes it off again.
        assert urls.normalise(f"{url}#x") == url
