"""The date that a reader sees, for pages that state none in their markup.

Beside the headline stands a short line that names a day and little else; where none does, htmldate searches, kept
from guessing.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Final

from dateparser.data.languages_info import language_locale_dict
from dateutil.parser import UnknownTimezoneWarning  # type: ignore[import-untyped]  # it has no types
from htmldate import find_date
from htmldate.extractors import get_external_parser, try_date_expr
from lxml.html import HtmlElement

from pipelines.extract import days
from pipelines.extract.bylines import NEAR, SILENT, headline_of
from pipelines.extract.facts import Facts
from pipelines.extract.page import Page

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NO_NOW: Final = datetime(2050, 1, 1)  # noqa: DTZ001  dateparser wants it naive
#: What the words of a date are read in where the page does not state its language.
_LANGUAGES: Final = ("en", "uk", "ru", "de", "fr", "es", "it", "pl")
_LINE: Final = 80  # characters of a line that dates an article; longer ones are text
_BESIDE: Final = 25  # letters that may stand there besides the day: "Published", a weekday, a name
_AHEAD: Final = 20  # characters before the day
_EMPHASIS: Final = frozenset({"b", "strong", "i", "em", "u", "a", "font", "small"})
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Seen:
    value: str  # YYYY-MM-DD
    names_day: bool  # False if the page names a month or a year and htmldate took its first day


def find(page: Page, url: str, earliest: datetime, latest: datetime) -> Seen | None:
    """The most likely day between two days, None if none is found."""
    _reader(page.tree.get("lang", ""))
    with _unknown_zones_ignored():
        found = find_date(
            page.tree,
            extensive_search=True,
            original_date=True,
            url=url or None,
            min_date=_day(earliest),
            max_date=_day(latest),
        )
    if not found:
        return None
    return Seen(found, not found.endswith("-01") or _names_first(page, date.fromisoformat(found)))


def _day(moment: datetime) -> datetime:
    """Its day as htmldate wants it: naive."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def read(text: str, language: str, earliest: datetime, latest: datetime) -> str:
    """The day that `text` names in words of that language or of English, as YYYY-MM-DD; "" if it names none."""
    if not _YEAR.search(text[:80]):
        return ""
    _reader(language)
    bounds = earliest.replace(tzinfo=None), latest.replace(tzinfo=None)
    with _unknown_zones_ignored():
        return try_date_expr(text[:80], "%Y-%m-%d", True, *bounds) or ""


def near_headline(page: Page, facts: Facts) -> date | None:
    """The day in a short line behind the headline, or in the last one before it; None without a headline."""
    headline = headline_of(page, facts)
    if headline is None:
        return None
    before: date | None = None
    distance = -1
    for element in page.tree.iter():
        if not isinstance(element.tag, str) or element.tag in SILENT:
            continue
        if element is headline:
            distance = 0
        for text, holder in ((element.text, element), (element.tail, element.getparent())):
            if text is None or len(text) < len("1.1.2000"):
                continue
            if len(text) > _LINE:
                distance += distance >= 0
            elif (day := _of_line(text.strip())) and not _in_sentence(holder):
                if distance >= 0:
                    return day
                before = day
        if distance > NEAR:
            break
    return before if distance >= 0 else None


def _in_sentence(element: HtmlElement | None) -> bool:
    """Whether the words beside a line in its own element are those of a paragraph."""
    while element is not None and element.tag in _EMPHASIS:
        element = element.getparent()
    return element is not None and len(" ".join(islice(element.itertext(), 20))) > 2 * _LINE


def _of_line(text: str) -> date | None:
    mention = days.first(text) if _YEAR.search(text) else None
    if mention is None or not mention.sure or mention.start > _AHEAD:
        return None
    rest = text[: mention.start] + text[mention.end :]
    return mention.readings[0] if len(_LETTER.findall(rest)) <= _BESIDE else None


@contextmanager
def _unknown_zones_ignored() -> Iterator[None]:
    """dateutil, which htmldate asks too, warns of zones such as CST, which we do not take from words anyway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownTimezoneWarning)
        yield


def _names_first(page: Page, day: date) -> bool:
    """Whether the page's text names the first day of that month in digits, or beside its year with a word between."""
    month, year = f"0?{day.month}", f"{day.year}"
    named = re.compile(
        rf"(?<!\d)(?:0?1[./-]\s?{month}[./-]\s?(?:{year}|{year[2:]})|{year}[./-]{month}[./-]0?1|{month}/0?1/{year}"
        rf"|0?1(?:st|er|º|\.)?\s+(?:de\s+)?[^\W\d]{{3,20}}\.?,?\s+(?:de\s+)?{year}|0?1(?:st)?,?\s+{year})(?!\d)"
    )
    return any(named.search(text) for text in page.tree.itertext() if "1" in text)


def _reader(stated: str) -> None:
    """dateparser, which htmldate asks about words, reads the page's own language and English, and never the clock.

    Left to itself it tries each of its 200 locales on every text, and spends 20 s to make them ready; and it measures
    years of two digits against today.
    """
    parser = get_external_parser()
    parser._settings = parser._settings.replace(RELATIVE_BASE=_NO_NOW)  # noqa: SLF001  no public way
    language = stated.strip().lower().replace("_", "-").partition("-")[0]
    known = language in language_locale_dict
    languages = list(dict.fromkeys((language, "en"))) if known else list(_LANGUAGES)
    if parser.languages != languages:
        parser.languages = languages
        try_date_expr.cache_clear()  # it remembers what a text meant, not in which language
