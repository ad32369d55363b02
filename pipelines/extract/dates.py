"""When an article was published: every candidate with where it stands, the chosen one first; and when it was modified.

Nothing here asks the clock: the upper bound is the capture, and a page without one (plain HTML input) has a fixed
bound. A date that the page states keeps its offset; a midnight without one is a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Final

from lxml.etree import XPath

from pipelines.extract import jsonld, visible_date
from pipelines.extract.facts import Facts
from pipelines.extract.page import Page
from pipelines.model import Evidence

EARLIEST: Final = datetime(1991, 8, 6, tzinfo=UTC)  # the first web page
LATEST: Final = datetime(2050, 1, 1, tzinfo=UTC)  # where no capture time bounds it
TOLERANCE: Final = timedelta(days=1)  # clocks and zones are wrong by that much
_VISIBLE_FROM: Final = 0.6  # a candidate this sure saves the search in the visible text

_OFFSETS: Final = (-10, 13)  # hours, of places where news are written
_TIMES_MAX: Final = 6

_PUBLISHED_METAS: Final = {
    "article:published_time": 0.9, "og:article:published_time": 0.88, "article:published": 0.88,
    "datepublished": 0.86, "publish-date": 0.85, "publish_date": 0.85, "publishdate": 0.85, "published": 0.8,
    "published_time": 0.85, "publication_date": 0.85, "pubdate": 0.85, "parsely-pub-date": 0.85,
    "sailthru.date": 0.85, "cxenseparse:recs:publishtime": 0.85, "cxenseparse:publishtime": 0.85,
    "dcterms.issued": 0.84, "dc.date.issued": 0.84, "dc.date.created": 0.8, "dcterms.created": 0.8,
    "article.published": 0.85, "originalpublicationdate": 0.85, "rnews:datepublished": 0.85, "og:published_time": 0.85,
    "article_date_original": 0.85, "dateCreated".lower(): 0.75, "dc.date": 0.7, "dcterms.date": 0.7,
    "date": 0.72, "og:pubdate": 0.8, "iso-8601-publish-date": 0.85, "citation_publication_date": 0.8,
    "citation_online_date": 0.75, "created": 0.7, "timestamp": 0.62, "time": 0.62,
}  # fmt: skip
_MODIFIED_METAS: Final = (
    "article:modified_time", "og:updated_time", "datemodified", "article:updated_time", "dcterms.modified",
    "dc.date.modified", "last-modified", "lastmod", "revised",
)  # fmt: skip
URL_DATE = re.compile(r"(?:^|[/_-])((?:19|20)\d\d)([/_-]?)([01]?\d)\2([0-3]?\d)(?=[/_.-]|$)")
_NUMERIC = re.compile(r"^(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:\D|$)|^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\D|$)")
_EPOCH = re.compile(r"^\d{9,10}(?:\.\d+)?$|^\d{12,13}$")
_COMPACT_OFFSET = re.compile(r"(?<=\d)\s*([+-]\d{2}):?(\d{2})$")
_FRACTION = re.compile(r"(?<=:\d\d)[.,]\d+")
_TIMES = XPath("//body//time | //body//@itemprop[contains(., 'datePublished')]/..")
_PUBLISHED_CLASS = re.compile(r"publi|pubdate|posted|created|entry-date|article|byline", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Stated:
    text: str
    source: str
    confidence: float


def published(
    page: Page,
    facts: Facts,
    url: str,
    captured_at: datetime | None,
    feed: datetime | None = None,
    feed_raw: str = "",
) -> tuple[Evidence, ...]:
    """Every date that the article may have been published on, the chosen one first.

    `Evidence.value` is ISO 8601: a day, or a time with the offset that the page states. Candidates with a note
    ("after capture", "before the web", "unreadable") are never chosen; () if there is no candidate at all.
    """
    bound = _bound(captured_at)
    language = facts.language
    judged = [_judge(stated, bound, language) for stated in _structured(page, facts, url, feed, feed_raw)]
    if not _sure(judged) and (day := visible_date.near_headline(page, facts)):
        judged.append(_judge(_Stated(day.isoformat(), "headline", 0.6), bound))
    if not _sure(judged):
        refused = {evidence.value[:10] for evidence in judged if not _good(evidence)}
        seen = visible_date.find(page, url, EARLIEST, bound)
        if seen and seen.value not in refused:
            # htmldate makes a first of the month, or of January, from what names no day, such as "© 2022".
            vague = Evidence(seen.value, "visible", 0.0, "only a month or a year stands there")
            judged.append(_judge(_Stated(seen.value, "visible", 0.5), bound) if seen.names_day else vague)
    ranked = sorted(dict.fromkeys(judged), key=lambda evidence: (not _good(evidence), -evidence.confidence))
    return tuple(_local_first(ranked))


def _sure(judged: Iterable[Evidence]) -> bool:
    return any(_good(evidence) and evidence.confidence >= _VISIBLE_FROM for evidence in judged)


def _local_first(ranked: list[Evidence]) -> list[Evidence]:
    """Where another candidate names the chosen moment as the place has it, it comes first.

    That is the same moment with an offset; or, where Greenwich had another day, the day in the address: most pages
    that state their times in UTC keep the day of their readers there.
    """
    if not ranked or not ranked[0].value.endswith("+00:00"):
        return ranked
    moment = datetime.fromisoformat(ranked[0].value)
    for index, evidence in enumerate(ranked):
        if not _good(evidence):
            continue
        local = datetime.fromisoformat(evidence.value)
        timed = len(evidence.value) > 19 and not evidence.value.endswith("+00:00")
        if (timed and abs(local - moment) < timedelta(minutes=1)) or (
            evidence.source == "url" and _beside(moment, local)
        ):
            return [evidence, *ranked[:index], *ranked[index + 1 :]]
    return ranked


def _beside(moment: datetime, day: datetime) -> bool:
    """Whether a moment in UTC falls on that day, the one before or behind it, somewhere on earth."""
    west, east = (moment + timedelta(hours=hours) for hours in _OFFSETS)
    return day.date() != moment.date() and day.date() in (west.date(), east.date())


def chosen(candidates: Iterable[Evidence]) -> str:
    """The value of the first candidate if it may be chosen, else ""."""
    first = next(iter(candidates), None)
    return first.value if first and _good(first) else ""


def modified(facts: Facts, captured_at: datetime | None) -> str:
    """When the page says it was last changed, "" if it does not say or can't be right."""
    bound = _bound(captured_at)
    stated = [*jsonld.texts(facts.article.get("dateModified")), *jsonld.texts(facts.page.get("dateModified"))]
    stated += [value for name in _MODIFIED_METAS for value in facts.metas.get(name, ())]
    judged = (_judge(_Stated(text, "", 1.0), bound) for text in stated)
    return next((evidence.value for evidence in judged if _good(evidence)), "")


