"""The front door: what a document is, decided by its content, whatever its media type claims; then the right reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from crawler.discovery.charset import charset_of, is_recoded, text_of, utf8_chunks
from crawler.discovery.feeds import read_feed
from crawler.discovery.found import Collector, Discovered, Note
from crawler.discovery.json_feeds import read_json_feed
from crawler.discovery.links import read_links
from crawler.discovery.lists import read_plain
from crawler.discovery.markup import read_prolog
from crawler.discovery.robots import read_robots
from crawler.discovery.sitemaps import read_sitemap
from pipelines.config import Discover
from pipelines.errors import DocumentError
from pipelines.message import decode_content
from pipelines.model import Route

FEED_ROOTS = {"rss", "rdf", "feed", "channel"}
SITEMAP_ROOTS = {"urlset", "sitemapindex"}
HEAD = 65_536  # characters in which the root element must start
_GZIP = b"\x1f\x8b"
_GZIP_LAYERS = 2  # a .gz file that the server packed once more
# What a page without an <html> tag starts with.
_HTML_ROOTS = {"html", "head", "body", "title", "meta", "link", "script", "style", "div", "p", "h1", "center", "table"}
_ROBOTS_LINES = ("user-agent:", "sitemap:", "disallow:", "allow:", "crawl-delay:")


def discover(
    body: bytes,
    url: str,
    *,
    mime: str = "",
    source: str = "",
    hint: Route = Route.UNKNOWN,
    limits: Discover | None = None,
    captured_at: datetime | None = None,
) -> Discovered:
    """What a document names. `body` has its content coding undone; `url` is what its links are relative to.

    `mime` is the Content-Type, of which only the charset counts. `hint` says what the document was asked for as:
    ROBOTS for robots.txt, LINK for a page whose <link>s are wanted, NEWS_SITEMAP so that an index passes it on,
    URL_LIST or SITEMAP for plain text. `captured_at` makes dates of the future absurd.

    Raises `DocumentError` with reason "empty", "too_large", "bomb", "coding", "cut", "doctype", "html_instead",
    "not_xml", "not_json", "not_a_feed" or "unknown_format".
    """
    limits = limits or Discover()
    if len(body) > limits.document_max:
        raise DocumentError("too_large", f"{len(body)} bytes; discover.document_max is {limits.document_max}")
    notes: Counter[str] = Counter()
    for _ in range(_GZIP_LAYERS):
        if body.startswith(_GZIP):
            body = decode_content(body, ["gzip"], limits.document_max)
            notes[Note.GZIP] += 1
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise DocumentError("empty", "it has no content")

    def collect() -> Collector:
        return Collector(url, source, limits.entries_max, captured_at=captured_at)

    charset = charset_of(body, mime)
    if is_recoded(body, charset):
        notes[Note.RECODED] += 1
    read = _read(body, charset, hint, collect, limits.entries_max, notes)
    read.notes.update(notes)
    return read


def _read(
    body: bytes, charset: str, hint: Route, collect: Callable[[], Collector], entries_max: int, notes: Counter[str]
) -> Discovered:
    if hint is Route.ROBOTS:
        return read_robots(body, collect())
    head = next(utf8_chunks(body, charset)).decode("utf-8")
    if head.lstrip()[:1] in {"{", "["}:
        return read_json_feed(b"".join(utf8_chunks(body, charset)), collect(), entries_max)
    prolog = read_prolog(head[:HEAD])
    if head[: prolog.start].strip():
        notes[Note.LEADING_JUNK] += 1
    if prolog.root in FEED_ROOTS:
        return read_feed(text_of(body, charset), prolog, collect())
    if prolog.root in SITEMAP_ROOTS:
        return read_sitemap(body, charset, prolog, collect, hint, entries_max)
    if not head.startswith("<", prolog.start) and not prolog.html:
        return _read_text(body, charset, head[:HEAD], hint, collect())
    if prolog.html or prolog.root in _HTML_ROOTS:
        links = read_links(head, collect())
        if hint is Route.LINK:
            return links
        named = ", ".join(found.url for found in links.documents[:3])
        raise DocumentError("html_instead", "an HTML page" + (f"; it names {named}" if named else ""))
    raise DocumentError("unknown_format", f"XML with the root element <{prolog.root}>: no feed and no sitemap")


def _read_text(body: bytes, charset: str, head: str, hint: Route, collector: Collector) -> Discovered:
    """robots.txt, or a URL a line."""
    lines = [line.strip().lower() for line in head.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if any(line.startswith(_ROBOTS_LINES) for line in lines[:50]):
        return read_robots(body, collector)
    if hint is Route.URL_LIST or (lines and lines[0].startswith(("http://", "https://"))):
        route = Route.URL_LIST if hint is Route.URL_LIST else Route.SITEMAP
        return read_plain(text_of(body, charset), collector, route)
    raise DocumentError("unknown_format", f"no feed, sitemap or list of URLs; it starts with {head[:60]!r}")
