"""RSS 0.9x, 1.0 and 2.0 and Atom, by feedparser, which is given vetted UTF-8 and never fetches anything."""

from __future__ import annotations

import io
import re
from itertools import islice
from typing import Any

import feedparser

from crawler.discovery.found import Collector, Discovered, Kind, Note, Skip
from crawler.discovery.markup import Prolog
from pipelines.errors import DocumentError
from pipelines.model import Route

# What feedparser is given: it reads half a megabyte or 20,000 tags a second. Feeds are newest first.
FEED_MAX = 2 << 20  # characters
TAGS_MAX = 100_000
_ENTRY_END = re.compile(r"</(?:\w{1,20}:)?(?:item|entry)\s*>", re.IGNORECASE)
_ENTRY_START = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_DUBLIN_CORE = ("rss090", "rss10")
_OLDER = ("next", "prev-archive")  # RFC 5005, sections 3 and 4: where older entries are


def read_feed(text: str, prolog: Prolog, collector: Collector) -> Discovered:
    """The entries of a feed, `text` being free of control characters. Raises `DocumentError`: "not_a_feed"."""
    start, end = prolog.doctype
    text = text[prolog.start : start] + text[end:] if end > start else text[prolog.start :]
    text = _within(text, collector)
    parsed = feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        # No content-location: relative links come back as they are, for the one resolver of the house.
        response_headers={"content-type": "application/xml; charset=utf-8"},
        # Both are about the HTML of descriptions, which is not used.
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.version and not parsed.entries:
        raise DocumentError("not_a_feed", f"its root is <{prolog.root}>, but it is no RSS or Atom that can be read")
    if parsed.bozo:
        collector.notes[Note.REPAIRED] += 1
    language = _text(parsed.feed, "language")
    # RSS 1.0 has dc:date only, which is when an item was published; feedparser files it under "updated".
    published = ("published", "updated") if parsed.version in _DUBLIN_CORE else ("published",)
    for entry in parsed.entries:
        _take(entry, language, published, collector)
    for link in parsed.feed.get("links", ()):
        if link.get("rel") in _OLDER and link.get("href"):
            collector.document(link["href"], Route.FEED)
    return collector.done(Kind.FEED)


def _within(text: str, collector: Collector) -> str:
    """`text` up to its last whole entry before the limit; the entries behind it are counted."""
    limit = FEED_MAX
    if text.count("<", 0, limit) > TAGS_MAX:
        limit = next(islice(re.finditer("<", text), TAGS_MAX, None)).start()
    if len(text) <= limit:
        return text
    end = 0
    for match in _ENTRY_END.finditer(text, 0, limit):
        end = match.end()
    if not end:
        raise DocumentError("too_large", f"{len(text)} characters, and no entry ends within the first {limit}")
    collector.notes[Note.CUT] += 1
    collector.skipped[Skip.TOO_MANY] += sum(1 for _ in _ENTRY_START.finditer(text, end))
    return text[:end]


def _take(entry: Any, language: str, published: tuple[str, ...], collector: Collector) -> None:
    collector.item(
        _link(entry),
        Route.FEED,
        title=_text(entry, "title"),
        published=next(filter(None, (_text(entry, name) for name in published)), ""),
        modified=_text(entry, "updated"),
        language=_text(entry, "language") or _text(entry.get("title_detail", {}), "language") or language,
    )


def _link(entry: Any) -> str:
    """Where an entry leads: the address behind a proxy, the alternate link, or a guid that is a permalink."""
    original = _text(entry, "feedburner_origlink")
    if original:
        return original
    # An alternate of another media type (a PDF, a podcast) is not the page.
    alternates = [link for link in entry.get("links", ()) if link.get("rel") == "alternate" and link.get("href")]
    pages = [link for link in alternates if "html" in (link.get("type") or "html")]
    for link in pages or alternates:
        return str(link["href"])
    return _text(entry, "link")  # feedparser puts a permalink guid here


def _text(node: Any, name: str) -> str:
    # feedparser answers "updated" with "published" where there is none.
    value = node[name] if name in node else ""  # noqa: SIM401 - .get() is what warns
    return value if isinstance(value, str) else ""