def read(text: str) -> str:
    """A date as stated, as ISO 8601; "" if it can't be read as one day."""
    text = _FRACTION.sub("", text.strip()[:80])
    if _EPOCH.match(text):
        seconds = float(text) / (1000 if len(text) >= 12 and "." not in text else 1)
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    for reader in (_iso, _mail, _leading_day):
        moment = reader(text)
        if moment is not None:
            return _written(moment)
    return ""


def _iso(text: str) -> datetime | date | None:
    text = _COMPACT_OFFSET.sub(r"\1:\2", text.replace("/", "-") if text[:4].isdigit() else text)
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    """RFC 2822 and what `Date.toString` writes."""
    try:
        return parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None


def _leading_day(text: str) -> date | None:
    found = _NUMERIC.match(text)
    if not found:
        return None
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _written(moment: datetime | date) -> str:
    if not isinstance(moment, datetime):
        return moment.isoformat()
    if moment.tzinfo is None and (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return moment.date().isoformat()
    return moment.replace(microsecond=0).isoformat()


def _bound(captured_at: datetime | None) -> datetime:
    return captured_at + TOLERANCE if captured_at else LATEST


def _judge(stated: _Stated, bound: datetime, language: str = "") -> Evidence:
    value = read(stated.text) or visible_date.read(stated.text, language, EARLIEST, bound)
    if not value:
        return Evidence(stated.text[:80], stated.source, 0.0, "unreadable")
    moment = datetime.fromisoformat(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > bound:
        return Evidence(value, stated.source, 0.0, "after capture" if bound != LATEST else "absurd")
    if moment < EARLIEST:
        return Evidence(value, stated.source, 0.0, "before the web")
    # Zones that the page leaves out shift a time by less than a day; more is a clock that runs ahead.
    return Evidence(value, stated.source, stated.confidence)


def _good(evidence: Evidence) -> bool:
    return not evidence.note


def _structured(page: Page, facts: Facts, url: str, feed: datetime | None, feed_raw: str) -> Iterator[_Stated]:
    for text in jsonld.texts(facts.article.get("datePublished")):
        yield _Stated(text, "json-ld:datePublished", 0.95)
    for name, confidence in _PUBLISHED_METAS.items():
        for text in facts.metas.get(name, ())[:3]:
            yield _Stated(text, f"meta:{name}", confidence)
    for text in jsonld.texts(facts.page.get("datePublished")):
        yield _Stated(text, "json-ld:page.datePublished", 0.82)
    for text in jsonld.texts(facts.article.get("dateCreated")):
        yield _Stated(text, "json-ld:dateCreated", 0.7)
    if feed or feed_raw:
        yield _Stated(feed.isoformat() if feed else feed_raw, "feed", 0.75)
    yield from _times(page)
    if found := URL_DATE.search(url.partition("?")[0].partition("//")[2]):
        yield _Stated(f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}", "url", 0.65)


def _times(page: Page) -> Iterator[_Stated]:
    """<time> elements and itemprop=datePublished: the first ones, surer where their names say what they are."""
    bare = []
    for element in _TIMES(page.tree)[:_TIMES_MAX]:
        itemprop = element.get("itemprop", "")
        text = element.get("datetime") or element.get("content") or element.get("title") or element.text or ""
        if not (text := text.strip()):
            continue
        if "datePublished" in itemprop or element.get("pubdate") is not None:
            yield _Stated(text, "itemprop:datePublished" if itemprop else "time[pubdate]", 0.85)
        elif any(
            _PUBLISHED_CLASS.search(part.get("class", "")) for part in (element, *islice(element.iterancestors(), 2))
        ):
            bare.append(_Stated(text, "time", 0.7))
        else:
            bare.append(_Stated(text, "time", 0.3 if bare else 0.62))
    # Many days on one page are those of comments or of other articles.
    several = len({read(stated.text)[:10] for stated in bare}) > 2
    yield from (replace(stated, confidence=0.25) if several else stated for stated in bare)
