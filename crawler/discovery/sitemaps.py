"""Sitemaps and sitemap indexes (sitemaps.org 0.9) with Google News fields, read without building a tree.

Names are compared without their namespace: wrong and missing ones are common. What stands in other places
(image:loc, video:title, xhtml:link) is no entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lxml import etree

from crawler.discovery.charset import utf8_chunks
from crawler.discovery.found import Collector, Discovered, Kind, Note
from crawler.discovery.markup import Prolog
from pipelines.errors import DocumentError
from pipelines.model import Route

_STEP = 1 << 16
_TEXT_MAX = 8192  # characters of one field
_ELEMENTS_PER_ENTRY = 60  # more elements than this times the entries allowed, and reading stops
_DEPTH_MAX = 64  # a sitemap has five levels

# What a document that is not well-formed usually suffers from: a bare "&" in an address. CDATA is left as it is;
# one without an end runs to the end, so the pattern stays linear.
_BARE = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)", re.DOTALL
)

# (parent, element) -> field
_FIELDS = {
    ("url", "loc"): "loc",
    ("sitemap", "loc"): "loc",
    ("url", "lastmod"): "modified",
    ("sitemap", "lastmod"): "modified",
    ("news", "publication_date"): "published",
    ("news", "title"): "title",
    ("publication", "language"): "language",
    ("publication", "name"): "publication",
}
_ENTRIES = {"url", "sitemap"}


class _Stop(Exception):  # noqa: N818 - no error: reading ends early
    """Enough was read."""


class _Reader:
    """A parser target: keeps the path of names and the text of the field that is open, nothing else."""

    def __init__(self, collector: Collector, hint: Route, entries_max: int) -> None:
        self.collector = collector
        self.news = False
        self.index = False
        self._hint = hint
        self._room = entries_max * _ELEMENTS_PER_ENTRY
        self._path = [""]
        self._names: dict[str, str] = {}
        self._entry: dict[str, str] = {}
        self._field = ""
        self._text: list[str] = []
        self._length = 0

    def start(self, tag: str, _attributes: Any) -> None:
        name = self._names.get(tag) or self._local(tag)
        path = self._path
        self._room -= 1
        if len(path) > _DEPTH_MAX or self._room < 0:
            self.collector.notes[Note.TOO_DEEP if self._room >= 0 else Note.CUT] += 1
            raise _Stop
        self._field = _FIELDS.get((path[-1], name), "")
        path.append(name)
        if self._field:
            self._text, self._length = [], 0
        elif name in _ENTRIES:
            self._entry = {}

    def data(self, text: str) -> None:
        if self._field and self._length < _TEXT_MAX:
            self._text.append(text)
            self._length += len(text)

    def end(self, _tag: str) -> None:
        name = self._path.pop()
        if self._field:
            self._entry.setdefault(self._field, "".join(self._text).strip())
            self._field = ""
        elif name == "url":
            self._page()
        elif name == "sitemap":
            self.index = True
            route = Route.NEWS_SITEMAP if self._hint is Route.NEWS_SITEMAP else Route.SITEMAP
            self.collector.document(self._entry.get("loc", ""), route, modified=self._entry.get("modified", ""))
            self._entry = {}

    def close(self) -> None:
        pass

    def _local(self, tag: str) -> str:
        """The name of a tag without namespace or prefix, remembered: a sitemap has a dozen, a hostile one more."""
        name = tag.rpartition("}")[2].rpartition(":")[2].lower()
        if len(self._names) < 100:
            self._names[tag] = name
        return name

    def _page(self) -> None:
        entry = self._entry
        news = "published" in entry or "title" in entry or "publication" in entry
        self.news = self.news or news
        self.collector.item(
            entry.get("loc", ""),
            Route.NEWS_SITEMAP if news else Route.SITEMAP,
            title=entry.get("title", ""),
            published=entry.get("published", ""),
            modified=entry.get("modified", ""),
            language=entry.get("language", ""),
        )
        if name := entry.get("publication"):
            self.collector.publication(name)
        self._entry = {}


def read_sitemap(
    body: bytes, charset: str, prolog: Prolog, collect: Callable[[], Collector], hint: Route, entries_max: int
) -> Discovered:
    """The entries of a sitemap or index. A document with faults is repaired and read again, into a new collector.

    Raises `DocumentError`: "not_xml" where not one entry can be read.
    """
    reader = _Reader(collect(), hint, entries_max)
    try:
        _parse(_without_doctype(utf8_chunks(body, charset), prolog), reader, recover=False)
    except etree.XMLSyntaxError as error:
        again = collect()
        again.notes[Note.REPAIRED] += 1
        if not re.search(rb"</[^>]*(?:urlset|sitemapindex)\s*>", body[-400:].lower()):
            again.notes[Note.CUT] += 1
        reader = _Reader(again, hint, entries_max)
        whole = b"".join(_without_doctype(utf8_chunks(body, charset), prolog))
        try:
            _parse([_BARE.sub(_escaped, whole)], reader, recover=True)
        except etree.XMLSyntaxError:
            again.notes[Note.CUT] += 1
        if again.empty and not again.skipped.total():
            raise DocumentError("not_xml", f"{error.msg}"[:300]) from None
    collector = reader.collector
    if prolog.root == "sitemapindex" or (reader.index and not reader.news):
        return collector.done(Kind.SITEMAP_INDEX)
    return collector.done(Kind.NEWS_SITEMAP if reader.news else Kind.SITEMAP)


def _parse(chunks: Iterable[bytes], reader: _Reader, *, recover: bool) -> None:
    parser: Any = etree.XMLParser(  # type: ignore[call-overload] # types-lxml knows no huge_tree beside a target
        target=reader,
        encoding="utf-8",  # whatever the declaration says: the bytes were made UTF-8
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=recover,
    )
    try:
        for chunk in chunks:
            for start in range(0, len(chunk), _STEP):
                parser.feed(chunk[start : start + _STEP])
        parser.close()
    except _Stop:
        pass


def _without_doctype(chunks: Iterator[bytes], prolog: Prolog) -> Iterator[bytes]:
    """The document without what stands before it and without its DOCTYPE; both lie in the first chunk."""
    first = next(chunks).decode("utf-8")
    start, end = prolog.doctype
    yield (first[prolog.start : start] + first[end:]).encode("utf-8")
    yield from chunks


def _escaped(match: re.Match[bytes]) -> bytes:
    return b"&amp;" if match[0] == b"&" else match[0]
