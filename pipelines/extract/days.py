"""Days as texts name them: "Sept. 10, 2022", "10 сентября 2022", "10.09.2022", and "09/12/2022", which two can be.

For flattened text and embedded posts, which have no markup to say more; pages are dated by `dates.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from pipelines import urls

# By month: full names as they stand in dates, then short forms; English, French, German, Spanish, Italian, Polish,
# Ukrainian, Russian.
_MONTHS: Final = """
    january janvier januar jänner enero gennaio stycznia styczeń січня січень января январь jan janv ene gen sty
      янв;
    february février fevrier februar febrero febbraio lutego luty лютого лютий февраля февраль feb febr févr lut
      фев;
    march mars märz marz marzo marca marzec березня березень марта март mar mär mrz мар;
    april avril abril aprile kwietnia kwiecień квітня квітень апреля апрель apr avr abr kwi апр;
    may mai mayo maggio maja maj травня травень мая май mag;
    june juin juni junio giugno czerwca czerwiec червня червень июня июнь jun giu cze июн;
    july juillet juli julio luglio lipca lipiec липня липень июля июль jul juil lug lip июл;
    august août aout agosto sierpnia sierpień серпня серпень августа август aug ago sie авг;
    september septembre septiembre setiembre settembre września wrzesień вересня вересень сентября сентябрь sep sept
      set wrz сен сент вер;
    october octobre oktober octubre ottobre października październik жовтня жовтень октября октябрь oct okt ott paź
      окт;
    november novembre noviembre listopada listopad листопада листопад ноября ноябрь nov lis ноя нояб;
    december décembre decembre dezember diciembre dicembre grudnia grudzień грудня грудень декабря декабрь dec déc
      dez dic gru дек
""".split(";")  # noqa: SIM905 - read as a table
_MONTH: Final = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_NAME: Final = "|".join(sorted(_MONTH, key=len, reverse=True))
_YEAR: Final = r"(?:19|20)\d\d"
_DAY: Final = re.compile(
    rf"(?<![\w./-])(?:(?P<d1>[0-3]?\d)(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+|of\s+)?(?P<m1>{_NAME})\b\.?,?\s+(?:de\s+)?(?P<y1>{_YEAR})"
    rf"|(?P<m2>{_NAME})\b\.?\s+(?P<d2>[0-3]?\d)(?:st|nd|rd|th)?,?\s+(?P<y2>{_YEAR})"
    rf"|(?P<y3>{_YEAR})[-/.](?P<m3>[01]?\d)[-/.](?P<d3>[0-3]?\d)"
    rf"|(?P<a>[0-3]?\d)(?P<mark>[/.-])(?P<b>[0-3]?\d)(?P=mark)(?P<y4>{_YEAR}))(?!(?!T\d)[\w/-])",
    re.IGNORECASE,
)
_MONTH_ALONE = re.compile(rf"(?<!\w)(?:{_NAME})(?!\w)", re.IGNORECASE)
#: Countries of English pages that write the day first; of all others, and without a country, the month.
_DAY_FIRST_TLDS: Final = frozenset({"uk", "ie", "au", "nz", "in", "za", "eu", "ua", "ru", "sg", "my", "ng", "ke", "pk"})
_SAID_NEAR: Final = 0.85
_SAID_CONVENTION: Final = 0.6


@dataclass(frozen=True, slots=True)
class Mention:
    """A day that a text names, or two where its digits can be read in two ways."""

    readings: tuple[date, ...]  # one or two; of two, the first has the month first
    start: int
    end: int

    @property
    def sure(self) -> bool:
        return len(self.readings) == 1


@dataclass(frozen=True, slots=True)
class Chosen:
    """The reading of a mention, how sure it is (0 to 1), and what decided."""

    day: date
    confidence: float
    reason: str


def find(text: str) -> Iterator[Mention]:
    """Days with a year that `text` names, in their order."""
    for found in _DAY.finditer(text):
        if readings := tuple(_readings(found)):
            yield Mention(readings, found.start(), found.end())


def first(text: str) -> Mention | None:
    return next(find(text), None)


def months(text: str) -> set[int]:
    """Months that a text names, with or without a day."""
    return {_MONTH[found[0].lower()] for found in _MONTH_ALONE.finditer(text) if len(found[0]) > 3}


def choose(mention: Mention, others: Iterable[date], named: set[int], language: str, url: str) -> Chosen:
    """One reading of a mention.

    Of two, the one that is nearest to the other days of the page (`others`, the sure ones), or whose month alone the
    text names (`named`), or else that which is the custom of the language and the country of the address.
    """
    if mention.sure:
        return Chosen(mention.readings[0], 0.9, "")
    nearest = (
        sorted((min(abs((day - other).days) for other in others), day) for day in mention.readings)
        if (others := tuple(others))
        else []
    )
    if nearest and nearest[0][0] < nearest[1][0]:
        return Chosen(nearest[0][1], _SAID_NEAR, f"nearest to the days in the text, {nearest[0][0]} days off")
    fitting = [day for day in mention.readings if day.month in named]
    if len(fitting) == 1:
        return Chosen(fitting[0], _SAID_NEAR - 0.1, "the text names its month")
    month_first, day_first = mention.readings
    country = urls.host_of(url).rpartition(".")[2] if url else ""
    if language in {"en", ""} and country not in _DAY_FIRST_TLDS:
        return Chosen(month_first, _SAID_CONVENTION, "month first, as in the US")
    return Chosen(day_first, _SAID_CONVENTION + 0.1, "day first")


def _readings(found: re.Match[str]) -> Iterator[date]:
    part = found.groupdict()
    if part["m1"]:
        yield from _valid(part["y1"], _MONTH[part["m1"].lower()], part["d1"])
    elif part["m2"]:
        yield from _valid(part["y2"], _MONTH[part["m2"].lower()], part["d2"])
    elif part["y3"]:
        yield from _valid(part["y3"], part["m3"], part["d3"])
    else:
        a, b, year = part["a"], part["b"], part["y4"]
        if part["mark"] == "." or a == b:  # nobody writes the month first with dots
            yield from _valid(year, b, a)
        else:
            yield from _valid(year, a, b)
            yield from _valid(year, b, a)


def _valid(year: str, month: str | int, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return
