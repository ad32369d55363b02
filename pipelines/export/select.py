"""Which rows are exported: by outcome, host and day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipelines import urls
from pipelines.export import values
from pipelines.export.values import Row


class Clock(StrEnum):
    """Which of a row's dates `since` and `until` are about."""

    PUBLISHED = "published"  # the day that the page states, in its own zone: the column published_day
    CAPTURED = "captured"  # UTC
    FOUND = "found"  # publication as discovery stated it, UTC


class Left(StrEnum):
    """Why a row is left out."""

    OUTCOME = "outcome"
    HOST = "host"
    DAY = "day"  # before `since` or behind `until`
    UNDATED = "undated"  # nobody can tell


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of these outcomes and hosts, from the day `since` to the day `until`, both included; empty: all."""

    outcomes: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()  # lower case; each with its subdomains
    since: date | None = None
    until: date | None = None
    clock: Clock = Clock.PUBLISHED

    def leaves_out(self, row: Row) -> Left | None:
        """Why a row is not part of it; None if it is."""
        if self.outcomes and row.get("outcome") not in self.outcomes:
            return Left.OUTCOME
        if self.hosts and not self._on_host(urls.host_of(str(row.get("url") or ""))):
            return Left.HOST
        if self.since is None and self.until is None:
            return None
        day = _day(row, self.clock)
        if day is None:
            return Left.UNDATED
        if (self.since and day < self.since) or (self.until and day > self.until):
            return Left.DAY
        return None

    def _on_host(self, host: str) -> bool:
        return any(host == wanted or host.endswith(f".{wanted}") for wanted in self.hosts)


def _day(row: Row, clock: Clock) -> date | None:
    if clock is Clock.PUBLISHED:
        return values.day(row.get("published"))
    place = "provenance.captured_at" if clock is Clock.CAPTURED else "found.published"
    moment = values.moment(values.at(place)(row))
    return moment.date() if moment else None
