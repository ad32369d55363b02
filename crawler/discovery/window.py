"""Whether a found URL belongs to the days that were asked for, before anything is fetched. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipelines.model import Found

# /2022/09/10/, /2022-09-10-, /20220910, =2022-09-10: a day that an URL names.
_DAY = re.compile(r"(?<!\d)(20\d\d)([-/_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
# sitemap-2022-09.xml, /2022/09/: a month that an address names.
_MONTH = re.compile(r"(?<!\d)(20\d\d)[-/_.]?(0[1-9]|1[0-2])(?!\d)")


def day_in(url: str) -> date | None:
    """The first day that a URL names, if it names one that exists."""
    for match in _DAY.finditer(url):
        try:
            return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    return None


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `since` to `until`, both included, in UTC; None leaves a side open."""

    since: date | None = None
    until: date | None = None

    @property
    def open(self) -> bool:
        return self.since is None and self.until is None

    def refuses(self, found: Found) -> str:
        """Why an item lies outside the window; "" if it lies inside or nobody can tell.

        The stated publication date decides. Without one, a day in the URL does. A modification date only rules
        out what was last touched before the window opens: a CMS migration resets the others.
        """
        if self.open:
            return ""
        if found.published is not None:
            return self._outside(found.published, "published")
        if (named := day_in(found.url)) is not None:
            return self._outside(datetime(named.year, named.month, named.day, 12, tzinfo=UTC), "dated by its URL")
        if found.modified is not None and self.since and found.modified.astimezone(UTC).date() < self.since:
            return f"last modified {found.modified:%Y-%m-%d}, before {self.since}"
        return ""

    def refuses_document(self, found: Found) -> str:
        """Why a sitemap can't hold anything of the window: last modified before it, or named for another month."""
        if self.since and found.modified is not None and found.modified.astimezone(UTC).date() < self.since:
            return f"last modified {found.modified:%Y-%m-%d}, before {self.since}"
        months = [date(int(match[1]), int(match[2]), 1) for match in _MONTH.finditer(found.url)]
        if len(months) != 1 or self.open:
            return ""
        ends = (months[0] + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        # A day of slack on both sides: nobody says in which zone a month begins.
        if (self.since and ends < self.since - timedelta(days=1)) or (
            self.until and months[0] > self.until + timedelta(days=1)
        ):
            return f"named for {months[0]:%Y-%m}"
        return ""

    def _outside(self, moment: datetime, how: str) -> str:
        day = moment.astimezone(UTC).date()
        if self.since and day < self.since:
            return f"{how} {day}, before {self.since}"
        if self.until and day > self.until:
            return f"{how} {day}, after {self.until}"
        return ""
