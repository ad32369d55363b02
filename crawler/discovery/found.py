"""What a document of discovery gave: the pages and further documents it names, and counts of all passed over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crawler.discovery.dates import read_date
from crawler.discovery.titles import one_line, plain_title
from pipelines import urls
from pipelines.model import Found, Route

BAD_LINES_KEPT = 100  # of each list, with number and reason; the rest is counted only


class Kind(StrEnum):
    """What a document turned out to be, by its content."""

    FEED = "feed"  # RSS, RDF or Atom
    JSON_FEED = "json_feed"
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap_index"
    NEWS_SITEMAP = "news_sitemap"  # a sitemap with Google News fields
    URL_LIST = "url_list"
    ROBOTS = "robots"
    HTML = "html"


class Skip(StrEnum):
    """Why an entry brought nothing. Every entry that is not found is counted under one of these."""

    NO_LINK = "no_link"
    BAD_URL = "bad_url"  # no http(s) URL: script:, file:, data:, credentials, too long, no host
    DUPLICATE = "duplicate"  # named before in the same document
    TOO_MANY = "too_many"  # past discover.entries_max
    BAD_LINE = "bad_line"  # of a list: no JSON, no such column


class Note(StrEnum):
    """What was odd and cost nothing."""

    DATE_UNREADABLE = "date_unreadable"
    DATE_ABSURD = "date_absurd"
    DATE_WITHOUT_ZONE = "date_without_zone"  # taken as UTC
    GZIP = "gzip"  # a gzip file that nobody announced
    REPAIRED = "repaired"  # not well-formed; what could be read was
    CUT = "cut"  # the document ends early, or was too large to be read to its end
    RECODED = "recoded"  # the encoding it declares is not the one it has
    LEADING_JUNK = "leading_junk"  # text before the document
    TOO_DEEP = "too_deep"  # nested so deeply that reading stopped


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a list that could not be used. `number` counts from 1."""

    number: int
    reason: Skip
    text: str  # its beginning, on one line


@dataclass(frozen=True, slots=True)
class Discovered:
    """One document, read. `found` are pages, `documents` further feeds and sitemaps; both in the document's order."""

    kind: Kind
    found: tuple[Found, ...] = ()
    documents: tuple[Found, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)  # by `Skip`
    notes: Counter[str] = field(default_factory=Counter)  # by `Note`
    bad_lines: tuple[BadLine, ...] = ()
    publications: tuple[str, ...] = ()  # names that a news sitemap states, in order of appearance

    @property
    def newest(self) -> datetime | None:
        """The latest date that an entry states."""
        dates = [moment for item in self.found if (moment := item.published or item.modified) is not None]
        return max(dates, default=None)


class Collector:
    """Gathers what a parser sees into a `Discovered`: resolves, bounds, dates and counts, the same for every format."""

    def __init__(
        self, url: str, source: str, entries_max: int, *, captured_at: datetime | None = None, via: str | None = None
    ) -> None:
        self.base = url
        self.skipped: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self._via = url if via is None else via
        self._source = source
        self._room = entries_max
        self._captured_at = captured_at
        self._found: dict[str, Found] = {}
        self._documents: dict[str, Found] = {}
        self._bad_lines: list[BadLine] = []
        self._publications: dict[str, None] = {}

    def item(
        self,
        link: str,
        route: Route,
        *,
        title: str = "",
        published: str = "",
        modified: str = "",
        language: str = "",
        line: int = 0,
    ) -> None:
        """An entry: taken, or counted. `line` is its number where the document is a list."""
        url = self._resolved(link, self._found, line)
        if url is None:
            return
        self._found[url] = Found(
            url=url,
            route=route,
            source=self._source,
            via=self._via,
            title=plain_title(title) if title else "",
            published=self._date(published),
            published_raw=one_line(published, 200) if published else "",
            modified=self._date(modified),
            language=one_line(language, 35) if language else "",
        )

    def document(self, link: str, route: Route, *, modified: str = "") -> None:
        """A further feed or sitemap."""
        url = self._resolved(link, self._documents, 0)
        if url is not None and url != self.base:
            self._documents[url] = Found(
                url=url, route=route, source=self._source, via=self._via, modified=self._date(modified)
            )

    def bad_line(self, number: int, reason: Skip, text: str) -> None:
        self.skipped[reason] += 1
        if number and len(self._bad_lines) < BAD_LINES_KEPT:
            self._bad_lines.append(BadLine(number, reason, one_line(text, 200)))

    def publication(self, name: str) -> None:
        if len(self._publications) < 20:
            self._publications.setdefault(plain_title(name), None)

    @property
    def empty(self) -> bool:
        return not self._found and not self._documents

    def done(self, kind: Kind) -> Discovered:
        return Discovered(
            kind,
            tuple(self._found.values()),
            tuple(self._documents.values()),
            self.skipped,
            self.notes,
            tuple(self._bad_lines),
            tuple(self._publications),
        )

    def _resolved(self, link: str, seen: dict[str, Found], line: int) -> str | None:
        if not link.strip():
            self.bad_line(line, Skip.NO_LINK, link)
            return None
        if len(self._found) + len(self._documents) >= self._room:
            self.bad_line(line, Skip.TOO_MANY, link)
            return None
        try:
            url = urls.normalise(link, self.base)
        except urls.BadUrl:
            self.bad_line(line, Skip.BAD_URL, link)
            return None
        if url in seen:
            self.bad_line(line, Skip.DUPLICATE, link)
            return None
        return url

    def _date(self, raw: str) -> datetime | None:
        if not raw:
            return None
        read = read_date(raw, self._captured_at)
        if read.problem:
            self.notes[read.problem] += 1
        return read.moment
