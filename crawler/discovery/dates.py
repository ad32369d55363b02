"""Dates as feeds and sitemaps state them, read into UTC, or refused with the reason. No clock is asked.

W3C date and time formats (sitemaps.org, Atom: RFC 3339), RFC 822 (RSS), and day.month.year as Ukrainian and
Russian systems write it. Nothing is guessed: a date that fits none of these stays raw.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate

FIRST_YEAR = 1991  # there was no web before; 1970, 1900 and 0001 are how systems write "no date"
LAST_YEAR = 2099
AHEAD = timedelta(days=2)  # an embargo, or a zone left out; more than that after the capture is no date

_ZONE = re.compile(r"(?:(?<=\d)|\s)\s*(?:([+-]\d{2}):?(\d{2})?|([A-Za-z]{1,5}))\s*(?:\([^()]*\))?$", re.ASCII)
_W3C = re.compile(
    r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2})(?:[Tt\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,12})?)?)?)?)?", re.ASCII
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)

# Hours from UTC. Names that mean several zones (IST, AST) are left out: such a date counts as one without a zone.
_ZONES = {"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2}
_ZONES |= {"MET": 1, "MEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3, "JST": 9, "KST": 9}
_ZONES |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}


@dataclass(frozen=True, slots=True)
class Reading:
    """A date in UTC, or None; and what was wrong or left open with it, "" if nothing: a value of `found.Note`."""

    moment: datetime | None
    problem: str = ""


def read_date(raw: str, captured_at: datetime | None = None) -> Reading:
    """The moment that `raw` states. A day alone is its first moment in UTC; a time without a zone is taken as UTC.

    Years before the web, and moments more than two days after `captured_at` (when it is known), are absurd.
    """
    text = " ".join(raw[:200].split())
    if text[4:5] == "-" and text[7:8] == "-":  # nearly all of them, at the speed of C
        try:
            stated = datetime.fromisoformat(text)
        except ValueError:
            stated = None
        if stated is not None and stated.tzinfo is not None:
            return _judged(stated, captured_at)
    zone = None
    if ":" in text and (found := _ZONE.search(text)):  # "2022-09-10" ends in a day
        zone = _zone(found)
        if zone is not None or found[3]:
            text = text[: found.start()].rstrip()
    fields = _fields(text)
    if fields is None:
        return Reading(None, "date_unreadable")
    try:
        moment = datetime(*fields, tzinfo=zone or UTC)  # type: ignore[arg-type, misc] # at most six integers
    except ValueError:
        return Reading(None, "date_unreadable")
    read = _judged(moment, captured_at)
    open_zone = zone is None and len(fields) > 3 and not read.problem
    return Reading(read.moment, "date_without_zone") if open_zone else read


def _zone(found: re.Match[str]) -> timezone | None:
    hours, minutes, name = found.groups()
    if name:
        offset = _ZONES.get(name.upper())
        return None if offset is None else timezone(timedelta(hours=offset))
    sign = -1 if hours.startswith("-") else 1
    delta = timedelta(hours=abs(int(hours)), minutes=int(minutes or 0))
    return timezone(sign * delta) if delta < timedelta(hours=24) else None


def _fields(text: str) -> tuple[int, ...] | None:
    """Year, month, day, and hour, minute, second where they are stated."""
    if match := _W3C.fullmatch(text):
        numbers = [int(part) for part in match.groups() if part]
        return tuple(numbers + [1] * (3 - len(numbers)))
    if match := _DOTTED.fullmatch(text):
        day, month, year, *time = (int(part) for part in match.groups() if part)
        return (year, month, day, *time)
    if not text.isascii():
        return None
    timed = ":" in text
    # RFC 822 and RFC 2822, two-digit years and swapped day and month name too
    parsed = parsedate(text if timed else f"{text} 00:00:00")
    if parsed is None:
        return None
    return parsed[:6] if timed else parsed[:3]


def _judged(moment: datetime, captured_at: datetime | None) -> Reading:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return Reading(None, "date_absurd")
    moment = moment.astimezone(UTC)
    if captured_at is not None and moment > captured_at + AHEAD:
        return Reading(None, "date_absurd")
    return Reading(moment)
